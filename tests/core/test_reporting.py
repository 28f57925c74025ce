"""What the provider tells, in any order, twice or not at all: the call log's truth is the end."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapter.core.decision import Decision
from adapter.core.draft import Draft
from adapter.core.effects import FetchCdr
from adapter.core.events import (
    AnsweredElsewhere,
    CallEnded,
    CallPlaced,
    CdrFound,
    CdrMissing,
    CdrUnavailable,
    Connected,
    DestinationDialed,
    Event,
    InboundRinging,
    OverClaimed,
    PlacingRejected,
    PlacingUnknown,
    Report,
    RingingElsewhere,
    TimePassed,
    Transferred,
    WrapupSubmitted,
)
from adapter.core.facts import NOTHING_KNOWN, Direction, Facts, Known, Outcome, PhoneRefusal, Source
from adapter.core.logs.events import FactsLearned
from adapter.core.logs.model import LogFields
from adapter.core.model import AgentNoAnswer, Phase, Placing, Wrapup
from adapter.core.policy import Policy
from adapter.core.reporting import facts_of
from adapter.core.route import Route
from tests.core.people import (
    IDLE,
    LINE,
    NUMBER,
    POLICY,
    RECORD,
    T0,
    after,
    cdr,
    click,
    facts,
    known,
    report,
)
from tests.core.world import World

OUT, IN = Direction.OUTBOUND, Direction.INBOUND
CALLER = "+442079460958"


def logged_fields(world: World) -> LogFields:
    """What the only log says."""
    assert world.opened == list(world.logs) == world.opened[:1]
    return world.logs[world.opened[0]].wanted


# --- every order, repetition and omission -----------------------------------------------------

PICKED_UP, TALKING, OVER = T0 + 3_000, T0 + 9_000, T0 + 70_500
TALK = cdr(
    direction=OUT,
    number=NUMBER,
    started=T0 + 500,
    picked_up=PICKED_UP,
    connected=TALKING,
    ended=OVER,
    outcome=Outcome.COMPLETED,
)
NO_TALK = replace(TALK, connected=None)
BUSY = replace(NO_TALK, outcome=Known(Outcome.BUSY, Source.CDR))

fields = st.fixed_dictionaries({"direction": st.booleans(), "number": st.booleans()})


def partly(what: Facts, held: dict[str, bool]) -> Facts:
    """The event without the fields that this delivery leaves out."""
    return replace(what, **{name: None for name, kept in held.items() if not kept})


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Facts, list[Report]]:
    """A call's truth, and its events shuffled, repeated, thinned out (never all of them)."""
    truth = draw(st.sampled_from([TALK, NO_TALK, BUSY]))
    common = known(direction=OUT, number=NUMBER)
    outcome = truth.outcome.value if truth.outcome else None
    kinds: list[tuple[type[Report], Facts]] = [
        (DestinationDialed, known(picked_up=PICKED_UP)),
        (CallEnded, known(ended=OVER, outcome=outcome)),
    ]
    if truth is TALK:
        kinds.append((Connected, known(connected=TALKING)))
    picks = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=6))
    events: list[Report] = []
    for number, (kind, own) in enumerate(picks):
        # A missing connected_at, or a missing ended_at, is the common omission.
        mine = own if draw(st.booleans()) else replace(own, connected=None, ended=None)
        held = draw(fields)
        at = T0 + 80_000 + number
        events.append(report(kind, at, partly(common, held).join(mine), call=f"fresh{number}"))
    return truth, events


def settled_by(world: World, events: list[Report], truth: Facts) -> None:
    """Deliver everything; then time passes, and every lookup finds the CDR."""
    for event in events:
        world.report(event)
        world.answer(event.at, "p1", None)
    world.pass_until(T0 + 9_000_000, truth)


@given(deliveries())
def test_any_order_repetition_and_omission_ends_as_the_cdr_says(
    delivered: tuple[Facts, list[Report]],
) -> None:
    """One log, and it says what the call log says; however the events came."""
    truth, events = delivered
    world = World()
    world.handle(click())
    world.handle(CallPlaced(T0 + 200, "c1"))
    settled_by(world, events, truth)
    log = logged_fields(world)
    assert (log.talk_ms, log.outcome) == (truth.talk_ms, truth.result)
    assert (log.direction, log.number, log.record) == (OUT, NUMBER, RECORD)
    assert world.agent.calls == ()


@given(deliveries(), st.sampled_from([0, 1, 60_000]))
def test_the_same_holds_for_what_comes_after_the_wrap_up(
    delivered: tuple[Facts, list[Report]], wrapup_ms: int
) -> None:
    """A log that was opened on too little is corrected by what comes late, and stays the one."""
    truth, events = delivered
    world = World(policy=Policy(wrapup_ms=wrapup_ms))
    world.handle(click())
    world.report(report(CallEnded, T0 + 75_000))
    world.pass_until(T0 + 400_000)
    assert world.agent.calls == ()
    settled_by(world, events, truth)
    world.report(report(CdrFound, T0 + 500_000, truth))
    log = logged_fields(world)
    assert (log.talk_ms, log.outcome, log.record) == (truth.talk_ms, truth.result, RECORD)


