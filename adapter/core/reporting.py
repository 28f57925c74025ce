"""From what the provider tells to what the agent's calls are.

Law of this file: facts are joined, never overwritten; a call's stage follows from its facts and
never moves back; ended is terminal. So order, repetition and omission do not matter.
"""

from __future__ import annotations

from dataclasses import replace

from adapter.core.decision import Decision, ignored
from adapter.core.ending import call_over, log_call
from adapter.core.events import (
    AnsweredElsewhere,
    CallEnded,
    Connected,
    InboundRinging,
    RecordFound,
    Report,
    Transferred,
)
from adapter.core.facts import Direction, Facts, Known, Source
from adapter.core.logevents import FactsLearned
from adapter.core.model import (
    Agent,
    Bridged,
    Call,
    Dialing,
    Ending,
    Lapsed,
    Placing,
    RingingInbound,
    Wrapup,
)
from adapter.core.phone import same_number
from adapter.core.policy import Policy


def reported(agent: Agent, event: Report, policy: Policy) -> Decision:
    """The provider told something of a call: bind it, join the facts, advance."""
    call = _bound(agent, event)
    if call is not None:
        return _learned(agent, call, event, policy)
    if event.known:
        return _of_the_past(agent, event)
    if isinstance(event, AnsweredElsewhere):
        return ignored(agent, "answered elsewhere")
    if isinstance(event, InboundRinging) and _may_be_our_own(agent, event):
        return ignored(agent, "own placement rings")
    return _learned(agent, _new_call(event), event, policy)


def _of_the_past(agent: Agent, event: Report) -> Decision:
    """A call that has left the agent: only its log can still learn."""
    learned = FactsLearned(event.at, told_by(event))
    return Decision(agent, log_events=((event.call_id, learned),), ignored="call is over")


def _bound(agent: Agent, event: Report) -> Call | None:
    """The call that the event is about: by id, else the placement that it fits."""
    for call in agent.calls:
        if call.provider_call_id == event.provider_call_id or (
            event.known and call.call_id == event.call_id
        ):
            return replace(call, provider_call_id=event.provider_call_id)
    if event.known or isinstance(event, InboundRinging | AnsweredElsewhere):
        return None
    placements = [c for c in agent.calls if isinstance(c.stage, Placing | Lapsed)]
    placements.sort(key=lambda c: isinstance(c.stage, Lapsed))
    for call in placements:
        if call.provider_call_id is None and _fits(call, event.facts):
            return replace(call, provider_call_id=event.provider_call_id)
    return None


def _fits(call: Call, facts: Facts) -> bool:
    """Inbound calls never bind to a placement; a missing number fits one that is waiting now."""
    if facts.direction is not None and facts.direction.value is Direction.INBOUND:
        return False
    if facts.number is None:
        return isinstance(call.stage, Placing)
    return same_number(call.number, facts.number.value)


def _may_be_our_own(agent: Agent, event: InboundRinging) -> bool:
    """Ringing while we place may be the agent's own leg, unless it is said to come in."""
    placements = [c for c in agent.calls if isinstance(c.stage, Placing)]
    if not placements:
        return False
    direction, number = event.facts.direction, event.facts.number
    if direction is None or direction.value is Direction.OUTBOUND:
        return True
    return number is not None and same_number(placements[0].number, number.value)


def _new_call(event: Report) -> Call:
    """A call that we did not place: it came in, or was dialled on the desk phone."""
    number = event.facts.number.value if event.facts.number else ""
    return Call(
        call_id=event.call_id,
        number=number,
        opened_at=event.at,
        stage=Dialing(event.at, event.at),
        provider_call_id=event.provider_call_id,
    )


def _learned(agent: Agent, call: Call, event: Report, policy: Policy) -> Decision:
    told = told_by(event)
    facts = call.facts.join(told)
    number = call.number or (facts.number.value if facts.number else "")
    known = replace(call, facts=facts, number=number)
    match call.stage:
        case Wrapup():
            same = facts == call.facts
            learned = ((call.call_id, FactsLearned(event.at, told)),)
            return Decision(
                agent.with_call(known),
                log_events=() if same else learned,
                ignored="repeated" if same else "",
            )
        case Ending():
            certain = facts.is_certain or isinstance(event, RecordFound)
            if certain:
                return log_call(agent, known, event.at, policy)
            return Decision(agent.with_call(known))
        case _:
            return _advanced(agent, known, event, policy)


def told_by(event: Report) -> Facts:
    """The event's facts; what happened without a time of its own was seen when it arrived."""
    now = Known(event.at, Source.SEEN)
    match event:
        case Connected():
            return event.facts.join(Facts(connected=now))
        case CallEnded():
            return event.facts.join(Facts(ended=now))
        case Transferred():
            return event.facts.join(Facts(transferred=now))
        case _:
            return event.facts


def _advanced(agent: Agent, call: Call, event: Report, policy: Policy) -> Decision:
    match event:
        case AnsweredElsewhere() if isinstance(call.stage, RingingInbound):
            return Decision(agent.without_call(call.call_id))
        case CallEnded() | Transferred():
            return call_over(agent, call, event.at, policy)
        case RecordFound() if call.facts.is_over:
            return log_call(agent, call, event.at, policy)
        case _:
            # Answered by another user: for a call that we placed, that is the destination.
            stage = _stage(call, event, policy)
            return Decision(agent.with_call(call.at_stage(stage)))


def _stage(call: Call, event: Report, policy: Policy) -> Dialing | Bridged | RingingInbound:
    """The stage that the facts prove, or the one that the call is in if that is further on.

    Rank, not clocks: a lower event that comes late fills gaps and moves nothing back. A call that
    the provider's log knows as live gets a new deadline, for the next look.
    """
    at, stage = event.at, call.stage
    if isinstance(event, Connected) or call.facts.connected is not None:
        if isinstance(stage, Bridged):
            return replace(stage, due=at + policy.bridged_ms, asked=0, claimed_over=False)
        since = call.facts.connected.value if call.facts.connected else at
        return Bridged(since, at + policy.bridged_ms)
    if isinstance(stage, Bridged):
        return stage
    inbound = call.facts.direction is not None and call.facts.direction.value is Direction.INBOUND
    if inbound or isinstance(event, InboundRinging):
        popped = isinstance(stage, RingingInbound) and stage.popped
        since = stage.since if isinstance(stage, RingingInbound) else at
        return RingingInbound(since, at + policy.dial_ms, popped=popped)
    since = stage.since if isinstance(stage, Dialing) and call.facts != event.facts else at
    return Dialing(since, at + policy.dial_ms)
