"""An agent who is away: shown to all, and told to the phone system, one request at a time."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.availability import (
    Applied,
    Availability,
    AvailabilityAnswered,
    AvailabilityChosen,
    Status,
)
from adapter.core.decision import Decision
from adapter.core.effects import PlaceCall, SetAvailability
from adapter.core.events import Event, TimePassed
from adapter.core.policy import Policy
from tests.core.people import IDLE, LINE, T0, after, click

AWAY, DND, AVAILABLE = Status.AWAY, Status.DO_NOT_DISTURB, Status.AVAILABLE
HEEDS = Policy(pauses=(AWAY, DND), away_reasons=("Lunch", "Break"))
ONLY_DND = replace(HEEDS, pauses=(DND,))
SHOWS = replace(HEEDS, pauses=())


def chosen(status: Status, at: int = T0, reason: str = "") -> AvailabilityChosen:
    """The agent's wish."""
    return AvailabilityChosen(at, status, reason)


def answered(
    held: Status, applied: Applied = Applied.DONE, asked_at: int = T0
) -> AvailabilityAnswered:
    """What the phone system made of it, a second later."""
    return AvailabilityAnswered(asked_at + 1_000, asked_at, held, applied)


def availability_after(*events: Event, policy: Policy = HEEDS) -> tuple[Availability, Decision]:
    """What is known of the agent after these events, and what the last of them did."""
    *before, last = events
    decision = after(after(IDLE, before, policy).agent, [last], policy)
    return decision.agent.availability, decision


def test_an_availability_change_is_sent_to_a_phone_system_that_supports_it() -> None:
    """It is shown at once, and marked as done when that is so."""
    now, decision = availability_after(chosen(AWAY, reason="Lunch"))
    assert decision.effects == (SetAvailability(LINE, T0, AWAY, "Lunch"),)
    assert (now.status, now.reason, now.since, now.applied) == (AWAY, "Lunch", T0, Applied.ASKED)
    now, decision = availability_after(chosen(AWAY, reason="Lunch"), answered(AWAY))
    assert (now.applied, now.held, decision.agent.next_due) == (Applied.DONE, (AWAY,), None)


def test_a_phone_system_without_the_feature_is_not_asked() -> None:
    """The panel says that it is only shown."""
    now, decision = availability_after(chosen(DND), policy=SHOWS)
    assert (decision.effects, now.status, now.applied) == ((), DND, Applied.SHOWN)
    now, _ = availability_after(chosen(DND), chosen(AVAILABLE, T0 + 1), policy=SHOWS)
    assert (now.status, now.applied) == (AVAILABLE, Applied.NOTHING)


def test_availability_without_a_phone_is_only_shown() -> None:
    """There is nobody to ask about."""
    decision = after(replace(IDLE, line=None), [chosen(DND)], HEEDS)
    assert decision.effects == ()
    assert decision.agent.availability.applied is Applied.SHOWN


def test_a_reason_must_be_one_of_the_admins() -> None:
    """What a page says else is no reason; nor has do not disturb one."""
    assert availability_after(chosen(AWAY, reason="Holiday"))[0].reason == ""
    assert availability_after(chosen(DND, reason="Lunch"))[0].reason == ""


def test_a_repeated_change_does_nothing_unless_it_had_failed() -> None:
    """Then it is another try."""
    wish = chosen(DND)
    assert (
        availability_after(wish, answered(DND), chosen(DND, T0 + 9_000))[1].ignored == "as before"
    )
    for fate in (Applied.REFUSED, Applied.UNKNOWN):
        _, decision = availability_after(wish, answered(DND, fate), chosen(DND, T0 + 9_000))
        assert decision.effects == (SetAvailability(LINE, T0 + 9_000, DND),)


def test_the_next_change_releases_the_state_that_the_phone_system_holds() -> None:
    """From do not disturb to lunch, and back to work."""
    lunch = chosen(AWAY, T0 + 5_000, "Lunch")
    _, decision = availability_after(chosen(DND), answered(DND), lunch)
    assert decision.effects == (SetAvailability(LINE, T0 + 5_000, AWAY, "Lunch", (DND,)),)
    work = chosen(AVAILABLE, T0 + 9_000)
    lunch_held = answered(AWAY, asked_at=T0 + 5_000)
    now, decision = availability_after(chosen(DND), answered(DND), lunch, lunch_held, work)
    assert decision.effects == (SetAvailability(LINE, T0 + 9_000, AVAILABLE, "", (AWAY,)),)
    done = (chosen(DND), answered(DND), lunch, lunch_held, work)
    now, decision = availability_after(*done, answered(AVAILABLE, asked_at=T0 + 9_000))
    assert (now.applied, now.held) == (Applied.NOTHING, ())