@given(deliveries())
def test_the_same_holds_while_another_call_is_live(delivered: tuple[Facts, list[Report]]) -> None:
    """A caller who talks to the agent all the while changes nothing and is not changed."""
    truth, events = delivered
    world = World()
    world.handle(click())
    world.report(report(Connected, T0 + 1, known(direction=IN, number=CALLER), provider_id="p2"))
    other = world.agent.calls[-1]
    for event in events:
        world.report(event)
    for _ in range(3):
        world.answer(T0 + 90_000, "p1", truth)
        world.handle(TimePassed(T0 + 95_000))
    world.answer(T0 + 96_000, "p1", truth)
    over = any(isinstance(e, CallEnded) for e in events)
    assert world.agent.call(other.call_id) == other
    assert len(world.opened) <= 1
    if over:
        assert (logged_fields(world).talk_ms, logged_fields(world).outcome) == (
            truth.talk_ms,
            truth.result,
        )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_after_a_lapse_a_late_pick_up_still_has_its_record(order: tuple[int, ...]) -> None:
    """Ten minutes long the placement waits for its events, in whatever order."""
    world = World()
    world.handle(click())
    world.pass_until(T0 + 100_000)
    assert isinstance(world.agent.calls[0].stage, AgentNoAnswer)
    assert world.agent.phase is Phase.IDLE
    events = [
        report(DestinationDialed, T0 + 200_000, known(number="2125550123", picked_up=PICKED_UP)),
        report(Connected, T0 + 201_000, known(number=NUMBER, connected=TALKING)),
        report(CallEnded, T0 + 202_000, known(number=NUMBER, ended=OVER)),
    ]
    settled_by(world, [events[i] for i in order], TALK)
    assert (logged_fields(world).record, logged_fields(world).talk_ms) == (RECORD, TALK.talk_ms)
    assert world.opened == ["c1"]


@given(st.permutations(range(3)), st.lists(st.integers(0, 2), max_size=3))
def test_an_inbound_call_also_ends_as_the_cdr_says(order: list[int], twice: list[int]) -> None:
    """The caller's number is the call log's, even where the events wrote it otherwise."""
    truth = cdr(direction=IN, number=CALLER, connected=T0 + 5, ended=T0 + 105)
    events = [
        report(InboundRinging, T0 + 1, known(number="02079460958")),
        report(Connected, T0 + 6, NOTHING_KNOWN),
        report(CallEnded, T0 + 106, known(ended=T0 + 105)),
    ]
    world = World()
    for number, which in enumerate([*order, *twice]):
        world.report(replace(events[which], call_id=f"fresh{number}"))
    world.pass_until(T0 + 9_000_000, truth)
    log = logged_fields(world)
    assert (log.talk_ms, log.outcome, log.number) == (100, Outcome.ANSWERED, CALLER)
    assert log.direction is IN


# --- one row of the table after the other -------------------------------------------------------


def test_the_plain_call_goes_through_its_phases() -> None:
    """Ringing, dialing, talking, wrapping up."""
    world = World()
    phases = []
    for event in (
        click(),
        CallPlaced(T0 + 1, "c1"),
        report(DestinationDialed, T0 + 2, known(number=NUMBER)),
        report(Connected, T0 + 3, known(connected=T0 + 3)),
        report(CallEnded, T0 + 9, known(ended=T0 + 9)),
    ):
        world.handle(event)
        phases.append(world.agent.phase)
    assert phases == [
        Phase.RINGING_USER_DEVICES,
        Phase.RINGING_USER_DEVICES,
        Phase.DIALING_DESTINATION,
        Phase.BRIDGED,
        Phase.WRAPUP,
    ]
    assert logged_fields(world).talk_ms == 6


def test_a_missing_connected_at_is_looked_up_before_the_log_is_opened() -> None:
    """Where a talk is possible but its start is not said, the call log comes first."""
    events = [click(), report(Connected, T0 + 3), report(CallEnded, T0 + 9, known(ended=T0 + 9))]
    asked = after(IDLE, events)
    assert [type(e) for e in asked.effects[1:]] == [FetchCdr]
    assert asked.opened == ()
    assert asked.agent.phase is Phase.WRAPUP
    assert after(IDLE, [*events, TimePassed(T0 + 9 + POLICY.cdr_wait_ms)]).opened != ()


def test_a_cdr_that_still_says_live_is_read_again_at_the_end_of_the_wait() -> None:
    """A row without an end right after the end is a call log that lags."""
    world = World()
    world.handle(click())
    world.report(report(CallEnded, T0 + 100))
    world.answer(T0 + 101, "p1", cdr(picked_up=T0 + 5))
    assert world.opened == []
    world.handle(TimePassed(T0 + 100 + POLICY.cdr_wait_ms))
    assert world.opened == ["c1"]
    assert len(world.asked) == 1


def test_a_placement_that_the_agent_did_not_answer_makes_no_task() -> None:
    """Idle, not wrap-up, if the agent never picked up; and the agent is told why."""
    world = World()
    world.handle(click())
    world.report(report(CallEnded, T0 + 100, known(number=NUMBER, outcome=Outcome.NO_ANSWER)))
    world.answer(T0 + 101, "p1", cdr(ended=T0 + 100, outcome=Outcome.NO_ANSWER))
    assert (world.opened, world.agent.calls) == ([], ())
    assert [n.code for n in world.agent.notices] == ["not-picked-up"]


