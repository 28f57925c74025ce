"""A call that rang here and became somebody else's: what its record says, where there is one."""

import pytest
from msgspec.structs import replace

from adapter.core.events import (
    AnsweredElsewhere,
    CallEnded,
    CdrFound,
    Connected,
    InboundRinging,
    Report,
    RingingElsewhere,
)
from adapter.core.facts import Direction, Outcome
from adapter.core.model import Agent
from adapter.core.route import Route
from tests.core.people import IDLE, T0, cdr, known, report
from tests.core.world import World

VOICE = replace(IDLE, surface="voice", route=Route.BACKEND)
RINGS = report(InboundRinging, T0, known(direction=Direction.INBOUND, number="+12025550199"))
HUNTS_ON = report(RingingElsewhere, T0 + 12_000)
TAKEN = report(AnsweredElsewhere, T0 + 15_000, known(connected=T0 + 15_000))
OVER = report(CallEnded, T0 + 40_000, known(ended=T0 + 40_000, outcome=Outcome.COMPLETED))


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ((TAKEN,), Outcome.ELSEWHERE),
        ((TAKEN, OVER), Outcome.ELSEWHERE),
        ((HUNTS_ON, TAKEN), Outcome.ELSEWHERE),
        ((HUNTS_ON,), Outcome.MISSED),
    ],
    ids=["taken", "taken and over", "hunted on and taken", "hunts on"],
)
def test_the_record_says_whether_a_colleague_took_the_call(
    events: tuple[AnsweredElsewhere, ...], outcome: Outcome
) -> None:
    """Nobody missed what somebody took; and nobody talked here."""
    world = World(VOICE)
    for event in (RINGS, *events):
        world.report(replace(event, elsewhere=event is not RINGS))
    (log,) = world.logs.values()
    assert (log.wanted.outcome, log.wanted.talk_ms) == (outcome, None)
    assert world.agent.calls == ()


@pytest.mark.parametrize("agent", [IDLE, VOICE], ids=["pages write", "the backend writes"])
def test_an_agent_has_no_record_of_a_call_that_never_reached_them(agent: Agent) -> None:
    """A colleague's call, told of to everybody."""
    world = World(agent)
    world.report(TAKEN)
    assert (world.logs, world.agent) == ({}, agent)


def test_nothing_is_logged_if_pages_write_the_logs() -> None:
    """There is nothing to close."""
    world = World(IDLE)
    decisions = [world.report(event) for event in (RINGS, HUNTS_ON, TAKEN)]
    assert (world.logs, decisions[-1].log_events) == ({}, ())


UNNAMED = replace(report(Connected, T0 + 5_000, known(connected=T0 + 5_000)), unnamed=True)
UNNAMED_END = replace(
    report(CallEnded, T0 + 65_000, known(connected=T0 + 5_000, ended=T0 + 65_000)), unnamed=True
)
NAMED = replace(report(AnsweredElsewhere, T0 + 5_100, known(connected=T0 + 5_000)), elsewhere=True)
THEIRS = replace(
    report(CdrFound, T0 + 65_100, cdr(connected=T0 + 5_000, ended=T0 + 65_000)), elsewhere=True
)


@pytest.mark.parametrize(
    "events",
    [
        (UNNAMED, UNNAMED_END, THEIRS),
        (UNNAMED, THEIRS, UNNAMED_END),
        (UNNAMED, THEIRS, UNNAMED_END, THEIRS),
        (UNNAMED, NAMED, UNNAMED_END),
        (NAMED, UNNAMED, UNNAMED_END, THEIRS),
    ],
    ids=["at the end", "before the end", "twice", "by an event", "before it was told of"],
)
def test_a_talk_that_named_nobody_does_not_stay_in_the_record(events: tuple[Report, ...]) -> None:
    """It seemed to be this agent's until it was known whose it was."""
    world = World(VOICE)
    for event in (RINGS, *events):
        world.report(event)
    (log,) = world.logs.values()
    assert (log.wanted.outcome, log.wanted.talk_ms) == (Outcome.ELSEWHERE, None)
    assert world.agent.calls == ()


@pytest.mark.parametrize("own_end", [T0 + 65_000, None], ids=["an event", "only the CDR"])
def test_a_colleagues_end_does_not_cut_the_talk_that_follows(own_end: int | None) -> None:
    """A ring group's other phone stops ringing because this one was picked up."""
    world = World(IDLE)
    cancelled = report(CallEnded, T0 + 5_000, known(ended=T0 + 5_000))
    over = cdr(connected=T0 + 5_000, ended=T0 + 65_000)
    world.report(RINGS)
    world.report(replace(cancelled, elsewhere=True))
    world.report(report(Connected, T0 + 5_100, known(connected=T0 + 5_000)))
    last = report(CallEnded, T0 + 65_000, known(ended=own_end))
    world.report(last if own_end else report(CdrFound, T0 + 66_000, over))
    (log,) = world.logs.values()
    assert (log.wanted.outcome, log.wanted.talk_ms) == (Outcome.ANSWERED, 60_000)
