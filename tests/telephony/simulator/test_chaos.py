"""Faults on purpose: the same for the same seed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.telephony.simulator.chaos import Dice, Knobs


def test_by_default_there_are_no_faults() -> None:
    """All knobs begin at nought."""
    knobs = Knobs()
    assert (knobs.drop, knobs.duplicate, knobs.hang, knobs.delay_ms) == (0, 0, 0, (0, 0))


def test_changing_one_fault_rate_leaves_the_others() -> None:
    """What is not named stays as it was."""
    knobs = Knobs(drop=0.5).changed(
        {"duplicate": 1, "delay_ms": [5, 9], "drop_types": ["call.end"]}
    )
    assert (knobs.drop, knobs.duplicate, knobs.delay_ms) == (0.5, 1.0, (5, 9))
    assert knobs.drop_types == ("call.end",)
    assert knobs.changed({"hang_seconds": 2.5, "reorder_ms": 3, "bad_signature": True}) == Knobs(
        drop=0.5,
        duplicate=1.0,
        delay_ms=(5, 9),
        drop_types=("call.end",),
        hang_seconds=2.5,
        reorder_ms=3,
        bad_signature=1.0,
    )


@pytest.mark.parametrize(
    "wanted",
    [
        {"nonsense": 1},
        {"drop": 1.1},
        {"drop": -0.1},
        {"drop": "often"},
        {"drop": None},
        {"drop_types": "call.end"},
        {"drop_types": [1]},
        {"delay_ms": [9, 5]},
        {"delay_ms": [-1, 5]},
        {"delay_ms": 5},
        {"hang_seconds": -1},
        {"reorder_ms": "x"},
    ],
)
def test_a_fault_rate_is_validated(wanted: dict[str, Any]) -> None:
    """An unknown name or an impossible value is refused."""
    with pytest.raises(ValueError, match=r"knob|value|probability"):
        Knobs().changed(wanted)


@given(st.integers(), st.text(), st.text())
def test_a_draw_depends_only_on_its_subject(seed: int, kind: str, subject: str) -> None:
    """Not on what was thrown before."""
    one, other = Dice(seed), Dice(seed)
    other.hits(kind, subject + "x", 0.5)
    assert one.fraction(kind, subject) == other.fraction(kind, subject)
    assert 0 <= one.fraction(kind, subject) < 1


def test_hits_are_as_frequent_as_asked_and_counted() -> None:
    """A thousand throws come close to the probability; never and always are exact."""
    dice = Dice(7)
    hits = sum(dice.hits("drop", str(number), 0.3) for number in range(1000))
    assert 250 < hits < 350
    assert dice.counts["drop"] == hits
    assert not any(dice.hits("none", str(number), 0.0) for number in range(100))
    assert all(dice.hits("all", str(number), 1.0) for number in range(100))
    assert dice.counts["none"] == 0


def test_seeds_differ() -> None:
    """Another seed is another history."""
    assert Dice(1).fraction("a", "b") != Dice(2).fraction("a", "b")