@pytest.mark.parametrize(
    ("phone", "outcome", "code"),
    [
        (PhoneRefusal.DECLINED, Outcome.REJECTED, "phone-declined"),
        (PhoneRefusal.BUSY, Outcome.BUSY, "phone-busy"),
        (PhoneRefusal.UNREACHABLE, Outcome.UNREACHABLE, "phone-unreachable"),
    ],
)
def test_the_own_phones_refusal_is_shown_but_makes_no_task(
    phone: PhoneRefusal, outcome: Outcome, code: str
) -> None:
    """Idle again at once; where every attempt has a record, its outcome says so."""
    over = cdr(number=NUMBER, ended=T0 + 100, outcome=outcome, phone=phone)
    told = after(IDLE, [click(), report(CallEnded, T0 + 100, over)])
    assert (told.opened, told.agent.calls) == ((), ())
    assert [n.code for n in told.agent.notices] == [code]
    backend = after(
        replace(IDLE, route=Route.BACKEND), [click(), report(CallEnded, T0 + 100, over)]
    )
    assert [log.facts.result for log in backend.opened] == [outcome]


def test_an_early_cdr_without_a_pick_up_proves_nothing() -> None:
    """A provider that told the id with its 202 has a row while the agent's phone still rings."""
    early = CallPlaced(T0 + 1, "c1", "p1")
    found = report(CdrFound, T0 + 46_000, cdr(started=T0), call="c1", known=True)
    ringing = after(IDLE, [click(), early, found])
    assert isinstance(ringing.agent.calls[0].stage, Placing)
    assert ringing.ignored == "not picked up yet"
    picked = replace(found, facts=cdr(started=T0, picked_up=T0 + 5))
    assert after(IDLE, [click(), early, picked]).agent.phase is Phase.DIALING_DESTINATION


def test_a_cdr_with_a_new_id_proves_the_pick_up() -> None:
    """At such a provider a call exists from the pick-up on."""
    found = report(CdrFound, T0 + 46_000, cdr(number=NUMBER), call="c1", known=True)
    assert after(IDLE, [click(), found]).agent.phase is Phase.DIALING_DESTINATION


def test_a_pick_up_withdraws_notices_about_the_placement() -> None:
    """The notice "not confirmed" is untrue once the phone was picked up."""
    events: list[Event] = [click(), PlacingUnknown(T0 + 9, "c1", "timeout")]
    assert [n.code for n in after(IDLE, events).agent.notices] == ["unknown-outcome"]
    assert after(IDLE, [*events, report(DestinationDialed, T0 + 10)]).agent.notices == ()


def test_a_lower_event_that_comes_late_fills_gaps_and_moves_nothing_back() -> None:
    """Rank, not clocks; the deadline and the agent's claim stay as they are."""
    events = [
        click(),
        report(Connected, T0 + 5, known(number=NUMBER)),
        OverClaimed(T0 + 6, "o", "c1"),
    ]
    before = after(IDLE, events).agent.calls[0]
    late = report(DestinationDialed, T0 + 7, known(picked_up=T0 + 2))
    now = after(IDLE, [*events, late]).agent.calls[0]
    assert now.stage == before.stage
    assert now.facts.picked_up == Known(T0 + 2, Source.EVENT)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (DestinationDialed, "picked_up"),
        (Connected, "connected"),
        (AnsweredElsewhere, "connected"),
        (CallEnded, "ended"),
        (Transferred, "transferred"),
    ],
)
def test_an_event_has_its_own_time_or_that_of_its_arrival(kind: type[Report], name: str) -> None:
    """What the driver says stays, also if it has seen it by another clock than ours."""
    assert facts_of(report(kind, T0)) == facts(Source.OBSERVED, **{name: T0})
    for stated in (facts(Source.OBSERVED, **{name: T0 + 5}), known(**{name: T0 + 5})):
        assert facts_of(report(kind, T0, stated)) == stated


def test_an_event_that_carries_the_end_ends_the_call() -> None:
    """A snapshot of a call that is over is no live call, whatever the event's name."""
    events = [click(), report(DestinationDialed, T0 + 9, known(picked_up=T0, ended=T0 + 8))]
    assert after(IDLE, events).agent.phase is Phase.WRAPUP


def test_ringing_of_our_own_placement_is_not_an_inbound_call() -> None:
    """Neither before the call's id is known, nor by an id that the 202 told."""
    anonymous = report(InboundRinging, T0 + 2, NOTHING_KNOWN)
    by_number = report(InboundRinging, T0 + 2, known(number=NUMBER, direction=Direction.INTERNAL))
    for ringing in (anonymous, by_number):
        assert after(IDLE, [click(), ringing]).agent.phase is Phase.RINGING_USER_DEVICES
    by_id = after(IDLE, [click(), CallPlaced(T0 + 1, "c1", "p1"), anonymous])
    assert by_id.agent.phase is Phase.RINGING_USER_DEVICES
    assert by_id.ignored == "own placement rings"


def test_an_inbound_call_never_matches_a_placement() -> None:
    """A caller while the agent's phone rings has a card of their own."""
    caller = report(InboundRinging, T0 + 2, known(number=CALLER, direction=IN))
    taken = report(
        Connected, T0 + 3, known(direction=IN, number=NUMBER), provider_id="p2", call="f2"
    )
    agent = after(IDLE, [click(), caller, taken]).agent
    assert [c.phase for c in agent.calls] == [
        Phase.RINGING_USER_DEVICES,
        Phase.RINGING_INBOUND,
        Phase.BRIDGED,
    ]


def test_a_call_of_another_number_is_not_our_placement() -> None:
    """Dialed on the desk phone meanwhile: shown and logged on its own."""
    desk = report(DestinationDialed, T0 + 2, known(number=CALLER))
    agent = after(IDLE, [click(), desk]).agent
    assert [c.record for c in agent.calls] == [RECORD, None]


