"""A call that we steer: which legs it has, and whether both can talk."""

from __future__ import annotations

import pytest

from adapter.telephony.asterisk.leg import Leg, State
from adapter.telephony.asterisk.steered import Steered, roles, with_leg

UP = State.UP
TALK = Steered(
    "c1",
    "ada",
    devices=(Leg("c1-d0", UP), Leg("c1-d1", State.GONE)),
    party=Leg("c1-dst", UP),
    winner="c1-d0",
    connecting=True,
)


@pytest.mark.parametrize(
    ("role", "name"), [("d", "c1-d1"), ("dst", "c1-dst"), ("t", "c1-t0"), ("c", "c1-c0")]
)
def test_a_leg_takes_the_place_of_its_role(role: str, name: str) -> None:
    """And is found there again."""
    leg = Leg(name, State.RINGING)
    call = with_leg(TALK, role, leg)
    assert (role, leg) in roles(call)
    assert leg in call.legs
    assert len(call.legs) == len({one.id for one in call.legs})


def test_both_can_talk_when_both_are_up() -> None:
    """Not before they were brought together, and not when one hangs up."""
    assert TALK.talks
    assert not with_leg(TALK, "dst", Leg("c1-dst", State.RINGING)).talks
    assert not with_leg(TALK, "d", Leg("c1-d0", UP, gone_at=9)).talks
    assert not Steered("c1", "ada").talks
