"""The rows that a commit writes about calls: their owners and results. Pure.

Webhooks are routed by these rows; the board and the agents' call history read them.
"""

from __future__ import annotations

from typing import TypeAlias

from adapter.core.history import past_call
from adapter.core.logs.model import CallLog
from adapter.core.model import Agent, Call
from adapter.runtime.turn import Turn
from adapter.storage.history import LIVE
from adapter.storage.port import CallRow, Snapshot
from adapter.storage.rows import to_text

CallOrLog: TypeAlias = Call | CallLog
"""Both hold a call's result; the log may know more."""


def call_rows(before: Snapshot, turn: Turn) -> tuple[CallRow, ...]:
    """Rows of calls whose provider id or result has become known or has changed.

    This includes finished calls: without a wrap-up only their log is left, and a late event must
    not look like the first one of a new call.
    """
    agent, line = turn.agent, turn.agent.line
    if line is None:
        return ()
    renamed = agent.name != before.agent.name
    known: dict[str, CallOrLog] = {call.call_id: call for call in before.agent.calls}
    # Most turns change at most one call, so identical values are skipped.
    touched: dict[str, CallOrLog] = {
        call.call_id: call for call in agent.calls if renamed or known.get(call.call_id) is not call
    }
    known |= {log.log_id: log for log in before.logs}
    rows = []
    for call_id, call in (touched | turn.changed).items():
        called, was = call.provider_call_id, known.get(call_id)
        if called is None:
            continue
        value = _value(agent, call)
        if was is None or was.provider_call_id != called or _value(before.agent, was) != value:
            rows.append(CallRow((line.account, called), call_id, agent.key, call.opened_at, value))
    return tuple(rows)


def _value(agent: Agent, call: CallOrLog) -> str:
    past = past_call(agent, call)
    return LIVE if past is None else to_text(past)
