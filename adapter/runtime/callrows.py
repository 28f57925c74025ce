"""What a commit writes about calls: whose a provider's call is, and how it went. Pure.

Webhooks are routed by these rows, the board counts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from adapter.core.facts import Facts
from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, Call, Record
from adapter.runtime.turn import Turn
from adapter.storage.port import CallRow, Snapshot

LIVE = "{}"
"""The value of a call that is not over."""

Known = dict[str, tuple[str, int, str]]


def call_rows(before: Snapshot, turn: Turn) -> tuple[CallRow, ...]:
    """Rows of calls whose provider id, or whose end, has become known or was corrected.

    Also those that are over already: without a wrap-up only their log is left, and a late event
    of such a call must not look like the first one of a new call.
    """
    after = turn.agent
    if after.line is None:
        return ()
    # What no event touched is the very same value: most commits change one call, or none.
    touched = [call for call in after.calls if all(call is not one for one in before.agent.calls)]
    changed = turn.changed.values()
    now = {**_of_calls(after, touched), **_of_logs(after, changed)}
    if not now:
        return ()
    calls = (call for call in before.agent.calls if call.call_id in now)
    logs = (one for one in before.logs if one.log_id in now)
    was = {**_of_calls(before.agent, calls), **_of_logs(before.agent, logs)}
    return tuple(
        CallRow(after.line.account, provider_call_id, call_id, after.key, opened_at, value)
        for call_id, (provider_call_id, opened_at, value) in now.items()
        if provider_call_id and was.get(call_id) != now[call_id]
    )


def _of_calls(agent: Agent, calls: Iterable[Call]) -> Known:
    return {
        call.call_id: (
            call.provider_call_id or "",
            call.opened_at,
            _told(agent, call.facts, call.number, call.record),
        )
        for call in calls
    }


def _of_logs(agent: Agent, logs: Iterable[CallLog]) -> Known:
    return {
        log.log_id: (
            log.provider_call_id,
            log.opened_at,
            _told(agent, log.facts, log.number, log.record),
        )
        for log in logs
    }


def _told(agent: Agent, facts: Facts, number: str, record: Record | None) -> str:
    if not facts.is_over:
        return LIVE
    over = facts.transferred or facts.ended
    talk = facts.talk_ms
    return json.dumps(
        {
            "agent": agent.name,
            "direction": facts.direction.value.value if facts.direction else "outbound",
            "number": number or (facts.number.value if facts.number else ""),
            "record": record.id if record else "",
            "started": facts.started.value if facts.started else None,
            "ended": over.value if over else None,
            "outcome": facts.result.value,
            "talk_seconds": None if talk is None else (talk + 500) // 1000,
        },
        separators=(",", ":"),
    )