def test_the_agent_s_second_placement_is_preferred_to_a_lapsed_one() -> None:
    """The same number again: the pick-up belongs to the placement that waits."""
    world = World()
    world.handle(click())
    world.pass_until(T0 + 100_000)
    world.handle(click(T0 + 100_000, "r2", "c2"))
    world.report(report(DestinationDialed, T0 + 101_000))
    assert [c.phase for c in world.agent.calls] == [Phase.IDLE, Phase.DIALING_DESTINATION]


def test_a_pick_up_without_a_number_does_not_wake_a_lapsed_placement() -> None:
    """Only a placement that waits may be meant by so little."""
    world = World()
    world.handle(click())
    world.pass_until(T0 + 100_000)
    world.report(report(DestinationDialed, T0 + 101_000))
    assert [c.call_id for c in world.agent.calls] == ["c1", "fresh"]


def test_a_caller_gets_a_number_once_it_is_known() -> None:
    """The number may be withheld at first."""
    ringing = report(InboundRinging, T0)
    assert after(IDLE, [ringing]).agent.calls[0].number == ""
    named = after(IDLE, [ringing, report(Connected, T0 + 5, known(number=CALLER))])
    assert (named.agent.calls[0].number, named.agent.phase) == (CALLER, Phase.BRIDGED)


def test_a_missed_call_is_logged_as_missed_beside_the_live_call() -> None:
    """Two cards: one talks, one says who was missed."""
    world = World()
    world.report(report(Connected, T0, known(direction=IN, number=CALLER), call="c1"))
    world.report(report(InboundRinging, T0 + 1, known(number=NUMBER), provider_id="p2", call="c2"))
    missed = known(ended=T0 + 20, outcome=Outcome.NO_ANSWER)
    world.report(report(CallEnded, T0 + 20, missed, provider_id="p2"))
    assert [c.phase for c in world.agent.calls] == [Phase.BRIDGED, Phase.WRAPUP]
    assert logged_fields(world).outcome is Outcome.MISSED
    assert world.agent.phase is Phase.BRIDGED


def test_two_wrap_ups_are_shown_side_by_side() -> None:
    """Each has its own card, its own notes and its own log."""
    world = World()
    for n, at in (("1", T0), ("2", T0 + 50)):
        over = known(direction=IN, connected=at, ended=at + 9)
        world.report(report(CallEnded, at + 9, over, provider_id=f"p{n}", call=f"c{n}"))
    assert [type(c.stage) for c in world.agent.calls] == [Wrapup, Wrapup]
    world.handle(WrapupSubmitted(T0 + 99, "c2", Draft(notes="second"), done=True))
    assert [c.call_id for c in world.agent.calls] == ["c1"]
    assert [log.draft.notes for log in world.logs.values()] == [None, "second"]


def test_a_transferred_call_ends_here_with_what_was_talked() -> None:
    """It may go on for hours elsewhere."""
    world = World()
    world.report(report(Connected, T0, known(direction=IN, connected=T0)))
    world.report(report(Transferred, T0 + 30_000, known(transferred=T0 + 30_000)))
    assert world.agent.phase is Phase.WRAPUP
    world.report(report(CallEnded, T0 + 900_000, known(ended=T0 + 900_000)))
    assert logged_fields(world).talk_ms == 30_000


def test_a_call_taken_by_somebody_else_is_not_missed() -> None:
    """While it rings and while its end is being asked about; not once it is logged."""
    ringing = report(InboundRinging, T0, known(number=CALLER))
    taken = report(AnsweredElsewhere, T0 + 5, known(connected=T0 + 5))
    assert after(IDLE, [ringing, taken]).agent.calls == ()
    assert after(IDLE, [ringing, report(CallEnded, T0 + 6), taken]).agent.calls == ()
    missed = known(ended=T0 + 6, outcome=Outcome.NO_ANSWER)
    logged = after(IDLE, [ringing, report(CallEnded, T0 + 6, missed), taken])
    assert (len(logged.opened), logged.log_events) == (1, ())
    assert logged.ignored == "answered elsewhere"


@pytest.mark.parametrize("kind", [CallEnded, CdrFound])
def test_the_end_of_anothers_talk_is_not_a_talk_of_an_agent_who_was_only_rung(kind: Any) -> None:
    """Nor is it missed: whatever was lost or came late, the answer by somebody else outranks it."""
    ringing = report(InboundRinging, T0, known(number=CALLER))
    talk = known(direction=IN, connected=T0 + 5, ended=T0 + 60_000, outcome=Outcome.COMPLETED)
    over = replace(report(kind, T0 + 60_000, talk), elsewhere=True)
    assert after(IDLE, [ringing, over]).agent.calls == ()
    asking = [ringing, report(CallEnded, T0 + 6)]
    assert after(IDLE, [*asking, over]).agent.calls == ()
    missed = after(IDLE, [ringing, report(CallEnded, T0 + 6, known(outcome=Outcome.NO_ANSWER))])
    again = after(missed.agent, [over])
    assert (again.agent, again.log_events, again.ignored) == (
        missed.agent,
        (),
        "answered elsewhere",
    )
    past = after(IDLE, [replace(over, known=True)])
    assert (past.agent, past.log_events) == (IDLE, ())


