"""From what the provider tells to what the agent's calls are.

Law of this file: facts are joined, never overwritten; a call's stage follows from its facts and
never moves back; ended is terminal. So order, repetition and omission do not matter.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.controlling import send_extension
from adapter.core.decision import Decision, ignored, noticed, unnoticed
from adapter.core.dialing import placing_notices
from adapter.core.elsewhere import log_passed_on, taken_elsewhere
from adapter.core.ending import await_cdr, call_over, is_known_enough, log_call
from adapter.core.events import (
    AnsweredElsewhere,
    CallEnded,
    CdrFound,
    Connected,
    DestinationDialed,
    InboundRinging,
    InCallChanged,
    Report,
    RingingElsewhere,
    Transferred,
)
from adapter.core.facts import CDR, INBOUND, OBSERVED, OUTBOUND, Facts, Known, better
from adapter.core.logevents import FactsLearned
from adapter.core.model import (
    OVER,
    Agent,
    AgentNoAnswer,
    AwaitingCdr,
    Bridged,
    Call,
    Dialing,
    Live,
    Notice,
    Placing,
    RingingInbound,
    Stage,
    Wrapup,
)
from adapter.core.ownleg import SAME_TIME_MS, is_own_leg, may_be_own_leg
from adapter.core.phone import same_number
from adapter.core.policy import Policy

ALL_RING_MS = 4_000
"""The phones of a ring group are told of within so much; what rings later is the next in turn."""

LATE_NEWS_MS = 10_000
"""Two times so close may be of the same moment, where one is only when we heard of it."""

PLACED = (Placing, AgentNoAnswer)
"""The stages of a call that waits for the agent's own phone, or has waited in vain."""

STILL_UP = "The phone system says that this call is still up."


def reported(agent: Agent, event: Report, policy: Policy) -> Decision:
    """The provider told something of a call: bind it, join the facts, advance."""
    call = _bound(agent, event)
    if isinstance(event, InboundRinging) and _may_be_our_own(agent, call, event):
        return ignored(agent, "own placement rings")
    if event.elsewhere and not _had_part(call):
        if isinstance(event, Transferred):
            return ignored(agent, "transferred elsewhere")  # perhaps to this very agent
        if event.facts.connected is not None:
            return taken_elsewhere(agent, call, event, policy)
    if call is not None:
        call = _named(call, event)
        if isinstance(event, InCallChanged) and not event.elsewhere:
            call = replace(call, in_call=call.in_call.told(event.in_call))
        return _learned(agent, call, _of_this_agent(call, event), policy)
    if not event.known and isinstance(event, CallEnded):
        own_leg = is_own_leg(agent, event.facts, event.at)
        if own_leg:
            return ignored(agent, "own leg ended")
        if own_leg is None and agent.line is not None:
            return await_cdr(agent, _new(event, policy), event.at, policy)
    return _of_the_past(agent, event) if event.known else _begun(agent, event, policy)


def answered_elsewhere(agent: Agent, event: AnsweredElsewhere, policy: Policy) -> Decision:
    """Another user answered: a call that rang here is nobody's missed call; a talk is not ours.

    For a call that we placed, the other user is the destination: then it is connected. Where this
    agent talked before, the talk went on to the other one (a parked call was fetched).
    """
    call = _bound(agent, event)
    taken_over = _taken_over(call, event)
    if call is not None and taken_over is not None:
        facts = Facts(transferred=taken_over)
        left = Transferred(event.at, call.call_id, True, event.provider_call_id, facts)
        return _learned(agent, call, left, policy)
    if call is not None and call.request_id and not isinstance(call.stage, Wrapup):
        return _learned(agent, call, event, policy)
    return taken_elsewhere(agent, None if _had_part(call) else call, event, policy)


def ringing_elsewhere(agent: Agent, event: RingingElsewhere, policy: Policy) -> Decision:
    """The call went on to the next of a hunt group; of a ring group all ring at the same time."""
    call = _bound(agent, event)
    if call is None or not isinstance(call.stage, RingingInbound):
        return ignored(agent, "rings elsewhere")
    if event.at - call.stage.since < ALL_RING_MS:
        return ignored(agent, "rings elsewhere too")
    return Decision(agent.without_call(call.call_id), log_passed_on(agent, call, event.at, policy))


def _taken_over(call: Call | None, event: AnsweredElsewhere) -> Known[int] | None:
    """When another user's talk began, if this agent's own had begun clearly before."""
    mine = call.facts.connected if call is not None else None
    if mine is None:
        return None
    theirs = event.facts.connected or Known(event.at, OBSERVED)
    doubt_ms = SAME_TIME_MS if theirs.source > OBSERVED else LATE_NEWS_MS
    return theirs if theirs.value - mine.value > doubt_ms else None


