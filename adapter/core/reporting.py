"""From what the provider tells to what the agent's calls are.

Law of this file: facts are joined, never overwritten; a call's stage follows from its facts and
never moves back; ended is terminal. So order, repetition and omission do not matter.
"""

from __future__ import annotations

from adapter.core.decision import Decision, ignored, noticed, unnoticed
from adapter.core.dialing import placing_notices
from adapter.core.ending import call_over, is_known_enough, log_call, with_correction
from adapter.core.events import (
    AnsweredElsewhere,
    CallEnded,
    Connected,
    DestinationDialed,
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
    Live,
    Notice,
    Placing,
    RingingInbound,
    Wrapup,
)
from adapter.core.phone import same_number
from adapter.core.policy import Policy
from adapter.core.quick import replace

STILL_UP = "The phone system says that this call is still up."


def reported(agent: Agent, event: Report, policy: Policy) -> Decision:
    """The provider told something of a call: bind it, join the facts, advance."""
    if isinstance(event, AnsweredElsewhere):
        return _answered_elsewhere(agent, event, policy)
    call = _bound(agent, event)
    if isinstance(event, InboundRinging) and _may_be_our_own(agent, call, event):
        return ignored(agent, "own placement rings")
    if event.elsewhere and not _had_part(call):
        if isinstance(event, Transferred):
            return ignored(agent, "transferred elsewhere")  # perhaps to this very agent
        if event.facts.connected is not None:
            return _taken_elsewhere(agent, call)
    if call is not None:
        return _learned(agent, call, event, policy)
    if event.known:
        return _of_the_past(agent, event, policy)
    return _learned(agent, _new_call(event), event, policy)


def _answered_elsewhere(agent: Agent, event: AnsweredElsewhere, policy: Policy) -> Decision:
    """Another user answered: a call that rang here is nobody's missed call; a talk is not ours.

    For a call that we placed, the other user is the destination: then it is connected.
    """
    call = _bound(agent, event)
    if call is not None and call.request_id and not isinstance(call.stage, Wrapup):
        return _learned(agent, call, event, policy)
    return _taken_elsewhere(agent, None if _had_part(call) else call)


def _had_part(call: Call | None) -> bool:
    """Whether the agent placed this call or talked in it; else it only rang here."""
    if call is None:
        return False
    placed = call.request_id != "" or call.direction is Direction.OUTBOUND
    return placed or call.facts.connected is not None


def _taken_elsewhere(agent: Agent, call: Call | None) -> Decision:
    """A call that rang here is nobody's missed call; the talk is not this agent's to log."""
    if call is not None and isinstance(call.stage, RingingInbound | Ending):
        return Decision(agent.without_call(call.call_id))
    return ignored(agent, "answered elsewhere")


def _of_the_past(agent: Agent, event: Report, policy: Policy) -> Decision:
    """A call that has left the agent: its log can still learn, and so can the list of calls."""
    learned = FactsLearned(event.at, told_by(event))
    corrected = with_correction(agent, event.call_id, event.facts, policy)
    return Decision(corrected, log_events=((event.call_id, learned),), ignored="call is over")


def _bound(agent: Agent, event: Report) -> Call | None:
    """The call that the event is about: by id, else the placement that it fits."""
    same = (c for c in agent.calls if c.provider_call_id == event.provider_call_id)
    ours = (c for c in agent.calls if event.known and c.call_id == event.call_id)
    call = next(same, None) or next(ours, None) or _placement(agent, event)
    if call is None or call.provider_call_id == event.provider_call_id:
        return call
    return replace(call, provider_call_id=event.provider_call_id)


def _placement(agent: Agent, event: Report) -> Call | None:
    """The placement whose first event this is; one that waits goes before one that lapsed."""
    if event.known or isinstance(event, InboundRinging | AnsweredElsewhere):
        return None
    placements = [c for c in agent.calls if isinstance(c.stage, Placing | Lapsed)]
    placements.sort(key=lambda c: isinstance(c.stage, Lapsed))
    unbound = (c for c in placements if c.provider_call_id is None and _fits(c, event.facts))
    return next(unbound, None)


def _fits(call: Call, facts: Facts) -> bool:
    """Inbound calls never bind to a placement; a missing number fits one that is waiting now."""
    if facts.direction is not None and facts.direction.value is Direction.INBOUND:
        return False
    if facts.number is None:
        return isinstance(call.stage, Placing)
    told = facts.number.value
    return same_number(call.number, told) or same_number(call.dialed, told)


