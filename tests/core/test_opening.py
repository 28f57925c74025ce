"""Which calls have a log, and how it begins."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.events import (
    AnsweredElsewhere,
    CallPlaced,
    InboundRinging,
    PlacingRejected,
    Report,
    RingingElsewhere,
    TimePassed,
)
from adapter.core.facts import Direction, Outcome
from adapter.core.logs.model import Pending
from adapter.core.opening import log_of_attempt, new_log
from adapter.core.route import Route
from tests.core.people import IDLE, KEY, POLICY, T0, after, click, known, report
from tests.core.world import World

VOICE = replace(IDLE, surface="voice", route=Route.BACKEND)
RINGS = report(InboundRinging, T0, known(direction=Direction.INBOUND, number="+12125550199"))


def test_a_log_keeps_its_agents_route_and_waits_for_the_words() -> None:
    """A page is offered it at once; we write it when the agent has finished."""
    call = after(IDLE, [click()]).agent.calls[0]
    by_page, by_us = new_log(IDLE, call, T0, POLICY), new_log(VOICE, call, T0, POLICY)
    assert (by_page.route, by_us.route) == (Route.PAGE, Route.BACKEND)
    assert by_page.state == Pending(T0, T0 + POLICY.save.wake_ms)
    assert by_us.state == Pending(T0 + POLICY.wrapup_ms, T0 + POLICY.wrapup_ms)
    at_once = new_log(VOICE, call, T0, replace(POLICY, wrapup_ms=0))
    assert (at_once.state, at_once.held_until) == (Pending(T0, T0), 0)


def test_an_attempt_that_reached_nobody_is_logged_only_where_salesforce_has_a_record_of_it() -> (
    None
):
    """There the record would stay open for ever."""
    call = after(IDLE, [click()]).agent.calls[0]
    assert log_of_attempt(IDLE, call, T0, POLICY) == ()
    (log,) = log_of_attempt(VOICE, call, T0 + 9, POLICY)
    assert (log.wanted.outcome, log.wanted.talk_ms, log.held_until) == (Outcome.NO_ANSWER, None, 0)
    (failed,) = log_of_attempt(VOICE, call, T0 + 9, POLICY, Outcome.FAILED)
    assert failed.wanted.outcome is Outcome.FAILED


def test_a_record_in_doubt_is_completed_once_the_doubt_has_ended() -> None:
    """Salesforce may still carry the creation out; one that was answered holds nothing back."""
    ringing = after(VOICE, [RINGS]).agent.calls[0]
    due = T0 + 5 + POLICY.save.write_ms
    doubtful = log_of_attempt(VOICE, ringing, T0 + 5, POLICY)[0]
    assert (doubtful.state, doubtful.not_before) == (Pending(due, due), due)
    made = replace(ringing, host_record="0LQ000000000001")
    assert log_of_attempt(VOICE, made, T0 + 5, POLICY)[0].not_before == 0
    assert new_log(IDLE, ringing, T0, POLICY).not_before == 0


@pytest.mark.parametrize(
    "event",
    [
        report(AnsweredElsewhere, T0 + 12_000, known(connected=T0 + 5)),
        report(RingingElsewhere, T0 + 12_000),
    ],
    ids=["taken", "hunts on"],
)
def test_the_record_of_a_call_taken_elsewhere_is_closed(event: Report) -> None:
    """It was made while it rang; an agent whose pages write has nothing to log."""
    (log,) = after(VOICE, [RINGS, event]).opened
    assert (log.wanted.talk_ms, log.may_come_back) == (None, True)
    assert after(IDLE, [RINGS, event]).opened == ()


def test_a_rejected_and_a_forgotten_placement_each_have_their_record_completed() -> None:
    """The host was told that a call began."""
    rejected = after(VOICE, [click(), PlacingRejected(T0 + 1, "c1", "no")])
    assert [log.wanted.outcome for log in rejected.opened] == [Outcome.FAILED]
    world = World(VOICE)
    world.handle(click())
    world.handle(CallPlaced(T0 + 1, "c1", None))
    world.pass_until(T0 + 3_600_000)
    assert world.opened == ["c1"]
    assert world.agent.calls == ()
    world.handle(TimePassed(T0 + 4_000_000))
    assert world.logs["c1"].agent == KEY
