"""Turns DialStack's call fields into facts that the core can join. Pure.

Events and CDRs share their fields, so both arrive as a `CdrRow`. Two traps: `answered_at` proves no
connection in either direction, because a greeting or a menu answers too (only `connected_at` or the
event `call.answered` is a talk); and an event without its own time field still says that it
happened.
"""

from typing import TypeVar

from msgspec.structs import replace

from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.telephony.dialstack import fields
from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.port import Cdr
from adapter.telephony.updates import CallUpdate, Moment

T = TypeVar("T", int, str)

# The direction that an event's type implies if the field is missing.
_LIKELY_DIRECTION = {Moment.DIALED: Direction.OUTBOUND, Moment.RINGING: Direction.INBOUND}

# Reading an enum member from its class is a function call in Python 3.11, and these are read often.
_INBOUND, _OUTBOUND, _INTERNAL = Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL
_RINGING, _DIALED, _CONNECTED = Moment.RINGING, Moment.DIALED, Moment.CONNECTED
_ENDED, _TRANSFERRED, _CDR = Moment.ENDED, Moment.TRANSFERRED, Moment.CDR
_SEEN, _SAID, _RECORDED = Source.OBSERVED, Source.EVENT, Source.CDR

# The few possible values are made once.
_DIRECTIONS: dict[Source, dict[Direction | None, Known[Direction]]] = {
    source: {direction: Known(direction, source) for direction in Direction} for source in Source
}
_OUTCOMES: dict[Source, dict[Outcome | None, Known[Outcome]]] = {
    source: {outcome: Known(outcome, source) for outcome in Outcome} for source in Source
}


def cdr_from_row(record: CdrRow) -> Cdr:
    """The CDR as facts, which outrank those of all events."""
    facts = _facts(record, _CDR, _RECORDED, at=None)
    update = CallUpdate(_CDR, record.provider_call_id, record.user_id, facts)
    return Cdr(update, record.to_number)


def call_update_from_event(record: CdrRow, moment: Moment, at: int) -> CallUpdate:
    """An event as a call update, by its fields or else by its arrival; `at` is Unix ms."""
    facts = _facts(record, moment, _SAID, at)
    return CallUpdate(moment, record.provider_call_id, record.user_id, facts)


def _facts(record: CdrRow, moment: Moment, source: Source, at: int | None) -> Facts:
    """The facts in the fields; `at`, the arrival, replaces a missing time of the moment.

    `answered_at` is the first pick-up: by the agent's own device in an outbound call, often by the
    platform itself in an inbound one.
    """
    stated = record.direction
    likely = stated or _LIKELY_DIRECTION.get(moment)
    inbound = likely is _INBOUND
    direction = _DIRECTIONS[source if stated else _SEEN].get(likely)
    theirs, ours = _numbers(record, likely, moment)
    number, own = _known(theirs, source), _known(ours, source)
    name = _known(record.from_name, source) if inbound else None
    started = _known(record.started_at, source)
    picked_up = _known(record.answered_at, source) if likely is _OUTBOUND else None
    connected = _known(record.connected_at, source)
    ended = outcome = transferred = None
    if moment is _RINGING:
        started = started or _known(at, _SEEN)
    elif moment is _DIALED:
        started, picked_up = started or _known(at, _SEEN), picked_up or _known(at, _SEEN)
    elif moment is _CONNECTED:
        connected = connected or _known(at, _SEEN)
    elif moment is _ENDED or (moment is _CDR and not record.live):
        ended = _known(record.ended_at, source) or _known(at, _SEEN)
        outcome = _OUTCOMES[source].get(fields.outcome(record.status, record.cause))
    elif moment is _TRANSFERRED:
        transferred = _known(at, _SEEN)
    facts = Facts(
        direction, number, name, started, picked_up, connected, ended, outcome, transferred, own
    )
    return _with_aftermath(facts, record, source)


def _with_aftermath(facts: Facts, record: CdrRow, source: Source) -> Facts:
    """Add recording and summary. A recording is identified by the call, as its address expires."""
    if not record.has_recording and record.summary is None:
        return facts
    recording = Known(record.provider_call_id, source) if record.has_recording else None
    return replace(facts, recording=recording, summary=_known(record.summary, source))


def _numbers(
    record: CdrRow, direction: Direction | None, moment: Moment
) -> tuple[str | None, str | None]:
    """The other party's number, and ours: the called number or the caller id shown.

    In an internal call, only two moments show which end the agent is.
    """
    if direction is _INBOUND:
        return record.from_number, record.to_number
    if direction is _OUTBOUND:
        return record.to_number, record.from_number
    if direction is _INTERNAL and moment is _RINGING:
        return record.from_number, None
    return (record.to_number if direction is _INTERNAL and moment is _DIALED else None), None


def _known(value: T | None, source: Source) -> Known[T] | None:
    return None if value is None else Known(value, source)
