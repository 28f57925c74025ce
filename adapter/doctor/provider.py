"""Checks DialStack: account, webhook endpoint, users and clock."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.doctor.asterisk import asterisk_findings
from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.doctor.skew import Skew
from adapter.orgs import Org
from adapter.runtime.clock import Clock
from adapter.runtime.directory import DirectoryError, Entry, read_entries
from adapter.telephony.dialstack.driver import DialStackDriver, build_http
from adapter.telephony.dialstack.webhook import PATH
from adapter.telephony.dialstack.wire import EVENTS
from adapter.telephony.port import MOST_USERS, ProviderError, ProviderUser, Rejected
from adapter.telephony.updates import RegisteredWebhook

_CREDENTIALS = "Check SOFTPHONE_DIALSTACK_TOKEN and SOFTPHONE_DIALSTACK_ACCOUNT."
_REACH = "Check SOFTPHONE_DIALSTACK_URL, and that this machine can connect to it."


async def provider_findings(org: Org, clock: Clock, public_url: str = "") -> tuple[Finding, ...]:
    """List the users of the org's account once, and check the directory with them.

    With `public_url`, also check where the provider posts its events.
    """
    telephony = org.telephony
    if telephony.kind == "asterisk":
        return await asterisk_findings(org, clock)
    url, token = telephony.options.get("url", ""), telephony.options.get("token", "")
    if telephony.kind != "dialstack" or not (token and org.account):
        return (*_entries_alone(org),)
    skew = Skew(clock)
    provider = DialStackDriver(build_http(url, token, org.account, skew.see, proxy=org.proxy))
    try:
        users = await provider.users()
        hooks = await provider.webhooks() if public_url else None
    except ProviderError as error:
        return (_unanswered(org, error), *skew.finding(), *_entries_alone(org))
    finally:
        await provider.close()
    answered = ok("provider", f"{url} answers; {org.account} has {len(users)} users.")
    posted = () if hooks is None else (_posted(org, hooks, public_url),)
    return (answered, *skew.finding(), *posted, *_directory(org, users))


def _posted(org: Org, hooks: tuple[RegisteredWebhook, ...], public_url: str) -> Finding:
    """Whether an endpoint of the account is the adapter's, and receives all events."""
    ours = [hook for hook in hooks if hook.url.startswith(f"{public_url}{PATH}")]
    if not ours:
        text = (
            f"{public_url}{PATH} is not among the {len(hooks)} webhook endpoints of {org.account}."
        )
        return fail("webhook endpoint", text, "Run `python -m adapter webhooks register`.")
    heard = {kind for hook in ours for kind in hook.events}
    missing = sorted(set(EVENTS) - heard) if "*" not in heard else []
    if missing:
        text = f"{ours[0].url} does not receive {', '.join(missing)}."
        return warn("webhook endpoint", text, "Add these events to the endpoint at the provider.")
    return ok("webhook endpoint", f"{ours[0].url} receives all events that it needs.")


def _unanswered(org: Org, error: ProviderError) -> Finding:
    refused = isinstance(error, Rejected) and error.code != "unreachable"
    return fail(
        "provider",
        f"The users of {org.account} cannot be listed: {error.text}.",
        _CREDENTIALS if refused else _REACH,
    )


# --- who is whom ---------------------------------------------------------------------------------


def _entries_alone(org: Org) -> Iterator[Finding]:
    """What the file alone shows, if the provider does not answer."""
    _, wrong = _entries(org)
    if wrong is not None:
        yield wrong


def _directory(org: Org, users: tuple[ProviderUser, ...]) -> Iterator[Finding]:
    entries, wrong = _entries(org)
    if wrong is not None:
        yield wrong
        return
    if len(users) >= MOST_USERS:
        text = f"The provider has more than {MOST_USERS} users. The others are found by e-mail."
        yield warn("directory", text, "Check that each agent has an e-mail address there.")
        return
    if not users:
        text = "The provider has no users, so no agent has a phone."
        yield fail("directory", text, "Add the agents as users at the provider.")
        return
    yield from _strangers(entries, users)
    yield _by_email(entries, users)


def _entries(org: Org) -> tuple[tuple[Entry, ...], Finding | None]:
    if org.directory_file is None:
        return (), None
    try:
        return read_entries(org.directory_file), None
    except DirectoryError as error:
        todo = "Fix the file."
        return (), fail("directory", f"The directory file cannot be used: {error}.", todo)


def _strangers(entries: tuple[Entry, ...], users: tuple[ProviderUser, ...]) -> Iterator[Finding]:
    known = {user.user_id for user in users}
    for entry in entries:
        if entry.provider_user not in known:
            text = (
                f"The provider does not know {entry.provider_user}, who is in the directory file."
            )
            yield fail("directory", text, "Correct provider_user in the directory file.")


def _by_email(entries: tuple[Entry, ...], users: tuple[ProviderUser, ...]) -> Finding:
    """Each user must be found by the file, or by an e-mail address of their own."""
    addresses = [user.email.casefold() for user in users if user.email]
    twice = {address for address in addresses if addresses.count(address) > 1}
    named = {entry.provider_user for entry in entries}
    lost = [
        user.user_id
        for user in users
        if user.user_id not in named and (not user.email or user.email.casefold() in twice)
    ]
    if lost:
        text = f"No agent can be matched with {', '.join(lost)}: no e-mail address of their own."
        todo = "Add one at the provider, or list them in the directory file."
        return warn("directory", text, todo)
    if not named:
        return ok("directory", "Every user is matched by e-mail address.")
    text = f"{len(named)} users are listed in the file. The others are matched by e-mail address."
    return ok("directory", text)