def _of_this_agent(call: Call, event: Report) -> Report:
    """What names another user does not say when this one's own talk began.

    It may say when that ended: when the other's began, clearly later; else at some time before.
    """
    theirs, mine, ended = event.facts.connected, call.facts.connected, event.facts.ended
    if not event.elsewhere or mine is None:
        return event
    if theirs is None:
        unsure = ended and ended.source is not CDR and Known(ended.value, OBSERVED)
        return replace(event, facts=replace(event.facts, ended=unsure or ended))
    later = theirs.source > OBSERVED and theirs.value - mine.value > SAME_TIME_MS
    if not (later or isinstance(event, CdrFound)):
        return event
    told = replace(event.facts, connected=None)
    return replace(event, facts=replace(told, transferred=theirs) if later else told)


def _had_part(call: Call | None) -> bool:
    """Whether the agent placed this call or talked in it; else it only rang here."""
    if call is None:
        return False
    placed = call.request_id != "" or call.direction is OUTBOUND
    return placed or (call.facts.connected is not None and not call.unnamed)


def _of_the_past(agent: Agent, event: Report) -> Decision:
    """A call that has left the agent: its log can still learn."""
    learned = FactsLearned(event.at, told_by(event), event.unnamed)
    return Decision(agent, log_events=((event.call_id, learned),), ignored="call is over")


def _bound(agent: Agent, event: Report) -> Call | None:
    """The call that the event is about: by id, else the placement that it fits."""
    for same in agent.calls:
        if same.provider_call_id == event.provider_call_id:
            return same
    call = agent.call(event.call_id) if event.known else _placement(agent, event)
    return replace(call, provider_call_id=event.provider_call_id) if call is not None else None


def _placement(agent: Agent, event: Report) -> Call | None:
    """The placement whose first event this is; one that waits goes before one that lapsed."""
    if isinstance(event, InboundRinging | AnsweredElsewhere) or not agent.calls:
        return None
    fitting = [c for c in agent.calls if c.provider_call_id is None and _fits(c, event.facts)]
    return min(fitting, key=lambda c: isinstance(c.stage, AgentNoAnswer), default=None)


def _fits(call: Call, facts: Facts) -> bool:
    """Inbound calls never bind to a placement; a missing number fits one that is waiting now."""
    if facts.is_inbound or not isinstance(call.stage, PLACED):
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
    if direction is None or direction.value is OUTBOUND:
        return True
    return number is not None and same_number(placements[0].number, number.value)


def _begun(agent: Agent, event: Report, policy: Policy) -> Decision:
    """A call that we did not place: it came in, or was dialed on the desk phone."""
    call = _new(event, policy)
    if call.facts.is_over:
        return call_over(agent, call, event.at, policy)
    return Decision(_proved(agent, call))


def _new(event: Report, policy: Policy) -> Call:
    at, facts = event.at, told_by(event)
    number = facts.number.value if facts.number else ""
    stage: Stage = Dialing(at, at)
    if not facts.is_over:
        stage = _stage(stage, facts, event, policy)
    call = Call(event.call_id, number, at, stage, facts, event.provider_call_id)
    return replace(call, unnamed=event.unnamed and facts.connected is not None)


def _named(call: Call, event: Report) -> Call:
    """The call, with whether anything that told of its talk has named this agent."""
    tells = isinstance(event, Connected) or event.facts.connected is not None
    if call.request_id or event.elsewhere or not tells:
        return call
    first = event.unnamed and call.facts.connected is None
    return replace(call, unnamed=first) if first or not event.unnamed else call


def _learned(agent: Agent, call: Call, event: Report, policy: Policy) -> Decision:
    told = told_by(event)
    facts = call.facts.join(told)
    if not (facts.is_over or isinstance(call.stage, OVER)):
        return _advanced(agent, call, facts, event, policy)
    known = replace(call, facts=facts, number=_number(call, facts))
    match call.stage:
        case Wrapup() if facts == call.facts:
            return Decision(agent.with_call(known), ignored="repeated")
        case Wrapup():
            learned = ((call.call_id, FactsLearned(event.at, told)),)
            return Decision(agent.with_call(known), log_events=learned)
        case AwaitingCdr() if may_be_own_leg(agent, known):
            return Decision(agent.without_call(call.call_id), ignored="own leg ended")
        case AwaitingCdr() if is_known_enough(known):
            return log_call(agent, known, event.at, policy)
        case AwaitingCdr():
            # Also if the call log knows it as live still: it lags, and is asked again at the end.
            return Decision(agent.with_call(known))
        case _:
            return call_over(agent, known, event.at, policy)


