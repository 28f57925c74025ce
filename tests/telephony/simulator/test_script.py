"""What will happen in a call, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.telephony.simulator import call as calls
from adapter.telephony.simulator.call import Call, Direction, Phase, Verb
from adapter.telephony.simulator.script import Outcome, Scenario, Step, Timings, timeline

FIXED = {"pick_up_seconds": 1.0, "ring_seconds": 2.0, "talk_seconds": 3.5}


def steps(outcome: Outcome, *, picked_up: bool = False) -> list[tuple[int, Verb]]:
    """The timeline of a scenario with fixed durations."""
    scenario = Scenario(outcome=outcome, **FIXED)  # type: ignore[arg-type]
    found = timeline(scenario, Timings(), "seed", picked_up=picked_up)
    return [(step.delay_ms, step.verb) for step in found]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (
            Outcome.ANSWERED,
            [(1000, Verb.PICK_UP), (3000, Verb.ANSWER), (6500, Verb.HANG_UP)],
        ),
        (
            Outcome.VOICEMAIL,
            [(1000, Verb.PICK_UP), (3000, Verb.VOICEMAIL), (6500, Verb.HANG_UP)],
        ),
        (Outcome.NO_ANSWER, [(1000, Verb.PICK_UP), (3000, Verb.HANG_UP)]),
        (Outcome.TIMED_OUT, [(1000, Verb.PICK_UP), (3000, Verb.TIME_OUT)]),
        (Outcome.BUSY, [(1000, Verb.PICK_UP), (3000, Verb.BUSY)]),
        (Outcome.REJECTED, [(1000, Verb.PICK_UP), (3000, Verb.DECLINE)]),
        (Outcome.FAILED, [(1000, Verb.PICK_UP), (3000, Verb.FAIL)]),
        (Outcome.NOBODY_PICKS_UP, [(30_000, Verb.LAPSE)]),
        (Outcome.MANUAL, []),
    ],
)
def test_each_outcome_has_its_course(outcome: Outcome, expected: list[tuple[int, Verb]]) -> None:
    """Delays count from the beginning of the call, in milliseconds."""
    assert steps(outcome) == expected


def test_a_call_from_outside_begins_by_ringing() -> None:
    """No device has to be picked up first; nobody picking up means that it rings out."""
    assert steps(Outcome.ANSWERED, picked_up=True) == [(2000, Verb.ANSWER), (5500, Verb.HANG_UP)]
    assert steps(Outcome.NOBODY_PICKS_UP, picked_up=True) == [(2000, Verb.TIME_OUT)]


def test_a_failure_carries_its_cause() -> None:
    """The Q.850 number of the scenario."""
    found = timeline(
        Scenario(outcome=Outcome.FAILED, cause=1, **FIXED),  # type: ignore[arg-type]
        Timings(),
        "seed",
        picked_up=True,
    )
    assert found == (Step(2000, Verb.FAIL, 1),)


@given(st.text(), st.sampled_from(Outcome), st.booleans())
def test_a_seed_determines_the_course_of_a_call(
    seed: str, outcome: Outcome, picked_up: bool
) -> None:
    """The same seed draws the same durations, within their ranges and in order."""
    scenario, timings = Scenario(outcome=outcome), Timings(pick_up=(1, 2), ring=(3, 4), talk=(5, 6))
    found = timeline(scenario, timings, seed, picked_up=picked_up)
    assert found == timeline(scenario, timings, seed, picked_up=picked_up)
    delays = [step.delay_ms for step in found]
    assert delays == sorted(delays)
    assert all(1000 <= delay <= 30_000 for delay in delays)


@given(st.sampled_from(Outcome), st.sampled_from(Direction), st.booleans())
def test_every_course_can_be_played_to_its_end(
    outcome: Outcome, direction: Direction, picked_up: bool
) -> None:
    """No step of a timeline is impossible when its time comes."""
    made = Call(
        call_id="c",
        user_id="u",
        direction=direction,
        from_number="1",
        to_number="2",
        placed=0,
    )
    picked_up = picked_up or direction is Direction.INBOUND
    if picked_up:
        made, _ = calls.begin(made, 0)
    for step in timeline(Scenario(outcome=outcome), Timings(), "", picked_up=picked_up):
        made, _ = calls.act(made, step.verb, step.delay_ms, cause=step.cause)
    assert made.phase is Phase.OVER or outcome is Outcome.MANUAL
