"""From the end of a call to its log and its wrap-up.

Law of this file: the log is opened in the same decision that makes the talk time as certain as it
will soon be; whatever becomes known later goes to the log as `FactsLearned`.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.aftermath import is_missing
from adapter.core.decision import Decision, noticed, unnoticed
from adapter.core.dialing import placing_notices
from adapter.core.effects import FetchCdr
from adapter.core.facts import INBOUND, MISSED, Outcome, PhoneRefusal
from adapter.core.logevents import WritingEnded
from adapter.core.model import Agent, AgentNoAnswer, AwaitingCdr, Call, Notice, Wrapup
from adapter.core.opening import log_of_attempt, new_log
from adapter.core.ownleg import may_be_own_leg
from adapter.core.phone import mark
from adapter.core.policy import Policy

NOT_PICKED_UP = "Your phone was not picked up, so nobody was called."
REFUSED = {
    PhoneRefusal.DECLINED: (
        "phone-declined",
        "Your phone declined the call, so nobody was called.",
    ),
    PhoneRefusal.BUSY: (
        "phone-busy",
        "Your phone is busy, or not to be disturbed, so nobody was called.",
    ),
    PhoneRefusal.UNREACHABLE: (
        "phone-unreachable",
        "Your phone did not ring: it is not reachable, or not to be disturbed. Nobody was called.",
    ),
}
"""Code and sentence of what the agent's own phone said."""


def call_over(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """The call has ended: log it now, or ask the call log about the talk first."""
    may_ask = agent.line is not None and call.provider_call_id is not None
    # At the end of a wrap-up it is asked once more how a talk ended; without one, this is the time.
    is_told = policy.wrapup_ms > 0 or _is_outcome_told(call)
    if (is_known_enough(call) and is_told) or not may_ask:
        return log_call(agent, call, at, policy)
    return await_cdr(agent, call, at, policy)


def await_cdr(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """The call log is asked before anything is logged."""
    asking = agent.with_call(call.at_stage(AwaitingCdr(at, at + policy.cdr_wait_ms)))
    return Decision(asking, effects=request_cdr(agent, call))


def is_in_doubt(agent: Agent, call: Call, stage: AwaitingCdr) -> bool:
    """Whether the call log may say that there is nothing to log here.

    Either it rang at several and nobody told who took it, or who talked, or it is but an own leg's
    end. Of all else there is something to log, which may be corrected.
    """
    facts = call.facts
    if call.unnamed:
        return not stage.unlisted
    rang = call.opened_at < stage.since and facts.is_inbound
    if rang and facts.connected is None and facts.outcome is None:
        return True
    return may_be_own_leg(agent, call) is None


def request_cdr(agent: Agent, call: Call) -> tuple[FetchCdr, ...]:
    """The question to the call log about this call, where there is somebody to ask."""
    if agent.line is None or call.provider_call_id is None:
        return ()
    return (FetchCdr(call.call_id, agent.line, call.provider_call_id),)


def request_cdr_if_needed(agent: Agent, call: Call, policy: Policy) -> tuple[FetchCdr, ...]:
    """What the call log may correct or add later on: a talk's length, an outcome, a summary.

    A connected call may have ended in a voicemail: only its outcome tells.
    """
    facts = call.facts
    is_final = facts.is_certain if _is_outcome_told(call) else facts.has_final_cdr
    return () if is_final and not is_missing(facts, policy.wanted) else request_cdr(agent, call)


def _is_outcome_told(call: Call) -> bool:
    return call.facts.outcome is not None or call.facts.transferred is not None


def is_known_enough(call: Call) -> bool:
    """Whether the call log need not be asked before this ended call is logged.

    Of a call that we placed, that ended before any sign of a pick-up, only the call log can tell
    whether the agent's phone or the destination was not answered; of a talk that names nobody, only
    the call log can tell whose it was.
    """
    doubtful = call.unnamed or _no_pick_up(call)
    return call.facts.is_certain and (call.facts.has_final_cdr or not doubtful)


def _no_pick_up(call: Call) -> bool:
    facts = call.facts
    return call.request_id != "" and facts.picked_up is None and facts.connected is None


def _was_never_picked_up(call: Call) -> bool:
    """Whether the call log says so: "no answer", and nobody's pick-up. Nothing is logged.

    What the agent's own phone refused never rang anybody else, whatever the outcome is called.
    """
    if not call.facts.has_final_cdr or not _no_pick_up(call):
        return False
    if call.facts.phone is not None:
        return True
    outcome = call.facts.outcome
    return outcome is not None and outcome.value is Outcome.NO_ANSWER


def _not_picked_up(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    if isinstance(call.stage, AgentNoAnswer):
        # The agent was told when it lapsed.
        return Decision(agent.without_call(call.call_id), log_of_attempt(agent, call, at, policy))
    phone = call.facts.phone
    usual = "not-picked-up", NOT_PICKED_UP
    code, text = REFUSED[phone.value] if phone is not None else usual
    notice = Notice(f"not-picked-up-{call.call_id}", code, text, at)
    told = noticed(agent.without_call(call.call_id), notice, policy)
    return Decision(told, log_of_attempt(agent, call, at, policy))


def log_call(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """Open the log, and let the agent wrap up; unless the agent's phone was never picked up."""
    if _was_never_picked_up(call):
        return _not_picked_up(agent, call, at, policy)
    if agent.notices:
        agent = unnoticed(agent, *placing_notices(call.call_id), f"still-up-{call.call_id}")
    opened = (new_log(agent, call, at, policy),) if is_logged(call, policy) else ()
    questions = request_cdr_if_needed(agent, call, policy)
    if policy.wrapup_ms > 0:
        calls = agent.calls_with(call.at_stage(Wrapup(at, at + policy.wrapup_ms)))
    else:
        calls = agent.calls_without(call.call_id)
    calls = _with_their_time(calls, at + policy.wrapup_ms)
    over = replace(agent, calls=calls, last_called=_last_called(agent, call))
    return Decision(over, opened, (), questions)


def _with_their_time(calls: tuple[Call, ...], due: int) -> tuple[Call, ...]:
    """Calls that ended during another are written up when that is over, in time of their own."""
    if len(calls) == 1 or any(call.is_under_way for call in calls):
        return calls
    return tuple(
        call.at_stage(replace(call.stage, due=due)) if isinstance(call.stage, Wrapup) else call
        for call in calls
    )


def end_wrapup(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """The agent is done with this call, or its time is up."""
    events = ((call.call_id, WritingEnded(at)),)
    # The call log may have been down until now: this is the last time that somebody asks.
    questions = request_cdr_if_needed(agent, call, policy)
    return Decision(agent.without_call(call.call_id), log_events=events, effects=questions)


def is_logged(call: Call, policy: Policy) -> bool:
    """Whether a call that is over goes into Salesforce."""
    return policy.log_missed or call.facts.result is not MISSED


def _last_called(agent: Agent, call: Call) -> tuple[int, int]:
    """A click on the same number within seconds is a slip, though that call is nobody's now."""
    return agent.last_called if call.direction is INBOUND else (mark(call.number), call.opened_at)
