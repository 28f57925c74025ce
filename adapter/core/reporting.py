"""From what the provider tells to what the agent's calls are.

Law of this file: facts are joined, never overwritten; a call's stage follows from its facts and
never moves back; ended is terminal. So order, repetition and omission do not matter.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.controlling import send_extension
from adapter.core.decision import Decision, ignored, noticed, unnoticed
from adapter.core.dialing import placing_notices
from adapter.core.elsewhere import (
    for_this_agent,
    had_part,
    log_passed_on,
    taken_elsewhere,
    taken_over,
)
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
from adapter.core.facts import INBOUND, OBSERVED, OUTBOUND, Facts, Known
from adapter.core.logs.events import FactsLearned
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
from adapter.core.numbers.phone import same_number
from adapter.core.ownleg import is_own_leg, may_be_own_leg
from adapter.core.policy import Policy

ALL_RING_MS = 4_000
"""A ring group's phones are all reported within this time; a later one is the next of a hunt."""

PLACED = (Placing, AgentNoAnswer)
"""The stages of a call whose agent has not picked up yet, or did not pick up in time."""

STILL_UP = "The phone system reports that this call is still active."


def reported(agent: Agent, event: Report, policy: Policy) -> Decision:
    """The provider reported something about a call: find it, join the facts, advance its stage."""
    call = _bound(agent, event)
    if isinstance(event, InboundRinging) and _may_be_our_own(agent, call, event):
        return ignored(agent, "own placement rings")
    if event.elsewhere and not had_part(call):
        if isinstance(event, Transferred):
            return ignored(agent, "transferred elsewhere")  # perhaps to this very agent
        if event.facts.connected is not None:
            return taken_elsewhere(agent, call, event, policy)
    if call is not None:
        call = _with_user_named(call, event)
        if isinstance(event, InCallChanged) and not event.elsewhere:
            call = replace(call, in_call=call.in_call.updated(event.in_call))
        return _learned(agent, call, for_this_agent(call, event), policy)
    if not event.known and isinstance(event, CallEnded):
        own_leg = is_own_leg(agent, event.facts, event.at)
        if own_leg:
            return ignored(agent, "own leg ended")
        if own_leg is None and agent.line is not None:
            return await_cdr(agent, _new(event, policy), event.at, policy)
    return _call_is_over(agent, event) if event.known else _new_call(agent, event, policy)


def answered_elsewhere(agent: Agent, event: AnsweredElsewhere, policy: Policy) -> Decision:
    """Another user answered: a call that rang here is not missed, and the talk is not this agent's.

    If we placed the call, the other user is its destination: it is connected. If this agent talked
    before, the talk went on to the other user (a parked call was retrieved).
    """
    call = _bound(agent, event)
    theirs = taken_over(call, event)
    if call is not None and theirs is not None:
        facts = Facts(transferred=theirs)
        left = Transferred(event.at, call.call_id, True, event.provider_call_id, facts)
        return _learned(agent, call, left, policy)
    if call is not None and call.request_id and not isinstance(call.stage, Wrapup):
        return _learned(agent, call, event, policy)
    return taken_elsewhere(agent, None if had_part(call) else call, event, policy)


def ringing_elsewhere(agent: Agent, event: RingingElsewhere, policy: Policy) -> Decision:
    """The call moved on in a hunt group; in a ring group all phones ring at the same time."""
    call = _bound(agent, event)
    if call is None or not isinstance(call.stage, RingingInbound):
        return ignored(agent, "rings elsewhere")
    if event.at - call.stage.since < ALL_RING_MS:
        return ignored(agent, "rings elsewhere too")
    return Decision(agent.without_call(call.call_id), log_passed_on(agent, call, event.at, policy))


def _call_is_over(agent: Agent, event: Report) -> Decision:
    """The agent no longer has the call: its log still learns the facts."""
    learned = FactsLearned(event.at, facts_of(event), event.unnamed)
    return Decision(agent, log_events=((event.call_id, learned),), ignored="call is over")


def _bound(agent: Agent, event: Report) -> Call | None:
    """The call that the event is about: by ID, else the placement that it fits."""
    for call in agent.calls:
        if call.provider_call_id == event.provider_call_id:
            return call
    placed = agent.call(event.call_id) if event.known else _placement(agent, event)
    return replace(placed, provider_call_id=event.provider_call_id) if placed else None