def test_a_group_call_that_nobody_answers_is_missed_by_each() -> None:
    """Whoever's name is in its end."""
    ringing = report(InboundRinging, T0, known(number=CALLER))
    nobody = known(ended=T0 + 30_000, outcome=Outcome.NO_ANSWER)
    over = replace(report(CallEnded, T0 + 30_000, nobody), elsewhere=True)
    (log,) = after(IDLE, [ringing, over]).opened
    assert log.wanted.outcome is Outcome.MISSED


def test_the_end_under_another_id_ends_the_talk_too() -> None:
    """Until the end, as far as anybody knows; the CDR is looked up first."""
    world = World()
    world.report(report(Connected, T0, known(direction=IN, connected=T0)))
    world.report(replace(report(CallEnded, T0 + 9_000, known(ended=T0 + 9_000)), elsewhere=True))
    world.handle(TimePassed(T0 + 9_000 + POLICY.cdr_wait_ms))
    assert logged_fields(world).talk_ms == 9_000


def test_a_transfer_by_somebody_else_leaves_a_ringing_call_alone() -> None:
    """It may be handed to this very agent."""
    ringing = report(InboundRinging, T0, known(number=CALLER))
    handed = replace(report(Transferred, T0 + 5, known(transferred=T0 + 5)), elsewhere=True)
    decision = after(IDLE, [ringing, handed])
    assert decision.agent.phase is Phase.RINGING_INBOUND
    assert decision.ignored == "transferred elsewhere"


SELF = "+12025550100"
"""Ada's own number."""


def legs(first: type[Report], direction: Direction, provider_id: str) -> list[Report]:
    """One leg of a call to one's own number: how it begins, is answered and ends."""
    own = known(number=SELF, direction=direction)
    moments = [
        (first, T0 + 1, own),
        (Connected, T0 + 3, own.join(known(connected=T0 + 3))),
        (CallEnded, T0 + 9_000, own.join(known(ended=T0 + 9_000))),
    ]
    fresh = f"fresh-{provider_id}"
    return [
        report(kind, at, what, provider_id=provider_id, call=fresh) for kind, at, what in moments
    ]


@given(data=st.data())
def test_a_call_to_oneself_has_a_task_for_each_of_its_two_calls(data: st.DataObject) -> None:
    """Two calls at the provider, of one agent: in whatever order their events come."""
    world = World()
    world.handle(click(number=SELF))
    for event in data.draw(
        st.permutations([*legs(DestinationDialed, OUT, "p1"), *legs(InboundRinging, IN, "p2")])
    ):
        world.report(event)
    world.pass_until(T0 + 20_000)
    logs = sorted(world.logs.values(), key=lambda log: log.provider_call_id)
    assert [log.provider_call_id for log in logs] == ["p1", "p2"]
    assert [log.wanted.direction for log in logs] == [OUT, IN]
    assert [log.wanted.talk_ms for log in logs] == [8_997, 8_997]
    assert [log.wanted.number for log in logs] == [SELF, SELF]


@given(data=st.data())
def test_a_call_to_oneself_under_one_id_is_one_call_with_one_task(data: st.DataObject) -> None:
    """Its ringing, answer and end are told twice, to the same agent."""
    world = World()
    world.handle(click(number=SELF))
    dialed = legs(DestinationDialed, Direction.INTERNAL, "p1")
    rung = legs(InboundRinging, Direction.INTERNAL, "p1")
    for event in data.draw(st.permutations([*dialed, *rung])):
        world.report(event)
    world.pass_until(T0 + 20_000)
    (log,) = world.logs.values()
    assert (log.wanted.direction, log.wanted.talk_ms) == (Direction.INTERNAL, 8_997)


def test_another_users_talk_does_not_affect_our_own_or_ended_call() -> None:
    """A talk of the agent goes on; a stranger's call stays one; a past log learns nothing."""
    taken = report(AnsweredElsewhere, T0 + 5, NOTHING_KNOWN)
    talking = [report(Connected, T0, known(direction=IN))]
    assert after(IDLE, [*talking, taken]).agent == after(IDLE, talking).agent
    assert after(IDLE, [taken]).agent == IDLE
    assert after(IDLE, [replace(taken, known=True)]).log_events == ()


def test_the_destination_s_pick_up_connects_a_call_that_we_placed() -> None:
    """Answered by another user of the house, to whom we placed the call."""
    agent = after(
        IDLE, [click(), report(DestinationDialed, T0 + 1), report(AnsweredElsewhere, T0 + 2)]
    )
    assert agent.agent.phase is Phase.BRIDGED


def test_a_repeated_event_in_wrap_up_is_counted_and_changes_nothing() -> None:
    """At least once is what the provider promises."""
    end = report(CallEnded, T0 + 9, known(ended=T0 + 9, connected=T0, direction=IN))
    once = after(IDLE, [end])
    again = after(once.agent, [end])
    assert (again.agent, again.log_events, again.ignored) == (once.agent, (), "repeated")


def test_facts_after_the_wrap_up_go_only_to_the_log() -> None:
    """The agent is elsewhere by then."""
    late = report(Connected, T0 + 99, known(connected=T0), call="old", known=True)
    decision = after(IDLE, [late])
    assert decision.agent == IDLE
    assert decision.log_events == (("old", FactsLearned(T0 + 99, late.facts)),)
    # An event without the time that it is about still says that it happened, and when.
    bare = after(IDLE, [replace(late, facts=NOTHING_KNOWN)]).log_events[0][1]
    assert bare == FactsLearned(T0 + 99, Facts(connected=Known(T0 + 99, Source.OBSERVED)))