def _may_be_our_own(agent: Agent, call: Call | None, event: InboundRinging) -> bool:
    """Ringing of a call that we placed is the agent's own leg; while placing, it may be."""
    if call is not None:
        return call.request_id != ""
    placements = [c for c in agent.calls if isinstance(c.stage, Placing)]
    if event.known or not placements:
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
    known = replace(call, facts=facts, number=_number(call, facts))
    match call.stage:
        case Wrapup() if facts == call.facts:
            return Decision(agent.with_call(known), ignored="repeated")
        case Wrapup():
            learned = ((call.call_id, FactsLearned(event.at, told)),)
            corrected = with_correction(agent.with_call(known), call.call_id, facts, policy)
            return Decision(corrected, log_events=learned)
        case Ending() if is_known_enough(known):
            return log_call(agent, known, event.at, policy)
        case Ending():
            # Also if the call log knows it as live still: it lags, and is asked again at the end.
            return Decision(agent.with_call(known))
        case _:
            return _advanced(agent, known, event, policy)


def _number(call: Call, facts: Facts) -> str:
    """What we dialled; of a call that we did not place, the best known number."""
    told = facts.number.value if facts.number else ""
    return call.number if call.request_id else told


def told_by(event: Report) -> Facts:
    """The event's facts; what happened without a time of its own was seen when it arrived."""
    now = Known(event.at, Source.SEEN)
    match event:
        case InboundRinging():
            return event.facts.join(Facts(direction=Known(Direction.INBOUND, Source.SEEN)))
        case DestinationDialed():
            return event.facts.join(Facts(picked_up=now))
        case Connected() | AnsweredElsewhere():
            return event.facts.join(Facts(connected=now))
        case CallEnded():
            return event.facts.join(Facts(ended=now))
        case Transferred():
            return event.facts.join(Facts(transferred=now))
        case _:
            return event.facts


def _advanced(agent: Agent, call: Call, event: Report, policy: Policy) -> Decision:
    if call.facts.is_over:
        return call_over(agent, call, event.at, policy)
    if _is_unproved(agent, call, event):
        return Decision(agent.with_call(call), ignored="not picked up yet")
    stage = _stage(call, event, policy)
    proved = unnoticed(agent, *placing_notices(call.call_id))
    moved = proved.with_call(call.at_stage(stage))
    if isinstance(event, RecordFound) and getattr(call.stage, "claimed_over", False):
        still = Notice(f"still-up-{call.call_id}", "still-up", STILL_UP, event.at)
        moved = noticed(moved, still, policy)
    return Decision(moved)


def _is_unproved(agent: Agent, call: Call, event: Report) -> bool:
    """Whether a call log's row of a live placement says nothing of the agent's pick-up.

    Where the provider told the call's id when it took the request, the row is no proof of it.
    Where the id is new to us, it is: such a call exists from the pick-up on.
    """
    before = agent.call(call.call_id)
    told_early = before is not None and before.provider_call_id is not None
    waiting = isinstance(call.stage, Placing | Lapsed) and told_early
    silent = call.facts.picked_up is None and call.facts.connected is None
    return isinstance(event, RecordFound) and waiting and silent


def _stage(call: Call, event: Report, policy: Policy) -> Live:
    """The stage that the facts prove, or the one that the call is in if that is further on.

    Rank, not clocks: a lower event that comes late fills gaps and moves nothing back.
    """
    reached = _reached(call, event, policy)
    if type(reached) is not type(call.stage):
        return reached
    if isinstance(event, RecordFound):
        # The call log knows it as live: the next look is as far away as after a first event.
        return replace(call.stage, due=reached.due, asked=0, claimed_over=False)
    return call.stage


def _reached(call: Call, event: Report, policy: Policy) -> Live:
    """The stage, as new, that the facts prove."""
    at, facts = event.at, call.facts
    if facts.connected is not None:
        return Bridged(facts.connected.value, at + policy.bridged_ms)
    # Only a direction that is said outweighs what was seen to ring here.
    rang = isinstance(event, InboundRinging) or isinstance(call.stage, RingingInbound)
    outbound = facts.direction is not None and facts.direction.value is Direction.OUTBOUND
    inbound = facts.direction is not None and facts.direction.value is Direction.INBOUND
    if inbound or (rang and not outbound):
        return RingingInbound(at, at + policy.dial_ms)
    return Dialing(at, at + policy.dial_ms)
