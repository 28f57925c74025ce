"""Checks the settings alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.orgs import Orgs
from adapter.origins import is_for_this_machine, is_loopback, is_salesforce
from adapter.settings import Settings
from adapter.settings.environment import ignored_variables

_LIGHTNING = re.compile(r"\.lightning(\.[a-z-]+)*\.(force\.com|crmforce\.mil|my-lightning\.com)")


def settings_findings(
    environment: Mapping[str, str], settings: Settings, orgs: Orgs
) -> Iterator[Finding]:
    """Names, addresses, sign-in and secrets."""
    ignored = ignored_variables(environment)
    for sentence in ignored:
        yield warn("settings", sentence, "Correct its name, or remove it.")
    if not ignored:
        yield ok("settings", "Every SOFTPHONE_ variable is known, and every value is valid.")
    yield _public_url(settings)
    yield _sign_in(settings)
    yield _proxies(settings)
    yield from _way_out(settings)
    yield from _secrets(settings)
    yield from _orgs(orgs)


def _public_url(settings: Settings) -> Finding:
    url = settings.public_url
    if url.startswith("https://"):
        return ok("public address", f"{url} is an https address.")
    todo = "Set up a TLS proxy, and set SOFTPHONE_PUBLIC_URL to its https address."
    if is_loopback(_host(url)):
        return warn("public address", f"Only this machine can reach {url}.", todo)
    return fail("public address", f"{url} is not https. Salesforce loads only https pages.", todo)


def _sign_in(settings: Settings) -> Finding:
    if settings.sign_in != "dev":
        if settings.orgs_file is None and not settings.sign_in_client_secret.get_secret_value():
            text = "SOFTPHONE_SIGN_IN_CLIENT_SECRET is not set; `metadata` deploys an app with one."
            return warn("sign-in", text, "Copy its Consumer Secret, unless your app needs none.")
        return ok("sign-in", f"Agents sign in with {settings.sign_in.capitalize()}.")
    text = "SOFTPHONE_SIGN_IN is dev: anybody can sign in as anyone."
    if not is_for_this_machine(settings.public_url):
        todo = "Set SOFTPHONE_SIGN_IN=salesforce. The adapter does not start like this."
        return fail("sign-in", text, todo)
    return warn("sign-in", text, "Use this only for a trial on one machine.")


def _proxies(settings: Settings) -> Finding:
    """Which proxies are trusted about client addresses, on which limits by address depend."""
    listed = ", ".join(settings.proxies)
    if listed:
        return ok("proxies", f"X-Forwarded-For is trusted from {listed} (SOFTPHONE_PROXIES).")
    text = "X-Forwarded-For is trusted only from this machine: SOFTPHONE_PROXIES is empty."
    if is_loopback(settings.host):
        return ok("proxies", text)
    todo = "Set it to your proxy's address or network. Otherwise all agents count as one client."
    return warn("proxies", text, todo)


def _way_out(settings: Settings) -> Iterator[Finding]:
    """The proxy to Salesforce and DialStack, without its password; nothing if there is none."""
    proxy = settings.https_proxy.get_secret_value()
    if proxy:
        address = urlsplit(proxy).netloc.rpartition("@")[2]
        text = f"Salesforce and DialStack are reached through {address} (SOFTPHONE_HTTPS_PROXY)."
        yield ok("outgoing proxy", text)


def _secrets(settings: Settings) -> Iterator[Finding]:
    """Whether they are set; their values are never shown."""
    if settings.orgs_file is None:
        yield from _provider_secrets(settings)
    else:
        yield ok("secrets", "Each org's account, token and webhook secrets are set.")
    if not settings.log_hash_key.get_secret_value():
        text = "SOFTPHONE_LOG_HASH_KEY is not set: hashed numbers in logs change with each restart."
        yield warn("secrets", text, "Set it to 32 random characters.")


def _asterisk_secrets(settings: Settings) -> Iterator[Finding]:
    found = {
        "SOFTPHONE_ASTERISK_USER": bool(settings.asterisk_user),
        "SOFTPHONE_ASTERISK_SECRET": bool(settings.asterisk_secret.get_secret_value()),
    }
    for variable in (variable for variable, there in found.items() if not there):
        text = f"{variable} is not set: the adapter can neither place nor follow calls."
        yield fail("secrets", text, "Add a user for the adapter to ari.conf (docs/asterisk.md).")
    if all(found.values()):
        yield ok("secrets", "Asterisk's user and secret are set.")


def _provider_secrets(settings: Settings) -> Iterator[Finding]:
    if settings.provider == "asterisk":
        yield from _asterisk_secrets(settings)
        return
    found = {
        "SOFTPHONE_DIALSTACK_ACCOUNT": bool(settings.dialstack_account),
        "SOFTPHONE_DIALSTACK_TOKEN": bool(settings.dialstack_token.get_secret_value()),
        "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": bool(settings.webhook_secrets),
    }
    todo = {
        "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": "Run: python -m adapter webhooks register",
    }
    for variable in (variable for variable, there in found.items() if not there):
        text = f"{variable} is not set: the adapter can neither place nor follow calls."
        yield fail("secrets", text, todo.get(variable, "Copy it from the provider's dashboard."))
    if all(found.values()):
        yield ok("secrets", "The provider's account, token and webhook secret are set.")


def _orgs(orgs: Orgs) -> Iterator[Finding]:
    if not orgs.origins:
        text = "SOFTPHONE_ORG_ORIGINS is empty: no Salesforce org may show the softphone."
        yield fail("orgs", text, "Set it to the org's https://….lightning.force.com address.")
    for origin in orgs.origins:
        yield _org(origin)


def _org(origin: str) -> Finding:
    if is_loopback(_host(origin)):
        return warn("orgs", f"{origin} is not a Salesforce org.", "Remove it in production.")
    if not is_salesforce(origin):
        text = f"{origin} is not an https address of Salesforce: Open CTI does not load there."
        return fail("orgs", text, "Copy the address from the address bar of a Lightning page.")
    if not _LIGHTNING.search(origin):
        text = f"{origin} is not a Lightning address, which ends in .lightning.force.com."
        return warn("orgs", text, "Add the Lightning address too, unless agents work in Classic.")
    return ok("orgs", f"{origin} may show the softphone.")


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].split(":")[0]


# --- Open CTI's version -------------------------------------------------------------------------

_OPEN_CTI = "open cti"
FIRST_VERSION, FIRST_YEAR = 57, 2023
"""Spring of that year. A year has three releases, in February, June and October."""

SUPPORTED = 9
"""Releases of three years. "Versions that are more than three years old might not be supported":
https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_support_policy.htm
"""


def version_finding(settings: Settings, now: int) -> Finding:
    """How old the version is at this time (Unix milliseconds)."""
    version, today = float(settings.open_cti_version), datetime.fromtimestamp(now / 1000, UTC)
    latest = FIRST_VERSION + 3 * (today.year - FIRST_YEAR) + (today.month - 2) // 4
    name = f"Open CTI {settings.open_cti_version} (SOFTPHONE_OPEN_CTI_VERSION)"
    if version > latest:
        return warn(_OPEN_CTI, f"{name} is not released yet: the latest is {latest}.0.", _NEWER)
    if latest - version > SUPPORTED:
        text = f"{name} is more than three years old: the latest is {latest}.0."
        return warn(_OPEN_CTI, text, _NEWER)
    return ok(_OPEN_CTI, f"{name} is no more than three years old.")


_NEWER = "Try a newer version with one agent. The adapter's own tests use 57.0."
