"""From the end of a call to its log and its wrap-up.

Law of this file: the log is opened in the same decision that makes the talk time as certain as it
will soon be; whatever becomes known later goes to the log as `FactsLearned`.
"""

from __future__ import annotations

from dataclasses import replace

from adapter.core.calllog import open_log
from adapter.core.decision import Decision
from adapter.core.effects import AskCall
from adapter.core.facts import Direction, Outcome
from adapter.core.logevents import WritingEnded
from adapter.core.logmodel import CallLog, Pending
from adapter.core.model import Agent, Call, Ending, Recent, Wrapup
from adapter.core.policy import Policy


def call_over(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """The call has ended: log it now, or ask the call log about the talk first."""
    may_ask = agent.line is not None and call.provider_call_id is not None
    if call.facts.is_certain or not may_ask:
        return log_call(agent, call, at, policy)
    asking = agent.with_call(call.at_stage(Ending(at, at + policy.record_ms)))
    return Decision(asking, effects=ask(agent, call))


def ask(agent: Agent, call: Call) -> tuple[AskCall, ...]:
    """The question to the call log about this call, where there is somebody to ask."""
    if agent.line is None or call.provider_call_id is None:
        return ()
    return (AskCall(call.call_id, agent.line, call.provider_call_id),)


def log_call(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """Open the log, and let the agent wrap up."""
    opened = (_log(agent, call, at, policy),) if _is_logged(call, policy) else ()
    remembered = _remembered(agent, call, policy)
    # A question that is still open (the talk is not certain) may correct the log later on.
    questions = () if call.facts.is_certain else ask(agent, call)
    if policy.wrapup_ms <= 0:
        return Decision(remembered.without_call(call.call_id), opened, effects=questions)
    writing = call.at_stage(Wrapup(at, at + policy.wrapup_ms))
    return Decision(remembered.with_call(writing), opened, effects=questions)


def end_wrapup(agent: Agent, call: Call, at: int) -> Decision:
    """The agent is done with this call, or its time is up."""
    events = ((call.call_id, WritingEnded(at)),)
    return Decision(agent.without_call(call.call_id), log_events=events)


def _is_logged(call: Call, policy: Policy) -> bool:
    return policy.log_missed or call.facts.result is not Outcome.MISSED


def _log(agent: Agent, call: Call, at: int, policy: Policy) -> CallLog:
    log = CallLog(
        log_id=call.call_id,
        agent=agent.key,
        opened_at=call.opened_at,
        number=call.number,
        facts=call.facts,
        record=call.record,
        time_zone=agent.time_zone,
        state=Pending(at, at),
        provider_call_id=call.provider_call_id or "",
        draft=call.draft,
        held_until=at + policy.wrapup_ms if policy.wrapup_ms > 0 else 0,
        work_id=call.work_id,
    )
    return open_log(log, at, policy.save)


def _remembered(agent: Agent, call: Call, policy: Policy) -> Agent:
    recent = Recent(
        call_id=call.call_id,
        number=call.number,
        name=call.facts.name.value if call.facts.name else "",
        direction=call.facts.direction.value if call.facts.direction else Direction.OUTBOUND,
        started_at=call.opened_at,
        talk_ms=call.facts.talk_ms,
        outcome=policy.disposition(call.facts.result),
        record=call.record,
    )
    return replace(agent, recent=(recent, *agent.recent)[: policy.recent_kept])