def _placement(agent: Agent, event: Report) -> Call | None:
    """The placement whose first event this is; a waiting one is preferred to a lapsed one."""
    if isinstance(event, InboundRinging | AnsweredElsewhere) or not agent.calls:
        return None
    fitting = [c for c in agent.calls if c.provider_call_id is None and _fits(c, event.facts)]
    return min(fitting, key=lambda c: isinstance(c.stage, AgentNoAnswer), default=None)


def _fits(call: Call, facts: Facts) -> bool:
    """An inbound call never fits a placement; an event without a number fits a waiting one."""
    if facts.is_inbound or not isinstance(call.stage, PLACED):
        return False
    if facts.number is None:
        return isinstance(call.stage, Placing)
    number = facts.number.value
    return same_number(call.number, number) or same_number(call.dialed, number)


def _may_be_our_own(agent: Agent, call: Call | None, event: InboundRinging) -> bool:
    """Whether it is the agent's own leg that rings: of a call that we placed, or are placing."""
    if call is not None:
        return call.request_id != ""
    placements = [c for c in agent.calls if isinstance(c.stage, Placing)]
    if event.known or not placements:
        return False
    direction, number = event.facts.direction, event.facts.number
    if direction is None or direction.value is OUTBOUND:
        return True
    return number is not None and same_number(placements[0].number, number.value)


def _new_call(agent: Agent, event: Report, policy: Policy) -> Decision:
    """A call that we did not place: it came in, or was dialed on the desk phone."""
    call = _new(event, policy)
    if call.facts.is_over:
        return call_over(agent, call, event.at, policy)
    return Decision(_picked_up(agent, call))


def _new(event: Report, policy: Policy) -> Call:
    at, facts = event.at, facts_of(event)
    number = facts.number.value if facts.number else ""
    stage: Stage = Dialing(at, at)
    if not facts.is_over:
        stage = _stage(stage, facts, event, policy)
    call = Call(event.call_id, number, at, stage, facts, event.provider_call_id)
    return replace(call, unnamed=event.unnamed and facts.connected is not None)


def _with_user_named(call: Call, event: Report) -> Call:
    """The call, with whether an event about its talk has named this agent."""
    is_about_talk = isinstance(event, Connected) or event.facts.connected is not None
    if call.request_id or event.elsewhere or not is_about_talk:
        return call
    is_first = event.unnamed and call.facts.connected is None
    return replace(call, unnamed=is_first) if is_first or not event.unnamed else call


def _learned(agent: Agent, call: Call, event: Report, policy: Policy) -> Decision:
    new_facts = facts_of(event)
    facts = call.facts.join(new_facts)
    if not (facts.is_over or isinstance(call.stage, OVER)):
        return _advanced(agent, call, facts, event, policy)
    known = replace(call, facts=facts, number=_number(call, facts))
    match call.stage:
        case Wrapup() if facts == call.facts:
            return Decision(agent.with_call(known), ignored="repeated")
        case Wrapup():
            learned = ((call.call_id, FactsLearned(event.at, new_facts)),)
            return Decision(agent.with_call(known), log_events=learned)
        case AwaitingCdr() if may_be_own_leg(agent, known):
            return Decision(agent.without_call(call.call_id), ignored="own leg ended")
        case AwaitingCdr() if is_known_enough(known):
            return log_call(agent, known, event.at, policy)
        case AwaitingCdr():
            # Even if the CDR says that the call is live: CDRs lag, and it is looked up once more.
            return Decision(agent.with_call(known))
        case _:
            return call_over(agent, known, event.at, policy)


def _number(call: Call, facts: Facts) -> str:
    """The number that we dialed; for a call that we did not place, the one reported."""
    reported = facts.number.value if facts.number else ""
    return call.number if call.request_id else reported


