"""What a commit writes about calls: whose a provider's call is, and how it went. Pure.

Webhooks are routed by these rows, the board counts them, agents look them up.
"""

from __future__ import annotations

from typing import TypeAlias

from adapter.core.history import past_call
from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, Call
from adapter.runtime.turn import Turn
from adapter.storage.history import LIVE
from adapter.storage.port import CallRow, Snapshot
from adapter.storage.rows import to_text

Told: TypeAlias = Call | CallLog
"""Either tells how a call went; where there are both, the log may know more."""


def call_rows(before: Snapshot, turn: Turn) -> tuple[CallRow, ...]:
    """Rows of calls whose provider id, or whose end, has become known or was corrected.

    Also those that are over already: without a wrap-up only their log is left, and a late event
    of such a call must not look like the first one of a new call.
    """
    agent, line = turn.agent, turn.agent.line
    if line is None:
        return ()
    renamed = agent.name != before.agent.name
    known: dict[str, Told] = {call.call_id: call for call in before.agent.calls}
    # Most turns touch one call, or none: what is the very same value is not looked at.
    touched: dict[str, Told] = {
        call.call_id: call for call in agent.calls if renamed or known.get(call.call_id) is not call
    }
    known |= {log.log_id: log for log in before.logs}
    rows = []
    for call_id, one in (touched | turn.changed).items():
        called, was = one.provider_call_id, known.get(call_id)
        if called is None:
            continue
        value = _value(agent, one)
        if was is None or was.provider_call_id != called or _value(before.agent, was) != value:
            rows.append(CallRow((line.account, called), call_id, agent.key, one.opened_at, value))
    return tuple(rows)


def _value(agent: Agent, one: Told) -> str:
    past = past_call(agent, one)
    return LIVE if past is None else to_text(past)