def test_a_state_that_may_be_held_is_released_too() -> None:
    """A request that nobody answered may have been heeded."""
    _, decision = availability_after(
        chosen(DND), answered(DND, Applied.UNKNOWN), chosen(AVAILABLE, T0 + 2_000)
    )
    assert decision.effects == (SetAvailability(LINE, T0 + 2_000, AVAILABLE, "", (DND,)),)


def test_a_change_that_is_only_shown_still_releases_the_held_state() -> None:
    """The phone system knows do not disturb, but no queues."""
    away = (chosen(DND), answered(DND), chosen(AWAY, T0 + 2_000))
    _, decision = availability_after(*away, policy=ONLY_DND)
    assert decision.effects == (SetAvailability(LINE, T0 + 2_000, AVAILABLE, "", (DND,)),)
    now, _ = availability_after(*away, answered(AVAILABLE, asked_at=T0 + 2_000), policy=ONLY_DND)
    assert (now.status, now.applied, now.held) == (AWAY, Applied.SHOWN, ())


def test_an_agent_in_no_queue_is_only_shown() -> None:
    """The phone system says so, and holds nothing."""
    now, _ = availability_after(chosen(AWAY), answered(AWAY, Applied.SHOWN))
    assert (now.applied, now.held) == (Applied.SHOWN, ())


def test_a_change_waits_for_the_answer_to_the_previous_one() -> None:
    """Or the later request could overtake the earlier, which would hold."""
    now, decision = availability_after(chosen(DND), chosen(AVAILABLE, T0 + 10))
    assert (decision.effects, now.status, now.applied) == ((), AVAILABLE, Applied.ASKED)
    now, decision = availability_after(chosen(DND), chosen(AVAILABLE, T0 + 10), answered(DND))
    assert decision.effects == (SetAvailability(LINE, T0 + 1_000, AVAILABLE, "", (DND,)),)
    assert now.again is False


def test_a_missing_answer_is_reported_as_unknown() -> None:
    """The process that asked may be gone."""
    due = T0 + HEEDS.outcome_ms
    now, decision = availability_after(chosen(DND))
    assert (decision.agent.next_due, now.due) == (due, due)
    assert availability_after(chosen(DND), TimePassed(due - 1))[0].applied is Applied.ASKED
    now, decision = availability_after(chosen(DND), TimePassed(due))
    assert (now.applied, now.held, decision.agent.next_due) == (Applied.UNKNOWN, (DND,), None)
    assert availability_after(chosen(DND), TimePassed(due), answered(DND))[1].ignored == "not asked"


@pytest.mark.parametrize("held", [AWAY, DND])
def test_the_same_state_is_set_once(held: Status) -> None:
    """Another reason asks again; nothing needs to be undone."""
    first, later = chosen(held, reason="Lunch"), chosen(held, T0 + 9_000, "Break")
    now, decision = availability_after(first, answered(held, Applied.UNKNOWN), later)
    assert now.held == (held,)
    (effect,) = decision.effects
    assert isinstance(effect, SetAvailability)
    assert effect.undo == ()


def test_a_click_is_dialed_if_it_rings_the_phones_anyway() -> None:
    """Only callers are kept away; an emergency number is dialed, too."""
    spared = replace(HEEDS, click_in_silence=True)
    for number in ("+12025550143", "911"):
        wish = click(T0 + 5_000, number=number)
        _, decision = availability_after(chosen(DND), answered(DND), wish, policy=spared)
        assert [type(effect) for effect in decision.effects] == [PlaceCall]


def test_a_click_while_the_own_phones_are_silent_is_answered_at_once() -> None:
    """Nobody waits for a phone that does not ring; where it does ring, the call is placed."""
    silent = (chosen(DND), answered(DND))
    _, decision = availability_after(*silent, click(T0 + 5_000))
    assert (decision.effects, decision.agent.answers[-1].code) == ((), "do-not-disturb")
    _, decision = availability_after(*silent, click(T0 + 5_000, number="911"))
    assert decision.agent.answers[-1].code == "use-your-phone"
    _, decision = availability_after(chosen(DND), click(T0 + 5_000), policy=SHOWS)
    assert decision.agent.answers[-1].code == "placed"
