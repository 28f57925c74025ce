"""What a commit writes about calls: whose a provider's call is, and how it went. Pure.

Webhooks are routed by these rows, the board counts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from adapter.core.facts import Facts
from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, Call, Record
from adapter.runtime.turn import Turn
from adapter.storage.port import CallRow, Snapshot

LIVE = "{}"
"""The value of a call that is not over."""


@dataclass(frozen=True, slots=True)
class _Known:
    """All that a row is made of."""

    provider_call_id: str
    opened_at: int
    agent_name: str
    facts: Facts
    number: str
    record: Record | None


def call_rows(before: Snapshot, turn: Turn) -> tuple[CallRow, ...]:
    """Rows of calls whose provider id, or whose end, has become known or was corrected.

    Also those that are over already: without a wrap-up only their log is left, and a late event
    of such a call must not look like the first one of a new call.
    """
    after, account = turn.agent, turn.agent.line
    if account is None:
        return ()
    was = {**_of_calls(before.agent, before.agent.calls), **_of_logs(before.agent, before.logs)}
    now = {**_of_calls(after, after.calls), **_of_logs(after, turn.changed.values())}
    rows = (
        _row(account.account, after, call_id, was.get(call_id), known)
        for call_id, known in now.items()
        if known.provider_call_id and was.get(call_id) != known
    )
    return tuple(row for row in rows if row is not None)


def _row(
    account: str, agent: Agent, call_id: str, was: _Known | None, known: _Known
) -> CallRow | None:
    """The row, unless it would say the same as before."""
    value = _told(known)
    key = (known.provider_call_id, known.opened_at, value)
    if was is not None and key == (was.provider_call_id, was.opened_at, _told(was)):
        return None
    return CallRow(account, known.provider_call_id, call_id, agent.key, known.opened_at, value)


def _of_calls(agent: Agent, calls: Iterable[Call]) -> dict[str, _Known]:
    return {c.call_id: _known(agent, c, c.provider_call_id or "") for c in calls}


def _of_logs(agent: Agent, logs: Iterable[CallLog]) -> dict[str, _Known]:
    return {log.log_id: _known(agent, log, log.provider_call_id) for log in logs}


def _known(agent: Agent, one: Call | CallLog, provider_call_id: str) -> _Known:
    return _Known(provider_call_id, one.opened_at, agent.name, one.facts, one.number, one.record)


def _told(known: _Known) -> str:
    facts = known.facts
    if not facts.is_over:
        return LIVE
    over = facts.transferred or facts.ended
    talk = facts.talk_ms
    return json.dumps(
        {
            "agent": known.agent_name,
            "direction": facts.direction.value.value if facts.direction else "outbound",
            "number": known.number or (facts.number.value if facts.number else ""),
            "record": known.record.id if known.record else "",
            "started": facts.started.value if facts.started else None,
            "ended": over.value if over else None,
            "outcome": facts.result.value,
            "talk_seconds": None if talk is None else (talk + 500) // 1000,
        },
        separators=(",", ":"),
    )
