"""Nobody waits for ever: asked first, given up last, and the agent is told."""

import pytest
from msgspec.structs import replace

from adapter.core.effects import Effect, FetchCdr, FindCdr
from adapter.core.events import (
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
    TimePassed,
)
from adapter.core.facts import Direction, Known, Outcome, Source
from adapter.core.model import AgentNoAnswer, Bridged, Phase, Placing, RingingInbound, Wrapup
from adapter.core.view import view
from tests.core.people import IDLE, LINE, NUMBER, POLICY, T0, after, cdr, click, known, report
from tests.core.world import World

RING = T0 + POLICY.ring_ms
PLACED: list[Event] = [click(), CallPlaced(T0 + 1, "c1")]
BRIDGED: list[Event] = [report(Connected, T0, known(direction=Direction.INBOUND), call="c1")]
CLAIM = OverClaimed(T0 + 10, "o1", "c1")


def test_an_unanswered_phone_is_looked_up_at_0_5_and_30_seconds() -> None:
    """Then the placement lapses, the agent is idle and knows why, and no Task is made."""
    world, asked = World(), []
    for event in PLACED:
        world.handle(event)
    while isinstance(world.agent.calls[0].stage, Placing):
        due = world.agent.calls[0].stage.due
        decision = world.handle(TimePassed(due))
        asked += [due - RING for e in decision.effects if isinstance(e, FindCdr)]
    assert asked == [0, 5_000, 30_000]
    assert world.agent.calls[0].stage == AgentNoAnswer(
        RING + 35_000, RING + 35_000 + POLICY.lapse_ms
    )
    assert [n.code for n in world.agent.notices] == ["not-picked-up"]
    assert (world.agent.phase, world.opened) == (Phase.IDLE, [])
    world.pass_until(T0 + 10**9)
    assert (world.agent.calls, world.opened, len(world.placed)) == ((), [], 1)


def test_a_lookup_of_a_placement_names_what_we_know() -> None:
    """By user, number and time; by the call's id where the provider told one."""
    found = after(IDLE, [*PLACED, TimePassed(RING)])
    assert found.effects[-1] == FindCdr("c1", LINE, NUMBER, T0)
    by_id = after(IDLE, [click(), CallPlaced(T0 + 1, "c1", "p1"), TimePassed(RING)])
    assert by_id.effects[-1] == FetchCdr("c1", LINE, "p1")


def test_a_missing_cdr_lapses_a_placement_that_was_looked_up() -> None:
    """No call there: no need to wait; but an answer that nobody asked for is none."""
    absent = CdrMissing(RING + 100, "c1")
    lapsed = after(IDLE, [*PLACED, TimePassed(RING), absent])
    assert isinstance(lapsed.agent.calls[0].stage, AgentNoAnswer)
    assert after(IDLE, [*PLACED, absent]).ignored == "not asked"
    assert after(IDLE, [absent]).ignored == "not asked"


@pytest.mark.parametrize(
    ("events", "wait"),
    [
        (BRIDGED, POLICY.bridged_ms),
        ([report(InboundRinging, T0, call="c1")], POLICY.ring_ms),
    ],
)
def test_a_live_call_is_looked_up_and_continues(events: list[Event], wait: int) -> None:
    """Each phase has its own wait; a silent call log only means: later again."""
    world = World()
    for event in events:
        world.handle(event)
    assert world.agent.next_due == T0 + wait
    world.handle(TimePassed(T0 + wait))
    assert len(world.asked) == 1
    world.answer(T0 + wait + 1, "p1", cdr(picked_up=T0, direction=world.agent.calls[0].direction))
    assert world.agent.next_due == T0 + wait + 1 + wait
    phase = world.agent.phase
    world.pass_until(T0 + 3_600_000)
    assert world.agent.phase is phase


def test_a_call_that_outlasts_any_ringing_is_a_talk() -> None:
    """The answer's webhook was lost; until its end the call log tells of no answer."""
    world = World()
    for event in (click(), report(DestinationDialed, T0)):
        world.handle(event)
    live = cdr(picked_up=T0, direction=Direction.OUTBOUND)
    world.handle(TimePassed(T0 + POLICY.dial_ms))
    world.answer(T0 + POLICY.dial_ms + 1, "p1", live)
    assert world.agent.phase is Phase.BRIDGED
    assert world.agent.next_due == T0 + POLICY.dial_ms + 1 + POLICY.bridged_ms
    world.pass_until(T0 + 600_000, live.join(cdr(connected=T0 + 9_000, ended=T0 + 400_000)))
    assert world.logs["c1"].wanted.talk_ms == 391_000


