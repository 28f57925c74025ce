"""What happens when a deadline passes, so that nothing waits forever.

A deadline does not guess while a CDR can be looked up: the answer comes back as the event that was
lost. Something is given up only if nothing can be learned, and then the agent is told.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from adapter.core.decision import Decision, ignored, noticed
from adapter.core.dialing import unconfirmed
from adapter.core.effects import Effect, FindCdr
from adapter.core.ending import NOT_PICKED_UP, end_wrapup, is_in_doubt, log_call, request_cdr
from adapter.core.events import CdrMissing, CdrUnavailable, OverClaimed, TimePassed
from adapter.core.facts import Facts, Known, Source
from adapter.core.model import (
    Acceptance,
    Agent,
    AgentNoAnswer,
    AwaitingCdr,
    Bridged,
    Call,
    Dialing,
    Notice,
    Placing,
    RingingInbound,
    Wrapup,
)
from adapter.core.opening import log_of_attempt
from adapter.core.ownleg import may_be_own_leg
from adapter.core.pausing import availability_due
from adapter.core.policy import Policy

LAST_QUESTIONS = 2
"""How often a lapsed placement's CDR is looked up in the end: one lookup may fail."""


def time_passed(agent: Agent, event: TimePassed, policy: Policy) -> Decision:
    """Handle every deadline up to now."""
    decision = availability_due(agent, event.at, policy)
    for call in agent.calls:
        if call.stage.due <= event.at:
            decision = decision.then(_due(decision.agent, call, event.at, policy))
    return decision


def _due(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    match call.stage:
        case Placing() as stage:
            return _placing_due(agent, call, stage, at, policy)
        case AgentNoAnswer() as lapsed:
            return _lapsed_due(agent, call, lapsed, at, policy)
        case Dialing() | Bridged() | RingingInbound() as stage:
            later = replace(stage, due=at + policy.ask_again_ms)
            return Decision(agent.with_call(call.at_stage(later)), effects=request_cdr(agent, call))
        case AwaitingCdr() as ending:
            return _ending_due(agent, call, ending, at, policy)
        case Wrapup() as wrapping:
            if policy.wrapup_ms > 0 and any(other.is_under_way for other in agent.calls):
                # No wrap-up during another call: its time begins when that call is over.
                longer = replace(wrapping, due=at + policy.wrapup_ms)
                return Decision(agent.with_call(call.at_stage(longer)))
            return end_wrapup(agent, call, at, policy)
        case _ as never:
            assert_never(never)


def _placing_due(agent: Agent, call: Call, stage: Placing, at: int, policy: Policy) -> Decision:
    """No outcome in time: unconfirmed. No pick-up in time: look up the CDR, then lapse."""
    if stage.acceptance is Acceptance.ASKED:
        return Decision(unconfirmed(agent, call, stage, at, policy))
    waits = policy.cdr_after_ring_ms
    if stage.asked >= len(waits):
        return lapse(agent, call, at, policy)
    later = replace(stage, asked=stage.asked + 1, due=at + waits[stage.asked])
    return Decision(agent.with_call(call.at_stage(later)), effects=_find(agent, call))


def _lapsed_due(
    agent: Agent, call: Call, stage: AgentNoAnswer, at: int, policy: Policy
) -> Decision:
    """Before the placement is dropped: was it picked up late, with all of its events lost?"""
    questions = _find(agent, call)
    if not questions or stage.asked >= LAST_QUESTIONS:
        return Decision(agent.without_call(call.call_id), log_of_attempt(agent, call, at, policy))
    later = replace(stage, asked=stage.asked + 1, due=at + policy.ask_again_ms)
    return Decision(agent.with_call(call.at_stage(later)), effects=questions)


def _ending_due(agent: Agent, call: Call, stage: AwaitingCdr, at: int, policy: Policy) -> Decision:
    """The CDR did not come in time. A lookup may get lost, so a decisive one is repeated."""
    waits, questions = policy.cdr_retry_ms, request_cdr(agent, call)
    if is_in_doubt(agent, call, stage) and questions and stage.asked < len(waits):
        later = replace(stage, asked=stage.asked + 1, due=at + waits[stage.asked])
        return Decision(agent.with_call(call.at_stage(later)), effects=questions)
    if stage.unlisted and may_be_own_leg(agent, call) is None:
        return Decision(agent.without_call(call.call_id))
    return log_call(agent, call, at, policy)


def _find(agent: Agent, call: Call) -> tuple[Effect, ...]:
    if call.provider_call_id is not None or agent.line is None:
        return request_cdr(agent, call)
    return (FindCdr(call.call_id, agent.line, call.dialed or call.number, call.opened_at),)


def lapse(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """The agent did not pick up: idle, but a late pick-up still finds its placement and record."""
    lapsed = call.at_stage(AgentNoAnswer(at, at + policy.lapse_ms))
    notice = Notice(f"not-picked-up-{call.call_id}", "not-picked-up", NOT_PICKED_UP, at)
    return Decision(noticed(agent.with_call(lapsed), notice, policy))


def cdr_missing(agent: Agent, event: CdrMissing, policy: Policy) -> Decision:
    """There is no CDR: a placement was never picked up; a live call may be over."""
    call = agent.call(event.call_id)
    match call and call.stage:
        case Placing(asked=asked) if call and asked:
            return lapse(agent, call, event.at, policy)
        case (Dialing() | Bridged() | RingingInbound()) as stage if call:
            fruitless = stage.asked + 1
            if stage.claimed_over or fruitless >= policy.cdr_missing_limit:
                return _over_unseen(agent, call, event.at, policy)
            return Decision(agent.with_call(call.at_stage(replace(stage, asked=fruitless))))
        case AwaitingCdr() as ending if call:
            # It keeps waiting: the provider's CDRs lag behind.
            unlisted = call.at_stage(replace(ending, unlisted=True))
            return Decision(agent.with_call(unlisted), ignored="no row yet")
        case _:
            return ignored(agent, "not asked")


def cdr_unavailable(agent: Agent, event: CdrUnavailable, policy: Policy) -> Decision:
    """The lookup failed: the next deadline repeats it; a call that the agent says is over is."""
    call = agent.call(event.call_id)
    match call and call.stage:
        case (
            Dialing(claimed_over=True)
            | Bridged(claimed_over=True)
            | RingingInbound(claimed_over=True)
        ) if call:
            return _over_unseen(agent, call, event.at, policy)
        case _:
            return ignored(agent, "asked in vain")


def over_claimed(agent: Agent, event: OverClaimed, policy: Policy) -> Decision:
    """The agent says that the call is over: look up its CDR at once; a placement's, too."""
    call = agent.call(event.call_id)
    match call and call.stage:
        case (Dialing() | Bridged() | RingingInbound()) as stage if call:
            due = event.at + policy.ask_again_ms
            claimed = call.at_stage(replace(stage, claimed_over=True, due=due))
            questions = request_cdr(agent, claimed)
            if not questions:
                return _over_unseen(agent, call, event.at, policy)
            return Decision(agent.with_call(claimed), effects=questions)
        case Placing() as placing if call and placing.acceptance is not Acceptance.ASKED:
            return _placing_due(agent, call, placing, event.at, policy)
        case _:
            return ignored(agent, "not live")


def _over_unseen(agent: Agent, call: Call, at: int, policy: Policy) -> Decision:
    """No event reported the end: it is now, by our own clock, until a CDR corrects it."""
    ended = Facts(ended=Known(at, Source.OBSERVED))
    over = replace(call, facts=call.facts.join(ended))
    return log_call(agent, over, at, policy)
