"""What DialStack's call fields mean, as facts that the core can join. Pure.

Events and rows of the call log share their fields, so both come here as a `CallRecord`.
Two traps are disarmed in this file: `answered_at` proves a connection in an inbound call
only, and an event without the field that it is about still tells that it happened.
"""

from typing import TypeVar

from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.core.quick import replace
from adapter.telephony.dialstack import fields
from adapter.telephony.news import CallNews, Moment
from adapter.telephony.port import CallRecord

T = TypeVar("T", int, str, Direction, Outcome)

# What an event says of the direction by its mere type, if it does not say it in a field.
_LIKELY_DIRECTION = {Moment.DIALED: Direction.OUTBOUND, Moment.RINGING: Direction.INBOUND}


def report_from_record(record: CallRecord) -> CallNews:
    """Turn a row of the call log into news: its word outranks every event's."""
    facts = _facts(record, fields.direction(record.direction), Source.RECORD)
    if not record.live:
        ended = _known(record.ended_at, Source.RECORD)
        facts = replace(facts, ended=ended, outcome=_outcome(record, Source.RECORD))
    return CallNews(Moment.RECORD, record.provider_call_id, record.user_id, facts)


def report_from_event(record: CallRecord, moment: Moment, at: int) -> CallNews:
    """Tell what an event says by its fields, and failing these by having come at all."""
    likely = fields.direction(record.direction) or _LIKELY_DIRECTION.get(moment)
    facts = _facts(record, likely, Source.SAID)
    seen = Known(at, Source.SEEN)
    if likely and not fields.direction(record.direction):
        facts = replace(facts, direction=Known(likely, Source.SEEN))
    if likely is Direction.INTERNAL:
        facts = replace(facts, number=_internal_number(record, moment))
    match moment:
        case Moment.RINGING:
            facts = replace(facts, started=facts.started or seen)
        case Moment.DIALED:
            facts = replace(facts, started=facts.started or seen, picked_up=facts.picked_up or seen)
        case Moment.CONNECTED:
            facts = replace(facts, connected=facts.connected or seen)
        case Moment.ENDED:
            ended = _known(record.ended_at, Source.SAID) or seen
            facts = replace(facts, ended=ended, outcome=_outcome(record, Source.SAID))
        case _:
            facts = replace(facts, transferred=seen)
    return CallNews(moment, record.provider_call_id, record.user_id, facts)


def _facts(record: CallRecord, direction: Direction | None, source: Source) -> Facts:
    """Gather what the fields say, save for the end.

    `answered_at` is when the first device picked up: the agent's own in an outbound call,
    so that it proves a connection in an inbound one only.
    """
    inbound = direction is Direction.INBOUND
    outbound = direction is Direction.OUTBOUND
    connected = record.connected_at or (record.answered_at if inbound else None)
    number = {
        Direction.INBOUND: record.from_number,
        Direction.OUTBOUND: record.to_number,
    }
    return Facts(
        direction=_known(direction, source),
        number=_known(number.get(direction) if direction else None, source),
        name=_known(record.from_name if inbound else None, source),
        started=_known(record.started_at, source),
        picked_up=_known(record.answered_at if outbound else None, source),
        connected=_known(connected, source),
    )


def _internal_number(record: CallRecord, moment: Moment) -> Known[str] | None:
    """Tell whom a colleague talks to: only these two moments say which end the agent is."""
    number = {Moment.DIALED: record.to_number, Moment.RINGING: record.from_number}.get(moment)
    return _known(number, Source.SAID)


def _outcome(record: CallRecord, source: Source) -> Known[Outcome] | None:
    return _known(fields.outcome(record.status, record.cause), source)


def _known(value: T | None, source: Source) -> Known[T] | None:
    return None if value is None else Known(value, source)
