"""What goes on within a call: the provider's latest word, and what was asked and done."""

from __future__ import annotations

import random

import pytest

from adapter.core.incall import NOTHING_IN_CALL, InCall, Third, ThirdState

RINGS = InCall(10, Third("204", ThirdState.RINGING, 10), held=True)
JOINED = InCall(20, Third("204", ThirdState.JOINED, 10), recording=True)


def test_the_latest_report_counts_in_any_order() -> None:
    """It is whole, so what was lost or came twice before it does not matter."""
    alone = InCall(30, recording=True)
    words = [RINGS, RINGS, JOINED, alone]
    for seed in range(20):
        mixed = random.Random(seed).sample(words, len(words))
        found = NOTHING_IN_CALL
        for word in mixed:
            found = found.updated(word)
        assert found == alone


def test_a_state_without_events_follows_the_requests() -> None:
    """It outlives what the provider tells; a pause ends with the recording."""
    inside = JOINED.after("mute").after("pause_recording")
    assert (inside.muted, inside.paused) == (True, True)
    assert inside.updated(InCall(30, recording=True)) == InCall(
        30, recording=True, muted=True, paused=True
    )
    assert inside.updated(InCall(30)) == InCall(30, muted=True)
    assert inside.after("resume_recording").after("unmute") == JOINED


@pytest.mark.parametrize(("before", "held"), [(NOTHING_IN_CALL, True), (InCall(10), False)])
def test_a_hold_is_reported_by_the_provider_if_it_reports_holds(before: InCall, held: bool) -> None:
    """Else it is what was asked."""
    assert before.after("hold").held is held
    assert before.after("hold").after("resume") == before
    assert before.after("digits") == before