def test_a_refusal_after_the_pick_up_is_ignored() -> None:
    """An event has proved that there is a call."""
    events = [click(), report(DestinationDialed, T0 + 1), PlacingRejected(T0 + 2, "c1", "no")]
    refused = after(IDLE, events)
    assert (refused.agent.phase, refused.ignored) == (Phase.DIALING_DESTINATION, "not placing")


def test_an_agent_who_claimed_a_live_call_over_is_told_so() -> None:
    """Told so, and the next look is far again."""
    world = World()
    world.report(report(Connected, T0, known(direction=IN), call="c1"))
    world.handle(OverClaimed(T0 + 10, "o1", "c1"))
    world.answer(T0 + 11, "p1", cdr(connected=T0))
    assert [n.code for n in world.agent.notices] == ["still-up"]
    assert world.agent.next_due == T0 + 11 + POLICY.bridged_ms
    world.report(report(CallEnded, T0 + 20, known(ended=T0 + 20)))
    assert world.agent.notices == ()


def test_a_reported_direction_outweighs_the_ringing() -> None:
    """A desk-phone call whose own ringing came first is an outbound call."""
    ringing = report(InboundRinging, T0)
    dialed = report(DestinationDialed, T0 + 1, known(direction=OUT, number=CALLER))
    assert after(IDLE, [ringing, dialed]).agent.phase is Phase.DIALING_DESTINATION
    colleague = replace(ringing, facts=known(direction=Direction.INTERNAL))
    live = report(CdrFound, T0 + 2, cdr(direction=Direction.INTERNAL), call="fresh", known=True)
    assert after(IDLE, [colleague, live]).agent.phase is Phase.RINGING_INBOUND


# --- parked, hunted, told twice ------------------------------------------------------------------


def talk_of_195() -> World:
    """Somebody called; the agent took it at once."""
    world = World()
    call = known(direction=IN, number=CALLER)
    world.report(report(InboundRinging, T0, call))
    world.report(report(Connected, T0 + 1_000, call.join(known(connected=T0 + 1_000))))
    return world


@pytest.mark.parametrize("told_at", [T0 + 66_000, T0 + 190_000])
def test_a_talk_ends_for_one_when_it_begins_for_another(told_at: int) -> None:
    """A call that was parked and fetched: 65 seconds are this agent's, however late it is told."""
    world = talk_of_195()
    fetched = known(direction=IN, number=CALLER, connected=T0 + 66_000)
    world.report(report(AnsweredElsewhere, told_at, fetched))
    assert world.agent.phase is Phase.WRAPUP
    world.report(report(CallEnded, T0 + 196_000, known(ended=T0 + 196_000)))
    # The call log knows one call, from its first answer to its last end.
    whole = cdr(direction=IN, number=CALLER, connected=T0 + 1_000, ended=T0 + 196_000)
    world.answer(T0 + 197_000, "p1", whole)
    assert logged_fields(world).talk_ms == 65_000


@pytest.mark.parametrize("ended", [CallEnded, CdrFound])
def test_an_end_that_names_the_next_user_ends_this_users_talk(
    ended: type[CallEnded] | type[CdrFound],
) -> None:
    """The call was fetched, and that webhook was lost or came before this agent's own."""
    world = talk_of_195()
    make = cdr if ended is CdrFound else known
    last = make(direction=IN, number=CALLER, connected=T0 + 66_000, ended=T0 + 196_000)
    world.report(replace(report(ended, T0 + 196_000, last), elsewhere=True))
    assert logged_fields(world).talk_ms == 65_000


def test_an_end_that_only_names_the_next_user_is_looked_up() -> None:
    """The call was fetched, that webhook was refused, and the end does not say when it was."""
    world = talk_of_195()
    world.asked.clear()
    last = known(direction=IN, number=CALLER, ended=T0 + 196_000, outcome=Outcome.COMPLETED)
    world.report(replace(report(CallEnded, T0 + 196_000, last), elsewhere=True))
    assert (len(world.asked), world.logs) == (1, {})
    theirs = cdr(direction=IN, connected=T0 + 66_000, ended=T0 + 196_000)
    world.report(replace(report(CdrFound, T0 + 196_100, theirs), elsewhere=True))
    assert logged_fields(world).talk_ms == 65_000
    nobodys = talk_of_195()
    ended = cdr(direction=IN, ended=T0 + 196_000, outcome=Outcome.COMPLETED)
    nobodys.report(replace(report(CdrFound, T0 + 196_000, ended), elsewhere=True))
    assert logged_fields(nobodys).talk_ms == 195_000


def test_an_end_that_names_nobody_but_a_later_talk_is_looked_up() -> None:
    """The call was fetched, that webhook is late, and the end's talk is perhaps another's."""
    world, own = talk_of_195(), talk_of_195()
    last = known(direction=IN, number=CALLER, connected=T0 + 66_000, ended=T0 + 196_000)
    for one in (world, own):
        one.asked.clear()
        one.report(replace(report(CallEnded, T0 + 196_000, last), unnamed=True))
        assert (len(one.asked), one.logs) == (1, {})
    talk = cdr(direction=IN, connected=T0 + 66_000, ended=T0 + 196_000)
    world.report(replace(report(CdrFound, T0 + 196_100, talk), elsewhere=True))
    assert logged_fields(world).talk_ms == 65_000
    own.report(report(CdrFound, T0 + 196_100, talk))
    assert logged_fields(own).talk_ms == 130_000
    usual = talk_of_195()
    same = known(direction=IN, connected=T0 + 1_500, ended=T0 + 196_000, outcome=Outcome.COMPLETED)
    usual.report(replace(report(CallEnded, T0 + 196_000, same), unnamed=True))
    assert logged_fields(usual).talk_ms == 195_000