def facts_of(event: Report) -> Facts:
    """The event's facts; without a time of its own, what it reports happened when it arrived.

    A driver may know better than `event.at` when that was, by the provider's clock.
    """
    facts = event.facts
    if isinstance(event, InboundRinging):
        is_reported = facts.direction is not None and facts.direction.source is not OBSERVED
        return facts if is_reported else replace(facts, direction=Known(INBOUND, OBSERVED))
    name = _HAPPENED.get(type(event))
    if name is None:
        return facts
    if getattr(facts, name) is not None:
        return facts
    return replace(facts, **{name: Known(event.at, OBSERVED)})


_HAPPENED: dict[type[Report], str] = {
    CallEnded: "ended",
    DestinationDialed: "picked_up",
    Connected: "connected",
    AnsweredElsewhere: "connected",
    Transferred: "transferred",
}
"""The fact that each kind of event implies."""


def _advanced(agent: Agent, call: Call, facts: Facts, event: Report, policy: Policy) -> Decision:
    """A live call with these facts, in the stage that they prove."""
    number = _number(call, facts)
    if isinstance(event, CdrFound) and _is_unproved(agent, call, facts):
        known = replace(call, facts=facts, number=number)
        return Decision(agent.with_call(known), ignored="not picked up yet")
    stage = _stage(call.stage, facts, event, policy)
    moved = _picked_up(agent, replace(call, facts=facts, number=number, stage=stage))
    if isinstance(event, CdrFound) and getattr(call.stage, "claimed_over", False):
        still_up = Notice(f"still-up-{call.call_id}", "still-up", STILL_UP, event.at)
        moved = noticed(moved, still_up, policy)
    if not isinstance(stage, Bridged) or (bridged := moved.call(call.call_id)) is None:
        return Decision(moved)
    sent, effects = send_extension(moved, bridged)
    return Decision(sent, effects=effects)


def _picked_up(agent: Agent, call: Call) -> Agent:
    """The agent with this call, without the notices that were shown while it was placed."""
    moved = agent.with_call(call)
    return unnoticed(moved, *placing_notices(call.call_id)) if moved.notices else moved


def _is_unproved(agent: Agent, call: Call, facts: Facts) -> bool:
    """Whether the CDR of a live placement does not prove that the agent picked up.

    If the provider returned the call's ID when it accepted the request, the CDR proves nothing. If
    the ID is new to us it does, because such a call exists only after the pick-up.
    """
    before = agent.call(call.call_id)
    had_id = before is not None and before.provider_call_id is not None
    is_waiting = isinstance(call.stage, PLACED) and had_id
    return is_waiting and facts.picked_up is None and facts.connected is None


def _stage(stage: Stage, facts: Facts, event: Report, policy: Policy) -> Stage:
    """The stage that the facts prove, or the call's present stage if that is later.

    Rank decides, not clocks: a late event of an earlier stage fills gaps and moves nothing back.
    """
    reached = _reached(stage, facts, event, policy)
    if type(reached) is not type(stage):
        return reached
    if isinstance(event, CdrFound):
        # The CDR shows a live call: the next lookup is as far away as after a first event.
        return replace(stage, due=reached.due, asked=0, claimed_over=False)
    return stage


def _rang_out(stage: Stage, at: int, policy: Policy) -> bool:
    """Whether a live call must have been answered by now: no network rings that long.

    A provider may report the time of the answer only at the end; the facts wait for it.
    """
    return isinstance(stage, Dialing) and at - stage.since >= policy.dial_ms


def _reached(stage: Stage, facts: Facts, event: Report, policy: Policy) -> Live:
    """The stage that the facts prove, as if the call had just reached it."""
    at = event.at
    if facts.connected is not None:
        since = facts.connected.value if facts.connected.source > OBSERVED else at
        return Bridged(since, at + policy.bridged_ms)
    if isinstance(stage, Bridged):
        return Bridged(stage.since, at + policy.bridged_ms)  # bridged since it rang out, see above
    if isinstance(event, CdrFound) and _rang_out(stage, at, policy):
        return Bridged(at, at + policy.bridged_ms)
    # Only a reported direction outweighs that the call rang here.
    rang = isinstance(event, InboundRinging) or isinstance(stage, RingingInbound)
    is_outbound = facts.direction is not None and facts.direction.value is OUTBOUND
    if facts.is_inbound or (rang and not is_outbound):
        return RingingInbound(at, at + policy.ring_ms)
    return Dialing(at, at + policy.dial_ms)