def test_a_call_long_enough_to_be_a_talk_stays_a_talk() -> None:
    """A late webhook of the pick-up, or the call log's next look, makes it no call that rings."""
    world = World()
    for event in (click(), report(DestinationDialed, T0)):
        world.handle(event)
    live = cdr(picked_up=T0, direction=Direction.OUTBOUND)
    at = T0 + POLICY.dial_ms + 1
    world.handle(TimePassed(at))
    world.answer(at, "p1", live)
    world.handle(report(DestinationDialed, at + 5_000))
    phases = [world.agent.phase]
    world.handle(TimePassed(at + POLICY.bridged_ms))
    world.answer(at + POLICY.bridged_ms, "p1", live)
    assert [*phases, world.agent.phase] == [Phase.BRIDGED, Phase.BRIDGED]
    assert world.agent.next_due == at + 2 * POLICY.bridged_ms


def test_a_lost_end_is_replaced_by_the_cdr() -> None:
    """The webhook was lost; the call log knows."""
    world = World()
    world.handle(BRIDGED[0])
    world.pass_until(T0 + POLICY.bridged_ms, cdr(connected=T0, ended=T0 + 60_000))
    assert world.logs["c1"].wanted.talk_ms == 60_000
    assert world.agent.phase is Phase.WRAPUP


def test_a_call_missing_from_the_cdrs_three_times_is_over() -> None:
    """By our own clock, which the call log may still correct."""
    world = World()
    world.handle(BRIDGED[0])
    for turn in range(POLICY.cdr_missing_limit):
        assert world.agent.phase is Phase.BRIDGED, turn
        due = world.agent.next_due or 0
        world.handle(TimePassed(due))
        world.handle(CdrMissing(due + 1, "c1"))
    assert world.opened == ["c1"]
    ended = world.logs["c1"].facts.ended
    assert ended is not None
    assert ended.source is Source.OBSERVED


def test_a_claim_that_the_call_is_over_is_looked_up_at_once() -> None:
    """And taken at its word if the call log cannot tell."""
    asked = after(IDLE, [*BRIDGED, CLAIM])
    assert asked.effects == (FetchCdr("c1", LINE, "p1"),)
    assert asked.agent.next_due == CLAIM.at + POLICY.ask_again_ms
    for silence in (CdrMissing(T0 + 20, "c1"), CdrUnavailable(T0 + 20, "c1")):
        over = after(asked.agent, [silence])
        assert over.agent.phase is Phase.WRAPUP
        assert over.opened[0].facts.ended == Known(T0 + 20, Source.OBSERVED)


def test_without_a_cdr_to_read_the_claim_is_accepted_at_once() -> None:
    """An agent without a line has no call log."""
    over = after(replace(IDLE, line=None), [*BRIDGED, CLAIM])
    assert (over.agent.phase, over.effects, len(over.opened)) == (Phase.WRAPUP, (), 1)


def test_without_a_claim_a_missing_cdr_ends_nothing() -> None:
    """The provider may be down for an hour while people talk."""
    assert after(IDLE, [*BRIDGED, CdrUnavailable(T0 + 9, "c1")]).ignored == "asked in vain"


def test_giving_up_a_placement_need_not_wait_until_the_ringing_ends() -> None:
    """Asked now; and not before the provider's answer to the request is known."""
    asked = after(IDLE, [*PLACED, CLAIM])
    assert isinstance(asked.effects[-1], FindCdr)
    assert isinstance(
        after(asked.agent, [CdrMissing(T0 + 11, "c1")]).agent.calls[0].stage, AgentNoAnswer
    )
    assert after(IDLE, [click(), CLAIM]).ignored == "not live"
    assert after(IDLE, [CLAIM]).ignored == "not live"


def test_inbound_ringing_that_never_ends_is_looked_up() -> None:
    """Its pop is not offered twice for that."""
    ringing = report(InboundRinging, T0, known(number=NUMBER), call="c1")
    agent = after(IDLE, [ringing]).agent
    popped = replace(agent.calls[0], stage=RingingInbound(T0, T0 + POLICY.dial_ms, popped=True))
    later = after(replace(agent, calls=(popped,)), [TimePassed(T0 + POLICY.dial_ms)])
    stage = later.agent.calls[0].stage
    assert isinstance(stage, RingingInbound)
    assert stage.popped


def test_an_ending_call_waits_for_a_cdr_that_lags() -> None:
    """A "no" right after the end is too early to believe; then it is logged as it is."""
    ending = [*BRIDGED, report(CallEnded, T0 + 60_000)]
    absent = CdrMissing(T0 + 60_001, "c1")
    assert after(IDLE, [*ending, absent]).opened == ()
    due = TimePassed(T0 + 60_000 + POLICY.cdr_wait_ms)
    logged = after(IDLE, [*ending, absent, due])
    assert logged.opened[0].wanted.talk_ms == 60_000
    # Asked once more: a correction still reaches the log.
    assert logged.effects[-1] == FetchCdr("c1", LINE, "p1")


