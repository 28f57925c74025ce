"""Reads Asterisk's events, channels and bridges into values. Pure.

https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/Asterisk_REST_Interface/
Only the fields that we use are read. An odd value costs the field in which
it stands, and a channel or bridge without an id costs itself.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct, field

from adapter.core.facts import Facts
from adapter.core.incall import NOTHING_IN_CALL, InCall
from adapter.telephony import strictjson
from adapter.telephony.updates import CallUpdate, Moment

SKEW_MS = 300_000
"""Events arrive at once, so a larger difference to their time means a wrong clock."""

StructT = TypeVar("StructT", bound=Struct)


class Malformed(Exception):
    """The data is not in Asterisk's format; the text quotes none of it."""


class Party(Struct, frozen=True):
    """A name and a number; each may be empty."""

    name: str = ""
    number: str = ""

    @property
    def label(self) -> str:
        """The name; empty if it only repeats the number."""
        return "" if self.name == self.number else self.name


class Dialplan(Struct, frozen=True):
    """Where a channel is in the dialplan."""

    exten: str = ""
    app_name: str = ""
    app_data: str = ""

    @property
    def number(self) -> str:
        """The number that was dialed; empty where the extension is a name, such as `s`."""
        digits = self.exten.removeprefix("+")
        return self.exten if digits.isascii() and digits.isdigit() else ""


class Channel(Struct, frozen=True):
    """One channel; `state` is Down, Ring (it called us), Ringing (we call it), Up or Busy."""

    id: str
    name: str = ""
    state: str = "Down"
    caller: Party = Party()
    connected: Party = Party()
    dialplan: Dialplan = Dialplan()
    creationtime: str = ""
    caller_rdnis: str = ""

    @property
    def endpoint(self) -> str:
        """Technology and resource: PJSIP/ada of the channel PJSIP/ada-000000a4."""
        return self.name.rpartition("-")[0]

    @property
    def app(self) -> str:
        """The Stasis application that it is in; empty if it is in none."""
        plan = self.dialplan
        return plan.app_data.partition(",")[0] if plan.app_name == "Stasis" else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of its application, without the application's name."""
        return tuple(self.dialplan.app_data.split(",")[1:])


class Bridge(Struct, frozen=True):
    """One bridge, with the ids of the channels in it; None: it does not say."""

    id: str
    channels: tuple[str, ...] | None = None


class Recording(Struct, frozen=True):
    """A recording; ours are named after their call."""

    name: str = ""


class Event(Struct, frozen=True):
    """One event.

    `peer` and `caller` are those of a Dial; `cause` and `tech_cause` (SIP) tell why a channel ends,
    `soft` that no phone but a request caused it. `guessed`: no event reported it.
    `heard_at` is when it arrived (Unix ms); 0: unknown.
    """

    type: str
    timestamp: str = ""
    application: str = ""
    channel: Channel | None = None
    peer: Channel | None = None
    caller: Channel | None = None
    replace_channel: Channel | None = None
    bridge: Bridge | None = None
    recording: Recording | None = None
    args: tuple[str, ...] = ()
    dialstatus: str = ""
    cause: int | None = None
    tech_cause: int | None = None
    soft: bool = False
    result: str = ""
    guessed: bool = False
    heard_at: int = 0

    @property
    def subject(self) -> Channel | None:
        """The channel that the event is about."""
        return self.channel or self.peer

    @property
    def at(self) -> int:
        """When it happened, in Unix ms: by Asterisk's clock, unless that is wrong or silent."""
        stamped = milliseconds(self.timestamp)
        is_sane = not self.heard_at or abs(stamped - self.heard_at) <= SKEW_MS
        return stamped if is_sane else self.heard_at

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """The same for both copies of an event that Asterisk sends twice."""
        subject = self.subject
        about = (subject.id, subject.state) if subject else ()
        recording = (self.recording.name,) if self.recording else ()
        return self.type, self.timestamp, self.dialstatus, *about, *recording


_EVENTS = msgspec.json.Decoder(Event)