def test_a_talk_reported_under_two_ids_continues() -> None:
    """A colleague who was called answers: both are told, at almost the same time."""
    world = World()
    world.handle(click())
    world.report(report(Connected, T0 + 5_000, known(direction=OUT, connected=T0 + 5_000)))
    world.report(report(AnsweredElsewhere, T0 + 14_000, known(connected=T0 + 6_500)))
    assert world.agent.phase is Phase.BRIDGED
    world.report(report(AnsweredElsewhere, T0 + 15_000, Facts()))
    assert world.agent.phase is Phase.BRIDGED


def test_the_cdr_of_another_users_talk_does_not_extend_this_one() -> None:
    """Who fetched the call has talked since then, not since its first answer."""
    world = World()
    fetched = known(direction=IN, number=CALLER, connected=T0 + 66_000)
    world.report(report(Connected, T0 + 66_000, fetched))
    first = cdr(direction=IN, number=CALLER, connected=T0 + 1_000, ended=T0 + 196_000)
    world.report(replace(report(CdrFound, T0 + 197_000, first), elsewhere=True))
    assert logged_fields(world).talk_ms == 130_000


def test_a_call_that_hunts_on_stops_ringing_here() -> None:
    """Idle again, with nothing to log; who rings in the same moment is of a ring group."""
    world = World()
    call = known(direction=IN, number=CALLER)
    world.report(report(InboundRinging, T0, call))
    world.report(report(RingingElsewhere, T0 + 2_000, call))
    phases = [world.agent.phase]
    world.report(report(RingingElsewhere, T0 + 12_000, call))
    phases.append(world.agent.phase)
    assert phases == [Phase.RINGING_INBOUND, Phase.IDLE]
    world.report(report(CallEnded, T0 + 40_000, call.join(known(ended=T0 + 40_000))))
    assert world.logs == {}


def test_ringing_elsewhere_does_not_end_an_agents_own_call() -> None:
    """The customer rings at somebody while the agent is put through, or is parked."""
    world = talk_of_195()
    world.report(report(RingingElsewhere, T0 + 60_000, known(direction=IN)))
    assert world.agent.phase is Phase.BRIDGED
    assert after(IDLE, [report(RingingElsewhere, T0)]).ignored == "rings elsewhere"


def leg_ended(seconds: int, **leg: Any) -> tuple[World, Decision]:
    """A call was placed; so many seconds later a leg ends that has an id of its own."""
    world = World()
    world.handle(click())
    at = T0 + seconds * 1_000
    if seconds > 2:
        world.report(report(DestinationDialed, T0 + 3_000, known(direction=OUT, number=NUMBER)))
        world.report(report(Connected, T0 + 5_000, known(connected=T0 + 5_000)))
    if seconds > 30:
        world.report(
            report(CallEnded, at - 1_000, known(ended=at - 1_000, outcome=Outcome.COMPLETED))
        )
    world.asked.clear()
    what = known(direction=IN, ended=at, outcome=Outcome.NO_ANSWER, **leg)
    return world, world.report(report(CallEnded, at, what, provider_id="leg", call="another"))


@pytest.mark.parametrize("seconds", [2, 30, 80])
def test_the_own_leg_of_a_placed_call_may_end_under_an_id_of_its_own(seconds: int) -> None:
    """While it is placed, in the talk, and just after: never a missed call beside it."""
    world, ended = leg_ended(seconds, number=NUMBER, started=T0 + 500)
    assert ended.ignored == "own leg ended"
    assert "another" not in world.logs


UNTOLD: list[dict[str, Any]] = [{"started": T0 + 500}, {"number": NUMBER}, {}]


@pytest.mark.parametrize("leg", UNTOLD)
def test_an_end_without_enough_facts_is_looked_up(leg: dict[str, Any]) -> None:
    """The call log tells a leg's number and time; what it never heard of is no call."""
    at = T0 + 30_000
    whole = cdr(direction=IN, number=NUMBER, started=T0 + 500, ended=at, outcome=Outcome.NO_ANSWER)
    world, _ = leg_ended(30, **leg)
    (question,) = world.asked
    assert (question.call_id, "another" in world.logs) == ("another", False)
    found = world.handle(CdrFound(at + 100, "another", True, "leg", whole))
    assert found.ignored == "own leg ended"
    assert world.agent.call("another") is None
    lost, _ = leg_ended(30, **leg)
    for seconds in (5, 15, 30):
        assert lost.agent.call("another") is not None
        lost.handle(CdrMissing(at + seconds * 1_000 - 1, "another"))
        lost.handle(TimePassed(at + seconds * 1_000))
    assert lost.agent.call("another") is None
    assert "another" not in world.logs | lost.logs


@pytest.mark.parametrize("is_told", [True, False])
def test_a_withheld_caller_during_a_placement_is_still_missed(
    is_told: bool,
) -> None:
    """Of their call only the end was told; the call log has it, without a number, or is away."""
    at = T0 + 30_000
    world, _ = leg_ended(30, started=T0 + 4_000)
    if is_told:
        theirs = cdr(direction=IN, started=T0 + 4_000, ended=at, outcome=Outcome.NO_ANSWER)
        world.handle(CdrFound(at + 100, "another", True, "leg", theirs))
    else:
        for seconds in (5, 15, 30):
            assert "another" not in world.logs
            world.handle(CdrUnavailable(at + seconds * 1_000 - 1, "another"))
            world.handle(TimePassed(at + seconds * 1_000))
    assert world.logs["another"].wanted.outcome is Outcome.MISSED


