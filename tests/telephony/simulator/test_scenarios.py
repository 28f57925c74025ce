"""Which scenario a call plays."""

from typing import Any

import pytest

from adapter.telephony.simulator import scenarios
from adapter.telephony.simulator.chaos import Knobs
from adapter.telephony.simulator.scenarios import Choice, parse
from adapter.telephony.simulator.script import Outcome, Scenario

SETTING = Scenario(talk_seconds=1)
BUSY = Scenario(outcome=Outcome.BUSY)
FAILED = Scenario(outcome=Outcome.FAILED)


def test_a_scenario_is_read_from_json() -> None:
    """With every field, or with none."""
    body = {
        "outcome": "failed",
        "pick_up_seconds": 0.5,
        "ring_seconds": 1,
        "talk_seconds": None,
        "hung_up_by": "agent",
        "cause": 1,
    }
    assert parse(body) == Scenario(
        outcome=Outcome.FAILED,
        pick_up_seconds=0.5,
        ring_seconds=1,
        hung_up_by="agent",
        cause=1,
    )
    assert parse({}) == Scenario()


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "wonderful"},
        {"outcome": None},
        {"surprise": 1},
        {"ring_seconds": "2"},
        {"ring_seconds": True},
        {"talk_seconds": -1},
        {"talk_seconds": 1e9},
        {"talk_seconds": float("nan")},
        {"hung_up_by": "cat"},
        {"taken_by": 7},
        {"fetched_by": ["user_ada"]},
        {"unnamed": "yes"},
        {"greeting": 1},
        {"cause": "17"},
        {"cause": True},
    ],
)
def test_a_scenario_is_validated(body: dict[str, Any]) -> None:
    """Unknown fields, outcomes and types are refused."""
    with pytest.raises(ValueError, match=r"."):
        parse(body)


def test_the_most_specific_scenario_wins() -> None:
    """Number before user before magic digits before the default before the setting."""
    choice = Choice(SETTING)
    assert choice.scenario("u", "+15551230000") is SETTING
    choice.put(BUSY)
    assert choice.scenario("u", "+15551230000") is BUSY
    assert choice.scenario("u", "+15551239004").outcome is Outcome.NOBODY_PICKS_UP
    choice.put(FAILED, user_id="u")
    assert choice.scenario("u", "+15551239004") is FAILED
    assert choice.scenario("other", "+15551230000") is BUSY
    choice.put(SETTING, number="(555) 123-9004")
    assert choice.scenario("u", "+1 555 123 9004") is SETTING


def test_a_number_may_have_faults_of_its_own() -> None:
    """Set with its scenario; a number so set has no magic any more."""
    choice = Choice(SETTING)
    assert choice.knobs("+15551239500") is None
    assert choice.fault("+15551239500") == "status_500"
    choice.put(BUSY, number="+15551239500", knobs=Knobs(hang=1))
    assert choice.knobs("5551239500") == Knobs(hang=1)
    assert choice.fault("+15551239500") is None
    choice.put(BUSY, number="+15550000000")
    assert choice.knobs("+15550000000") is None


def test_the_table_of_magic_numbers_is_complete() -> None:
    """What the docstring promises is what is there."""
    told = scenarios.__doc__ or ""
    for number in [*scenarios.MAGIC, *scenarios.MAGIC_FAULTS]:
        assert f"| {number} |" in told


@pytest.mark.parametrize(
    ("number", "digits"),
    [("+1 (555) 123-4567", "5551234567"), ("5551234567", "5551234567"), ("1001", "1001")],
)
def test_numbers_are_compared_by_their_digits(number: str, digits: str) -> None:
    """A leading NANP 1 does not matter."""
    assert scenarios.digits(number) == digits
