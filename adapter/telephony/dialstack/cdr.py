"""DialStack's record of a call, field by field, before it is known what they mean. Pure.

An event's data and a row of the call log have the same fields, but for the id.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from adapter.core.facts import Direction
from adapter.core.values import Frozen
from adapter.telephony.dialstack import fields
from adapter.telephony.dialstack.times import LONGEST_CALL_MS, plausible

LONGEST_ADDRESS = 4096


class CdrRow(Frozen, frozen=True):
    """One call as DialStack's fields tell it; times in Unix ms, None where it does not say.

    An event's data and a row of the call log have the same fields.

    `status` is the provider's own word, `cause` a Q.850 number; `live` says that the
    provider has not closed the row; `has_recording`: it has a recording, whose address is told, but
    good for ten minutes only (https://docs.dialstack.ai/api).
    """

    provider_call_id: str
    user_id: str | None = None
    direction: Direction | None = None
    from_number: str | None = None
    to_number: str | None = None
    from_name: str | None = None
    started_at: int | None = None
    answered_at: int | None = None
    connected_at: int | None = None
    ended_at: int | None = None
    status: str | None = None
    cause: int | None = None
    live: bool = False
    has_recording: bool = False
    summary: str | None = None


_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("user", "user_id"), fields.ident),
    "direction": fields.direction,
    "from_number": fields.caller,
    "to_number": fields.dialed,
    **dict.fromkeys(("from_label", "from_name"), fields.name),
    **dict.fromkeys(("started_at", "answered_at"), fields.moment_ms),
    **dict.fromkeys(("connected_at", "ended_at"), fields.moment_ms),
    "duration_seconds": fields.seconds_ms,
    "status": fields.text,
    "hangup_cause": fields.cause,
    "recording_url": partial(fields.text, limit=LONGEST_ADDRESS),
    "summary": fields.summary,
}


def parse_record(row: dict[str, Any]) -> CdrRow | None:
    """Read one row of the call log; None for a row without an id."""
    call_id = fields.ident(row.get("id")) or fields.ident(row.get("call_id"))
    return None if call_id is None else read_row(call_id, row, None)


def read_row(call_id: str, row: dict[str, Any], at: int | None) -> CdrRow:
    """Read what is said of a call, by an event that came at `at` (Unix ms) or by the call log."""
    # What is not told, as most of it in most events, is not read.
    said = {
        name: _READERS[name](value)
        for name, value in row.items()
        if value is not None and name in _READERS
    }.get
    told = said("started_at"), said("answered_at"), said("connected_at"), said("ended_at")
    started, answered, connected, ended = plausible(told, at)
    status = said("status")
    live = status is None and told[3] is None
    if ended is None and not live:
        ended = _end_by_duration(answered or started, said("duration_seconds"))
    return CdrRow(  # in the order of its fields: by name it would take twice as long
        call_id,
        said("user") or said("user_id"),
        said("direction"),
        said("from_number"),
        said("to_number"),
        said("from_label") or said("from_name"),
        started,
        answered,
        connected,
        ended,
        status,
        said("hangup_cause"),
        live,
        said("recording_url") is not None,
        said("summary"),
    )


def _end_by_duration(begin: int | None, duration: int | None) -> int | None:
    """Compute a closed row's end: its duration counts from the first pick-up."""
    if begin is None or duration is None or duration > LONGEST_CALL_MS:
        return None
    return begin + duration


def own_records(records: Sequence[CdrRow], user_id: str, since_ms: int) -> tuple[CdrRow, ...]:
    """Keep the user's records begun since then: an unknown filter is silently ignored.

    A row that names no user is kept only if no row names another one, for then the
    provider did filter.
    """
    filtered = all(record.user_id in {user_id, None} for record in records)
    return tuple(
        record
        for record in records
        if (record.user_id == user_id or (filtered and record.user_id is None))
        and (record.started_at is None or record.started_at >= since_ms)
    )