def unnamed_talk() -> World:
    """It rang here, and was answered and ended without a name, with times that are said."""
    world = World()
    call = known(direction=IN, number=CALLER, started=T0)
    talk = call.join(known(connected=T0 + 5_000))
    world.report(report(InboundRinging, T0, call))
    world.report(replace(report(Connected, T0 + 5_000, talk), unnamed=True))
    assert world.agent.phase is Phase.BRIDGED
    over = talk.join(known(ended=T0 + 65_000, outcome=Outcome.COMPLETED))
    world.report(replace(report(CallEnded, T0 + 65_000, over), unnamed=True))
    return world


def test_an_unnamed_talk_is_looked_up_before_it_is_logged() -> None:
    """That it rang at a colleague, too, may not have been told yet."""
    world = unnamed_talk()
    assert (len(world.asked), world.logs) == (1, {})
    talk = cdr(direction=IN, connected=T0 + 5_000, ended=T0 + 65_000, outcome=Outcome.COMPLETED)
    theirs = replace(report(CdrFound, T0 + 65_100, talk), elsewhere=True)
    world.report(theirs)
    assert (world.agent.calls, world.logs) == ((), {})
    ours = unnamed_talk()
    ours.report(report(CdrFound, T0 + 65_100, talk))
    assert logged_fields(ours).talk_ms == 60_000


def test_an_unnamed_talk_is_logged_if_no_cdr_can_be_read() -> None:
    """Asked again where the question may be lost, but not where there is no such row."""
    world, unlisted = unnamed_talk(), unnamed_talk()
    for seconds in (70, 80, 95):
        assert world.logs == {}
        world.handle(TimePassed(T0 + seconds * 1_000))
    unlisted.handle(CdrMissing(T0 + 65_100, "fresh"))
    unlisted.handle(TimePassed(T0 + 70_000))
    assert logged_fields(world).talk_ms == logged_fields(unlisted).talk_ms == 60_000


def test_an_unnamed_talk_of_another_is_dropped_although_its_end_was_lost() -> None:
    """Each check would hear that a colleague has it, and the agent could not call any more."""
    world = World()
    world.report(report(InboundRinging, T0, known(direction=IN)))
    talk = known(direction=IN, connected=T0 + 5_000)
    world.report(replace(report(Connected, T0 + 5_000, talk), unnamed=True))
    world.handle(OverClaimed(T0 + 65_000, "r1", "fresh"))
    over = cdr(direction=IN, connected=T0 + 5_000, ended=T0 + 65_000, outcome=Outcome.COMPLETED)
    world.report(replace(report(CdrFound, T0 + 65_100, over), elsewhere=True))
    assert (world.agent.calls, world.logs) == ((), {})


def test_notes_about_an_unnamed_talk_wait_until_its_user_is_known() -> None:
    """Who writes it up at once asks once more, and has written nothing of a colleague's call."""
    world = unnamed_talk()
    done = WrapupSubmitted(T0 + 65_050, "fresh", Draft(notes="n"), done=True)
    assert world.handle(done).effects == (FetchCdr("fresh", LINE, "p1"),)
    assert world.logs == {}
    talk = cdr(direction=IN, connected=T0 + 5_000, ended=T0 + 65_000, outcome=Outcome.COMPLETED)
    world.report(report(CdrFound, T0 + 65_100, talk))
    assert logged_fields(world).draft.notes == "n"


def test_a_talk_whose_user_is_named_later_is_certain() -> None:
    """Nobody has to be asked."""
    named = World()
    call = known(direction=IN, number=CALLER, connected=T0 + 5_000)
    named.report(replace(report(Connected, T0 + 5_000, call), unnamed=True))
    over = call.join(known(ended=T0 + 65_000, outcome=Outcome.COMPLETED))
    named.report(report(CallEnded, T0 + 65_000, over))
    assert logged_fields(named).talk_ms == 60_000


def test_without_a_telephony_user_a_leg_cannot_be_looked_up() -> None:
    """Then it is logged: a call that is lost is worse than one too many."""
    world = World(replace(after(IDLE, [click()]).agent, line=None))
    what = known(direction=IN, started=T0 + 500, ended=T0 + 9_000, outcome=Outcome.NO_ANSWER)
    world.report(report(CallEnded, T0 + 9_000, what, provider_id="leg", call="another"))
    assert "another" in world.logs


def test_an_unanswered_call_back_is_still_missed() -> None:
    """The same number, but its call began when ours was over; or a talk; or another number."""
    world = World()
    world.handle(click())
    world.report(report(DestinationDialed, T0 + 3_000, known(direction=OUT, number=NUMBER)))
    world.report(report(CallEnded, T0 + 9_000, known(ended=T0 + 9_000, outcome=Outcome.BUSY)))
    back = known(direction=IN, number=NUMBER, started=T0 + 20_000, ended=T0 + 40_000)
    world.report(report(CallEnded, T0 + 40_000, back, provider_id="p2", call="back"))
    other = known(direction=IN, number=CALLER, started=T0 + 4_000, ended=T0 + 8_000)
    world.report(report(CallEnded, T0 + 41_000, other, provider_id="p3", call="other"))
    waiting = [call.call_id for call in world.agent.calls]
    assert {"back", "other"} <= {*waiting, *world.logs}
