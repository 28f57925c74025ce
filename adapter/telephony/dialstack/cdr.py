"""DialStack's CDR, field by field, before interpretation. Pure.

An event's data and a CDR have the same fields, except for the id.
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
    """One call in DialStack's fields; times are Unix ms, None if missing.

    `status` is the provider's own word, `cause` a Q.850 number. `live`: the provider has not closed
    the CDR. `has_recording`: there is a recording; its address expires after ten minutes
    (https://docs.dialstack.ai/api).
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
    """Read one CDR; None if it has no id."""
    call_id = fields.ident(row.get("id")) or fields.ident(row.get("call_id"))
    return None if call_id is None else read_row(call_id, row, None)


def read_row(call_id: str, row: dict[str, Any], at: int | None) -> CdrRow:
    """Read a call's fields, from an event that arrived `at` (Unix ms) or from a CDR."""
    # Only fields that are present are read; most events have few.
    get = {
        name: _READERS[name](value)
        for name, value in row.items()
        if value is not None and name in _READERS
    }.get
    times = get("started_at"), get("answered_at"), get("connected_at"), get("ended_at")
    started, answered, connected, ended = plausible(times, at)
    status = get("status")
    live = status is None and times[3] is None
    if ended is None and not live:
        ended = _end_by_duration(answered or started, get("duration_seconds"))
    return CdrRow(  # in the order of its fields: by name it would take twice as long
        call_id,
        get("user") or get("user_id"),
        get("direction"),
        get("from_number"),
        get("to_number"),
        get("from_label") or get("from_name"),
        started,
        answered,
        connected,
        ended,
        status,
        get("hangup_cause"),
        live,
        get("recording_url") is not None,
        get("summary"),
    )


def _end_by_duration(begin: int | None, duration: int | None) -> int | None:
    """The end of a closed CDR; its duration counts from the first pick-up."""
    if begin is None or duration is None or duration > LONGEST_CALL_MS:
        return None
    return begin + duration


def own_records(records: Sequence[CdrRow], user_id: str, since_ms: int) -> tuple[CdrRow, ...]:
    """Keep the user's CDRs from `since_ms` on, because DialStack ignores unknown filters.

    A CDR without a user is kept only if no CDR names another user, because then DialStack did
    filter.
    """
    filtered = all(record.user_id in {user_id, None} for record in records)
    return tuple(
        record
        for record in records
        if (record.user_id == user_id or (filtered and record.user_id is None))
        and (record.started_at is None or record.started_at >= since_ms)
    )