def read_event(raw: str | bytes) -> Event:
    """One message of the events socket. Raises Malformed."""
    try:
        return _EVENTS.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        event = _fit(Event, read_json(raw))
        if event is None:
            raise Malformed("an event that cannot be read") from None
        return event


def read_list(kind: type[StructT], raw: bytes) -> tuple[StructT, ...]:
    """The answer to GET /channels or /bridges. Raises Malformed."""
    try:
        return tuple(msgspec.json.decode(raw, type=list[kind]))  # type: ignore[valid-type]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _fit_each(kind, read_json(raw))


def read_json(raw: str | bytes) -> Any:
    """Asterisk's JSON, with invalid values repaired. Raises Malformed."""
    try:
        return strictjson.closely(raw.encode() if isinstance(raw, str) else raw)
    except strictjson.Malformed as error:
        raise Malformed(f"what cannot be read ({error.reason})") from None


def _fit_each(kind: type[StructT], values: Any) -> tuple[StructT, ...]:
    if not isinstance(values, list):
        raise Malformed("no list where one is expected")
    fitting = (_fit(kind, value) for value in values)
    return tuple(value for value in fitting if value is not None)


def _fit(kind: type[StructT], data: Any) -> StructT | None:
    """An object's valid fields; None if a required field is missing or invalid."""
    if not isinstance(data, dict):
        return None
    fitting: dict[str, Any] = {}
    for spec in msgspec.structs.fields(kind):
        value, inner = data.get(spec.name), _struct_type(spec.type)
        if inner is not None:
            value = _fit(inner, value)
        elif isinstance(value, list):
            value = [part for part in value if isinstance(part, str)]
        with suppress(msgspec.ValidationError):
            fitting[spec.name] = msgspec.convert(value, spec.type, strict=False)
    is_whole = all(spec.name in fitting for spec in msgspec.structs.fields(kind) if spec.required)
    return kind(**fitting) if is_whole else None


def _struct_type(kind: Any) -> type[Struct] | None:
    kinds = (candidate for candidate in (kind, *get_args(kind)) if isinstance(candidate, type))
    return next((candidate for candidate in kinds if issubclass(candidate, Struct)), None)


def ended(channel: str, at: int, cause: int, *, guessed: bool = False) -> Event:
    """An end event for a channel whose end Asterisk did not report; `at` is Unix ms."""
    when = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return Event("ChannelDestroyed", when, channel=Channel(channel), cause=cause, guessed=guessed)


def milliseconds(timestamp: str) -> int:
    """Asterisk's timestamp (2026-11-29T15:42:36.376+0000) as Unix ms; 0 for anything else."""
    try:
        return round(datetime.fromisoformat(timestamp).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


def behind_ms(date: str, now: int) -> int:
    """How far a clock is behind `now` (Unix ms) by its HTTP date; 0 if it is right, or unknown."""
    try:
        clock = round(parsedate_to_datetime(date).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
    return now - clock if abs(now - clock) > SKEW_MS else 0


class Body(Struct, frozen=True, omit_defaults=True):
    """An update as stored, in place of a webhook's body."""

    moment: Moment
    call: str
    user: str | None = None
    facts: Facts = field(default_factory=Facts)
    in_call: InCall = NOTHING_IN_CALL


_BODIES = msgspec.json.Decoder(Body)


def write_update(update: CallUpdate) -> bytes:
    """An update in its stored form, in which it can be parked and read again."""
    user, facts = update.user_id, update.facts
    body = Body(update.moment, update.provider_call_id, user, facts, update.in_call)
    return msgspec.json.encode(body)


def read_update(raw: bytes) -> CallUpdate:
    """A stored update. Raises Malformed."""
    try:
        body = _BODIES.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Malformed("a stored update that cannot be read") from None
    return CallUpdate(body.moment, body.call, body.user, body.facts, body.in_call)


def update_id(raw: bytes, moment: Moment) -> str:
    """The event id of a stored update, so that a repeated one is applied once."""
    return f"{moment}-{hashlib.sha256(raw).hexdigest()[:32]}"