def _number(call: Call, facts: Facts) -> str:
    """What we dialed; of a call that we did not place, the best known number."""
    told = facts.number.value if facts.number else ""
    return call.number if call.request_id else told


def told_by(event: Report) -> Facts:
    """The event's facts; what happened without a time of its own was seen when it arrived."""
    facts = event.facts
    if isinstance(event, InboundRinging):
        said = facts.direction is not None and facts.direction.source is not OBSERVED
        return facts if said else replace(facts, direction=Known(INBOUND, OBSERVED))
    happened = _HAPPENED.get(type(event))
    if happened is None:
        return facts
    known: Known[int] | None = getattr(facts, happened)
    seen = better(known, Known(event.at, OBSERVED))
    return facts if seen is known else replace(facts, **{happened: seen})


_HAPPENED: dict[type[Report], str] = {
    CallEnded: "ended",
    DestinationDialed: "picked_up",
    Connected: "connected",
    AnsweredElsewhere: "connected",
    Transferred: "transferred",
}
"""The fact that an event tells of by having come."""


def _advanced(agent: Agent, call: Call, facts: Facts, event: Report, policy: Policy) -> Decision:
    """The call, which is not over, with these facts and as far on as they prove."""
    number = _number(call, facts)
    if isinstance(event, CdrFound) and _is_unproved(agent, call, facts):
        known = replace(call, facts=facts, number=number)
        return Decision(agent.with_call(known), ignored="not picked up yet")
    stage = _stage(call.stage, facts, event, policy)
    moved = _proved(agent, replace(call, facts=facts, number=number, stage=stage))
    if isinstance(event, CdrFound) and getattr(call.stage, "claimed_over", False):
        still = Notice(f"still-up-{call.call_id}", "still-up", STILL_UP, event.at)
        moved = noticed(moved, still, policy)
    if not isinstance(stage, Bridged) or (told := moved.call(call.call_id)) is None:
        return Decision(moved)
    sent, effects = send_extension(moved, told)
    return Decision(sent, effects=effects)


def _proved(agent: Agent, call: Call) -> Agent:
    """The agent with this call, of which nothing is true any more that was said while placing."""
    moved = agent.with_call(call)
    return unnoticed(moved, *placing_notices(call.call_id)) if moved.notices else moved


def _is_unproved(agent: Agent, call: Call, facts: Facts) -> bool:
    """Whether a call log's row of a live placement says nothing of the agent's pick-up.

    Where the provider told the call's id when it took the request, the row is no proof of it.
    Where the id is new to us, it is: such a call exists from the pick-up on.
    """
    before = agent.call(call.call_id)
    told_early = before is not None and before.provider_call_id is not None
    waiting = isinstance(call.stage, PLACED) and told_early
    return waiting and facts.picked_up is None and facts.connected is None


def _stage(stage: Stage, facts: Facts, event: Report, policy: Policy) -> Stage:
    """The stage that the facts prove, or the one that the call is in if that is further on.

    Rank, not clocks: a lower event that comes late fills gaps and moves nothing back.
    """
    reached = _reached(stage, facts, event, policy)
    if type(reached) is not type(stage):
        return reached
    if isinstance(event, CdrFound):
        # The call log knows it as live: the next look is as far away as after a first event.
        return replace(stage, due=reached.due, asked=0, claimed_over=False)
    return stage


def _rang_out(stage: Stage, at: int, policy: Policy) -> bool:
    """Whether a call that lives on must be a talk by now: no network rings that long.

    A provider may tell when it was answered only at the end; the facts wait for that.
    """
    return isinstance(stage, Dialing) and at - stage.since >= policy.dial_ms


def _reached(stage: Stage, facts: Facts, event: Report, policy: Policy) -> Live:
    """The stage, as new, that the facts prove."""
    at = event.at
    if facts.connected is not None:
        return Bridged(facts.connected.value, at + policy.bridged_ms)
    if isinstance(stage, Bridged):
        return Bridged(stage.since, at + policy.bridged_ms)  # a talk by its length, not by a time
    if isinstance(event, CdrFound) and _rang_out(stage, at, policy):
        return Bridged(at, at + policy.bridged_ms)
    # Only a direction that is said outweighs what was seen to ring here.
    rang = isinstance(event, InboundRinging) or isinstance(stage, RingingInbound)
    outbound = facts.direction is not None and facts.direction.value is OUTBOUND
    if facts.is_inbound or (rang and not outbound):
        return RingingInbound(at, at + policy.ring_ms)
    return Dialing(at, at + policy.dial_ms)
