"""What a commit writes about calls: whose a provider's call is, and how it went. Pure.

Webhooks are routed by these rows, the board counts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONEncoder
from operator import attrgetter
from typing import TypeAlias

from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, Call
from adapter.runtime.turn import Turn
from adapter.storage.port import CallRow, Snapshot

LIVE = "{}"
"""The value of a call that is not over."""

Told: TypeAlias = Call | CallLog
"""Either tells how a call went; where there are both, the log may know more."""

Shown: TypeAlias = tuple[str, int, str]
"""The provider's id of the call, when it began, and the row's value."""

_made_of = attrgetter("provider_call_id", "opened_at", "facts", "number", "record")
_to_text = JSONEncoder(separators=(",", ":")).encode


def call_rows(before: Snapshot, turn: Turn) -> tuple[CallRow, ...]:
    """Rows of calls whose provider id, or whose end, has become known or was corrected.

    Also those that are over already: without a wrap-up only their log is left, and a late event
    of such a call must not look like the first one of a new call.
    """
    after, line = turn.agent, turn.agent.line
    if line is None:
        return ()
    rows = (
        _row(line.account, after, call_id, now, _shown_as(before.agent, was) if was else None)
        for call_id, was, now in _touched(before, turn)
        if now.provider_call_id
    )
    return tuple(row for row in rows if row is not None)


def _touched(before: Snapshot, turn: Turn) -> Iterator[tuple[str, Told | None, Told]]:
    """Each call of which a row shows something else than before, as it was and is.

    Most turns touch one call, or none; what is the very same value is not looked at.
    """
    renamed = turn.agent.name != before.agent.name
    same = frozenset(() if renamed else map(id, before.agent.calls))
    now: dict[str, Told] = {c.call_id: c for c in turn.agent.calls if id(c) not in same}
    now.update(turn.changed)
    for call_id, one in now.items():
        was = _was(before, call_id)
        if renamed or was is None or _made_of(was) != _made_of(one):
            yield call_id, was, one


def _was(before: Snapshot, call_id: str) -> Told | None:
    for log in before.logs:
        if log.log_id == call_id:
            return log
    return before.agent.call(call_id)


def _row(
    account: str, agent: Agent, call_id: str, one: Told, before: Shown | None
) -> CallRow | None:
    """The row, unless it would say the same as before."""
    shown = called, opened_at, value = _shown_as(agent, one)
    if shown == before:
        return None
    return CallRow(account, called, call_id, agent.key, opened_at, value)


def _shown_as(agent: Agent, one: Told) -> Shown:
    return one.provider_call_id or "", one.opened_at, _value(agent, one)


def _value(agent: Agent, one: Told) -> str:
    facts = one.facts
    if not facts.is_over:
        return LIVE
    over = facts.transferred or facts.ended
    talk = facts.talk_ms
    return _to_text(
        {
            "agent": agent.name,
            "direction": facts.direction.value.value if facts.direction else "outbound",
            "number": one.number or (facts.number.value if facts.number else ""),
            "record": one.record.id if one.record else "",
            "started": facts.started.value if facts.started else None,
            "ended": over.value if over else None,
            "outcome": facts.result.value,
            "talk_seconds": None if talk is None else (talk + 500) // 1000,
        }
    )
