"""One Asterisk as a deployment describes it: its address and its dial templates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from adapter.telephony.asterisk import ids
from adapter.telephony.port import Rejected

_DIALABLE = re.compile(r"\+?[0-9*#]{1,40}")
_USER = re.compile(r"[A-Za-z0-9_.@/&+-]{1,80}")


@dataclass(frozen=True, slots=True)
class AsteriskAccount:
    """Its address and dial templates. Durations are seconds; secrets are left out of repr.

    Asterisk dials `device` for an agent ({user}), `outside` for a number and `inside` for an
    extension ({number}); & joins several phones. Customers see `identity` (a number) and
    `identity_name`. `recording_pause`: agents may pause a recording. `browser_phone`: agents have
    a phone in the browser too; `browser_users` overrides this per user. `device_state` is the
    device of {user} whose state tells dialplan and queues that the agent wants no calls.
    """

    url: str
    user: str
    secret: str = field(repr=False)
    app: str = "softphone"
    device: str = "PJSIP/{user}"
    outside: str = "PJSIP/{number}@trunk"
    inside: str = "PJSIP/{number}"
    identity: str = ""
    identity_name: str = ""
    emergency: bool = False
    cel_url: str = field(default="", repr=False)
    cel_utc: bool = False
    ring_seconds: int = 40
    dial_seconds: int = 60
    call_limit_seconds: int = 14_400
    recording: Literal["off", "on-demand", "always"] = "off"
    recording_pause: bool = False
    browser_phone: bool = False
    browser_codecs: str = "ulaw,alaw"
    browser_return_seconds: int = 30
    turn_urls: str = ""
    turn_secret: str = field(default="", repr=False)
    device_state: str = ""
    browser_users: Mapping[str, bool] = field(default_factory=dict)

    def devices_of(self, user: str) -> tuple[str, ...]:
        """The endpoints of the agent's phones. Raises Rejected.

        A user that contains a technology (PJSIP/ada&PJSIP/99100) is dialed as written.
        """
        if not _USER.fullmatch(user):
            raise Rejected("user", f"{user!r} cannot be a user in Asterisk.")
        text = user if "/" in user else self.device.format(user=user)
        phones = [part for part in text.split("&") if part]
        if self.has_browser_phone(user):
            phones.insert(0, f"PJSIP/{self.web_endpoint(user)}")
        return tuple(phones[: ids.DEVICES])

    def device_state_of(self, user: str) -> str:
        """The agent's device state; characters that a dialplan cannot contain become minus."""
        return self.device_state.format(user=re.sub("[^A-Za-z0-9_.-]", "-", user))

    def has_browser_phone(self, user: str) -> bool:
        """Whether the agent has a phone in the browser."""
        return self.browser_users.get(user, self.browser_phone)

    @property
    def has_browser_phones(self) -> bool:
        """Whether any agent has one."""
        return self.browser_phone or any(self.browser_users.values())

    def web_endpoint(self, user: str) -> str:
        """The endpoint name of the agent's browser phone."""
        plain = re.fullmatch("[A-Za-z0-9_.-]{1,40}", user)
        return f"web-{user if plain else hashlib.sha256(user.encode()).hexdigest()[:16]}"

    def watched_of(self, user: str) -> tuple[str, ...]:
        """The agent's endpoints (PJSIP/ada), except browser phones and those behind a trunk."""
        web = f"PJSIP/{self.web_endpoint(user)}"
        return tuple(part for part in self.devices_of(user) if "@" not in part and part != web)

    def endpoint_of(self, number: str) -> str:
        """The endpoint to dial for a number. Raises Rejected."""
        if not _DIALABLE.fullmatch(number):
            raise Rejected("number", "The phone system cannot dial this number.")
        template = self.outside if is_outside(number) else self.inside
        return template.format(number=number)

    def shown_as(self, number: str = "") -> str:
        """The outgoing identity in Asterisk's notation, with `number` instead of the default.

        Empty: the trunk decides.
        """
        return written_identity(self.identity_name, number or self.identity)


OPTIONS = (
    *("app", "device", "outside", "inside", "identity", "identity_name", "emergency"),
    *("cel_url", "cel_utc", "ring_seconds", "dial_seconds", "call_limit_seconds"),
    *("recording", "recording_pause", "device_state"),
    *("browser_phone", "browser_codecs", "browser_return_seconds", "turn_urls", "turn_secret"),
)
"""The options of an account besides its address, user and secret."""


def account_of(options: Mapping[str, str]) -> AsteriskAccount:
    """The account that these options describe. Raises ValueError, with a sentence."""
    chosen = {name: text for name, text in options.items() if text}
    try:
        values = {"user": "", "secret": "", **chosen}
        account = msgspec.convert(values, AsteriskAccount, strict=False)
    except msgspec.ValidationError as error:
        wanted, _, where = str(error).partition(" - at `$.")
        raise ValueError(f"{where.rstrip('`')}: {wanted}") from None
    _check_template("device", account.device, "{user}")
    _check_template("outside", account.outside, "{number}")
    _check_template("inside", account.inside, "{number}")
    if account.device_state:
        _check_template("device_state", account.device_state, "{user}")
        if not account.device_state.startswith("Stasis:"):
            raise ValueError(f"device_state must begin with Stasis:, not {account.device_state}")
    if account.identity and not _DIALABLE.fullmatch(account.identity):
        raise ValueError(f"identity must be a number such as +15551230000, not {account.identity}")
    if account.cel_url:
        _check_address(account.cel_url)
    return account


def _check_template(name: str, text: str, mark: str) -> None:
    """Check for the placeholder and no other braces. Raises ValueError."""
    if mark not in text or set(text.replace(mark, "")) & set("{}"):
        raise ValueError(f"{name} must contain {mark} and no other braces: {text}")


def _check_address(url: str) -> None:
    try:
        make_url(url)
    except ArgumentError:
        raise ValueError("cel_url must be an address for SQLAlchemy: mysql+pymysql://…") from None


def is_outside(number: str) -> bool:
    """Whether it is an outside number: international, or longer than an extension."""
    return number.startswith("+") or len(number) > 6


def written_identity(name: str, number: str) -> str:
    """A name and a number as one text; characters that could end the name are removed."""
    plain = re.sub(r'["<>,\\\r\n]', "", name)
    return f'"{plain}" <{number}>' if number else ""
