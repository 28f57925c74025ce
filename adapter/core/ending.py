"""From the end of a call to its log and its wrap-up.

Law of this file: the decision that settles the talk time, as far as that is possible soon, also
opens the log; what becomes known later reaches the log as `FactsLearned`.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.aftermath import is_missing
from adapter.core.decision import Decision, noticed, unnoticed
from adapter.core.dialing import placing_notices
from adapter.core.effects import FetchCdr
from adapter.core.facts import INBOUND, MISSED, Outcome, PhoneRefusal
from adapter.core.logs.events import WritingEnded
from adapter.core.model import Agent, AgentNoAnswer, AwaitingCdr, Call, Notice, Wrapup
from adapter.core.numbers.phone import mark
from adapter.core.opening import log_of_attempt, new_log
from adapter.core.ownleg import may_be_own_leg
from adapter.core.policy import Policy

NOT_PICKED_UP = "You did not pick up your phone, so nobody was called."
REFUSED = {
    PhoneRefusal.DECLINED: (
        "phone-declined",
        "Your phone declined the call, so nobody was called.",
    ),
    PhoneRefusal.BUSY: (
        "phone-busy",
        "Your phone is busy or set to do not disturb, so nobody was called.",
    ),
    PhoneRefusal.UNREACHABLE: (
        "phone-unreachable",
        "Your phone did not ring: it is offline or set to do not disturb. Nobody was called.",
    ),
}
"""Code and sentence for each reason that the agent's own phone gives."""


def call_over(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """The call has ended: log it now, or wait for its CDR first."""
    has_cdr = agent.line is not None and call.provider_call_id is not None
    # The end of the wrap-up looks up a missing outcome; without a wrap-up it must be done now.
    can_wait = policy.wrapup_ms > 0 or _is_outcome_known(call)
    if (is_known_enough(call) and can_wait) or not has_cdr:
        return log_call(agent, call, at, policy)
    return await_cdr(agent, call, at, policy)


def await_cdr(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """Look up the CDR before anything is logged."""
    asking = agent.with_call(call.at_stage(AwaitingCdr(at, at + policy.cdr_wait_ms)))
    return Decision(asking, effects=request_cdr(agent, call))


def is_in_doubt(agent: Agent, call: Call, stage: AwaitingCdr) -> bool:
    """Whether the CDR may show that there is nothing to log for this agent.

    Either the call rang at several users and no event named the one who answered or talked, or it
    may be only the agent's own leg. Any other call is logged, and can be corrected later.
    """
    facts = call.facts
    if call.unnamed:
        return not stage.unlisted
    rang = call.opened_at < stage.since and facts.is_inbound
    if rang and facts.connected is None and facts.outcome is None:
        return True
    return may_be_own_leg(agent, call) is None


def request_cdr(agent: Agent, call: Call) -> tuple[FetchCdr, ...]:
    """The lookup of this call's CDR, if the call is known to a provider."""
    if agent.line is None or call.provider_call_id is None:
        return ()
    return (FetchCdr(call.call_id, agent.line, call.provider_call_id),)


def request_cdr_if_needed(agent: Agent, call: Call, policy: Policy) -> tuple[FetchCdr, ...]:
    """The lookup, if the CDR may still correct or add a talk time, an outcome or a summary.

    A connected call may have ended in a voicemail: only its outcome shows that.
    """
    facts = call.facts
    is_final = facts.is_certain if _is_outcome_known(call) else facts.has_final_cdr
    return () if is_final and not is_missing(facts, policy.wanted) else request_cdr(agent, call)


def _is_outcome_known(call: Call) -> bool:
    return call.facts.outcome is not None or call.facts.transferred is not None


def is_known_enough(call: Call) -> bool:
    """Whether this ended call can be logged without its CDR.

    If a call that we placed ended without any sign of a pick-up, only the CDR can tell whether the
    agent's phone or the destination was not answered. If no event named the user who talked, only
    the CDR can.
    """
    doubtful = call.unnamed or _no_pick_up(call)
    return call.facts.is_certain and (call.facts.has_final_cdr or not doubtful)


def _no_pick_up(call: Call) -> bool:
    facts = call.facts
    return call.request_id != "" and facts.picked_up is None and facts.connected is None


def _was_never_picked_up(call: Call) -> bool:
    """Whether the CDR says "no answer" without a pick-up. Then nothing is logged.

    A call refused by the agent's own phone never rang anybody else, whatever its outcome is called.
    """
    if not call.facts.has_final_cdr or not _no_pick_up(call):
        return False
    if call.facts.phone is not None:
        return True
    outcome = call.facts.outcome
    return outcome is not None and outcome.value is Outcome.NO_ANSWER


def _not_picked_up(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    if isinstance(call.stage, AgentNoAnswer):
        # The agent was told when the placement lapsed.
        return Decision(agent.without_call(call.call_id), log_of_attempt(agent, call, at, policy))
    phone = call.facts.phone
    usual = "not-picked-up", NOT_PICKED_UP
    code, text = REFUSED[phone.value] if phone is not None else usual
    notice = Notice(f"not-picked-up-{call.call_id}", code, text, at)
    idle = noticed(agent.without_call(call.call_id), notice, policy)
    return Decision(idle, log_of_attempt(agent, call, at, policy))


def log_call(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """Open the log and begin the wrap-up, unless the agent's phone was never picked up."""
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
    calls = _with_wrapup_time(calls, at + policy.wrapup_ms)
    over = replace(agent, calls=calls, last_called=_last_called(agent, call))
    return Decision(over, opened, (), questions)


def _with_wrapup_time(calls: tuple[Call, ...], due: int) -> tuple[Call, ...]:
    """Calls that ended during another call get their wrap-up time when that one is over."""
    if len(calls) == 1 or any(call.is_under_way for call in calls):
        return calls
    return tuple(
        call.at_stage(replace(call.stage, due=due)) if isinstance(call.stage, Wrapup) else call
        for call in calls
    )


def end_wrapup(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """The agent is done with this call, or the wrap-up time is up."""
    events = ((call.call_id, WritingEnded(at)),)
    # The provider's CDRs may have been unavailable until now: this is the last lookup.
    questions = request_cdr_if_needed(agent, call, policy)
    return Decision(agent.without_call(call.call_id), log_events=events, effects=questions)


def is_logged(call: Call, policy: Policy) -> bool:
    """Whether a call that is over goes into Salesforce."""
    return policy.log_missed or call.facts.result is not MISSED


def _last_called(agent: Agent, call: Call) -> tuple[int, int]:
    """Remembered because a click on the same number within seconds is usually a mistake."""
    return agent.last_called if call.direction is INBOUND else (mark(call.number), call.opened_at)