def test_the_cdr_is_read_again_before_a_call_that_another_may_have_taken_is_missed() -> None:
    """A question may be lost with its process: a colleague's talk is nobody's missed call."""
    rang = report(InboundRinging, T0, known(direction=Direction.INBOUND, number=NUMBER), call="c1")
    ended = [rang, report(CallEnded, T0 + 60_000, known(ended=T0 + 60_000))]
    agent = after(IDLE, ended).agent
    asked: list[Effect] = []
    for seconds in (5, 15):
        decision = after(agent, [TimePassed(T0 + 60_000 + seconds * 1_000)])
        asked += decision.effects
        assert decision.opened == ()
        agent = decision.agent
    assert asked == [FetchCdr("c1", LINE, "p1")] * 2
    theirs = cdr(direction=Direction.INBOUND, connected=T0 + 5_000, ended=T0 + 60_000)
    found = replace(report(CdrFound, T0 + 76_000, theirs, call="c1", known=True), elsewhere=True)
    taken = after(agent, [found])
    assert (taken.agent.calls, taken.opened) == ((), ())
    silent = after(agent, [TimePassed(T0 + 90_000)])
    assert [log.wanted.outcome for log in silent.opened] == [Outcome.MISSED]


def test_several_simultaneous_deadlines_are_all_handled() -> None:
    """After a restart everything may be due."""
    other = report(Connected, T0, known(direction=Direction.INBOUND), provider_id="p2", call="c2")
    missed = known(ended=T0, direction=Direction.INBOUND, outcome=Outcome.NO_ANSWER)
    third = report(CallEnded, T0, missed, provider_id="p3", call="c3")
    late = after(IDLE, [*BRIDGED, other, third, TimePassed(T0 + POLICY.bridged_ms)])
    assert [type(c.stage) for c in late.agent.calls] == [Bridged, Bridged, Wrapup]
    assert [e.call_id for e in late.effects if isinstance(e, FetchCdr)] == ["c1", "c2"]
    assert after(IDLE, [*BRIDGED, TimePassed(T0 + 1)]).agent == after(IDLE, BRIDGED).agent


def test_a_missed_call_gets_no_wrap_up_during_a_talk() -> None:
    """No countdown runs while the agent talks; both have their whole time when the talk is over."""
    missed = known(ended=T0, direction=Direction.INBOUND, outcome=Outcome.NO_ANSWER)
    second = report(CallEnded, T0, missed, provider_id="p2", call="c2")
    talking = after(IDLE, [*BRIDGED, second])
    assert view(talking.agent, (), POLICY, {})["wrapups"][0]["deadline"] is None
    later = T0 + 10 * POLICY.wrapup_ms
    waited = after(talking.agent, [TimePassed(T0 + POLICY.wrapup_ms), TimePassed(later)])
    assert waited.agent.phase is Phase.BRIDGED
    over = known(connected=T0, ended=later, outcome=Outcome.COMPLETED)
    done = after(waited.agent, [report(CallEnded, later, over, call="c1")])
    shown = view(done.agent, (), POLICY, {})["wrapups"]
    assert [card["deadline"] for card in shown] == [later + POLICY.wrapup_ms] * 2
    assert after(done.agent, [TimePassed(later + POLICY.wrapup_ms)]).agent.calls == ()


def test_an_agent_whose_wrap_up_was_removed_gets_none_during_a_talk() -> None:
    """The definition may change meanwhile; a deadline that does not move is no rest."""
    missed = known(ended=T0, direction=Direction.INBOUND, outcome=Outcome.NO_ANSWER)
    second = report(CallEnded, T0, missed, provider_id="p2", call="c2")
    talking = after(IDLE, [*BRIDGED, second]).agent
    due = TimePassed(T0 + POLICY.wrapup_ms)
    over = after(talking, [due], replace(POLICY, wrapup_ms=0)).agent
    assert [call.call_id for call in over.calls] == ["c1"]


def test_a_lapsed_placement_is_looked_up_twice_before_it_is_dropped() -> None:
    """Its late pick-up, and all that followed, may have been lost on the way to us."""
    placed = after(IDLE, [click(), CallPlaced(T0 + 1, "c1")]).agent
    lapsed = placed.with_call(placed.calls[0].at_stage(AgentNoAnswer(T0 + 80_000, T0 + 680_000)))
    first = after(lapsed, [TimePassed(T0 + 680_000)])
    second = after(first.agent, [TimePassed(T0 + 710_000)])
    assert [type(e) for e in (*first.effects, *second.effects)] == [FindCdr, FindCdr]
    assert after(second.agent, [TimePassed(T0 + 740_000)]).agent.calls == ()
    late = cdr(connected=T0 + 100_000, ended=T0 + 160_000, outcome=Outcome.COMPLETED)
    found = after(first.agent, [report(CdrFound, T0 + 681_000, late, call="c1", known=True)])
    assert [log.facts.talk_ms for log in found.opened] == [60_000]
    never = cdr(ended=T0 + 90_000, outcome=Outcome.NO_ANSWER)
    gone = after(first.agent, [report(CdrFound, T0 + 681_000, never, call="c1", known=True)])
    assert (gone.agent.calls, gone.agent.notices, gone.opened) == ((), (), ())
