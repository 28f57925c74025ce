"""The telephony providers; the only module that knows all of them.

SOFTPHONE_PROVIDER, or `kind` in an org's [org.telephony] table, names a kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adapter.orgs import Org
from adapter.runtime.clock import SystemClock
from adapter.runtime.directory import DirectoryError, read_entries
from adapter.settings import WrongSetting
from adapter.settings.rules import split_secrets
from adapter.telephony.asterisk.account import OPTIONS, AsteriskAccount, account_of
from adapter.telephony.asterisk.cel import open_cel
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.driver import AsteriskDriver
from adapter.telephony.asterisk.rest import build_http as build_ari_http
from adapter.telephony.dialstack.driver import DialStackDriver, build_http
from adapter.telephony.dialstack.requests import USER_FIELDS
from adapter.telephony.dialstack.signing import TOLERANCE_SECONDS
from adapter.telephony.health import Observe
from adapter.telephony.port import Driver, DriverStates


@dataclass(frozen=True, slots=True)
class Kind:
    """How a driver is built from an account's options, and which options are required.

    `build` raises ValueError with a sentence for an invalid option.
    """

    build: Callable[[Org, DriverStates, Observe], Driver]
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()


def _dialstack(org: Org, _states: DriverStates, observe: Observe) -> Driver:
    account, options = org.account, org.telephony.options
    field = options.get("user_field", USER_FIELDS[0])
    if field not in USER_FIELDS:
        raise ValueError(f"user_field must be {' or '.join(USER_FIELDS)}, not {field}")
    return DialStackDriver(
        build_http(
            options.get("url", DIALSTACK_URL), options.get("token", ""), account, proxy=org.proxy
        ),
        account=account,
        webhook_secrets=split_secrets(options.get("webhook_secrets", "")),
        user_field=field,
        tolerance_seconds=float(options.get("tolerance_seconds", TOLERANCE_SECONDS)),
        observe=observe,
    )


def _asterisk(org: Org, states: DriverStates, observe: Observe) -> Driver:
    account, users = _asterisk_account(org)
    cel = open_cel(account.cel_url, utc=account.cel_utc) if account.cel_url else None
    client = AriClient(build_ari_http(account), account, observe=observe)
    now = SystemClock().now
    return AsteriskDriver(
        org.account, client, account, states, now=now, watched=lambda: users, cel=cel
    )


def _asterisk_account(org: Org) -> tuple[AsteriskAccount, tuple[str, ...]]:
    """The account, and its users in the directory. Raises ValueError with a sentence."""
    account = account_of(org.telephony.options)
    entries = read_entries(org.directory_file) if org.directory_file else ()
    users = tuple(dict.fromkeys(entry.provider_user for entry in entries))
    browser_users = {e.provider_user: e.browser_phone == "yes" for e in entries if e.browser_phone}
    return replace(account, browser_users=browser_users), users


DIALSTACK_URL = "https://api.dialstack.ai"

KINDS: dict[str, Kind] = {
    "asterisk": Kind(_asterisk, ("url", "user", "secret"), OPTIONS),
    "dialstack": Kind(
        _dialstack, ("token", "webhook_secrets"), ("url", "user_field", "tolerance_seconds")
    ),
}


def is_configured(org: Org) -> bool:
    """Whether the adapter can place calls and receive their events."""
    return not missing(org)


def missing(org: Org) -> list[str]:
    """The required options of the org's account that are not set."""
    options = {"account": org.account, **org.telephony.options}
    return [name for name in ("account", *_kind(org).needed) if not options.get(name)]


def has_browser_phones(org: Org) -> bool:
    """Whether some of the org's agents have a phone in the browser. Raises WrongSetting."""
    if org.telephony.kind != "asterisk":
        return False
    try:
        return _asterisk_account(org)[0].has_browser_phones
    except (ValueError, DirectoryError) as error:
        raise WrongSetting(f"asterisk (org {org.org_id}): {error}") from None


def build_driver(org: Org, states: DriverStates, observe: Observe) -> Driver:
    """The driver of the org's account. Raises WrongSetting."""
    kind, telephony = _kind(org), org.telephony
    strange = sorted(telephony.options.keys() - {*kind.needed, *kind.optional})
    if strange:
        known = ", ".join((*kind.needed, *kind.optional))
        raise WrongSetting(
            f"{telephony.kind} has no {', '.join(strange)} (org {org.org_id}); it accepts {known}"
        )
    try:
        return kind.build(org, states, observe)
    except ValueError as error:
        raise WrongSetting(f"{telephony.kind} (org {org.org_id}): {error}") from None


def _kind(org: Org) -> Kind:
    kind = KINDS.get(org.telephony.kind)
    if kind is None:
        raise WrongSetting(
            f"SOFTPHONE_PROVIDER, or kind in [org.telephony], must be one of {', '.join(KINDS)}, "
            f"not {org.telephony.kind!r}"
        )
    return kind
