"""Whether a call is but the agent's own leg of a placed one."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.facts import Facts
from adapter.core.model import Agent, AwaitingCdr, Call, Wrapup
from adapter.core.ownleg import SAME_TIME_MS, is_own_leg, may_be_own_leg
from tests.core.people import IDLE, NUMBER, T0, after, click, known

PLACED = after(IDLE, [click()]).agent
ENDED = T0 + 30_000


@pytest.mark.parametrize(
    ("facts", "is_leg"),
    [
        (known(number=NUMBER, started=T0 + 500), True),
        (known(number="2125550123", started=T0 - SAME_TIME_MS), True),
        (known(number=NUMBER, started=T0 - SAME_TIME_MS - 1), False),
        (known(number="+442079460958", started=T0 + 500), False),
        (known(number="+442079460958"), False),
        (known(number=NUMBER, started=T0 + 500, connected=T0 + 900), False),
        (known(started=T0 + 500), None),
        (known(number=NUMBER), None),
        (known(), None),
        (known(started=T0 + 90_000), False),
    ],
)
def test_a_leg_is_recognized_by_its_number_and_time(facts: Facts, is_leg: bool | None) -> None:
    """One of them is not enough; one that does not fit is."""
    assert is_own_leg(PLACED, facts, ENDED) is is_leg
    assert is_own_leg(IDLE, facts, ENDED) is False


def test_a_number_dialed_with_a_prefix_is_recognized_too() -> None:
    """The provider tells what it was given."""
    call = replace(PLACED.calls[0], dialed="9" + NUMBER[1:])
    facts = known(number="9" + NUMBER[1:], started=T0)
    assert is_own_leg(replace(PLACED, calls=(call,)), facts, ENDED)


def test_a_call_back_after_the_call_is_not_a_leg() -> None:
    """The placed call's end is known, if it has one."""
    over = PLACED.with_call(PLACED.calls[0].at_stage(Wrapup(T0 + 9_000, T0 + 90_000)))
    assert is_own_leg(over, known(number=NUMBER, started=T0 + 9_000), ENDED)
    assert is_own_leg(over, known(number=NUMBER, started=T0 + 20_000), ENDED) is False


def beside(**changed: object) -> tuple[Agent, Call]:
    """A call of which only the end was told, beside a placed one."""
    call = Call("c2", "", ENDED, AwaitingCdr(ENDED, ENDED + 5_000), known(started=T0 + 500))
    changed_call = replace(call, **changed)
    return PLACED.with_call(changed_call), changed_call


def test_only_a_call_reported_by_its_end_alone_may_be_a_leg() -> None:
    """What rang here, or was placed here, is a call."""
    assert may_be_own_leg(*beside()) is None
    assert may_be_own_leg(*beside(facts=known(number=NUMBER, started=T0 + 500))) is True
    assert may_be_own_leg(*beside(opened_at=T0 + 4_000)) is False
    assert may_be_own_leg(*beside(request_id="r2")) is False
    assert may_be_own_leg(*beside(stage=Wrapup(ENDED, ENDED + 9))) is False
