"""Every row of Asterisk's table of causes becomes the outcome that a person would name."""

import pytest

from adapter.core.facts import Outcome, PhoneRefusal
from adapter.telephony.asterisk.causes import BY_REFUSAL, outcome_of, phone_refusal
from adapter.telephony.asterisk.leg import Leg, State

TABLE: dict[Outcome, list[tuple[int | None, int | None]]] = {
    Outcome.BUSY: [(17, 486), (17, 600)],
    Outcome.NO_ANSWER: [(19, 480), (18, 408), (16, None), (26, None), (None, None)],
    Outcome.REJECTED: [(21, 603), (21, 403), (127, 607)],
    Outcome.WRONG_NUMBER: [(1, 404), (1, 604), (28, 484), (22, 410)],
    Outcome.UNREACHABLE: [(27, 502), (20, None), (3, None)],
    Outcome.FAILED: [
        *((127, 400), (127, 406), (127, 487), (34, 503), (38, 500), (102, 504)),
        *((29, 501), (58, 488), (58, 606), (0, None), (44, None), (127, None), (99, None)),
    ],
}


@pytest.mark.parametrize(
    ("cause", "sip", "outcome"),
    [(cause, sip, outcome) for outcome, rows in TABLE.items() for cause, sip in rows],
)
def test_a_cause_is_translated_into_its_outcome(
    cause: int | None, sip: int | None, outcome: Outcome
) -> None:
    """Also where an older Asterisk does not say the SIP code."""
    assert outcome_of(cause, sip) is outcome


def device(number: int, cause: int | None, *, rang: bool = True, sip: int | None = None) -> Leg:
    """A phone of the agent that was not picked up."""
    return Leg(f"c1-d{number}", State.GONE, cause=cause, tech_cause=sip, rang=rang)


@pytest.mark.parametrize(
    ("legs", "refusal"),
    [
        ([device(0, 21)], PhoneRefusal.DECLINED),
        ([device(0, 127, sip=607)], PhoneRefusal.DECLINED),
        ([device(0, 19), device(1, 21)], PhoneRefusal.DECLINED),
        ([device(0, 17, rang=False)], PhoneRefusal.BUSY),
        ([device(0, 19)], None),
        ([device(0, 19, rang=False)], PhoneRefusal.UNREACHABLE),
        ([device(0, 41, rang=False), device(1, 19)], None),
        ([device(0, 16, rang=False)], None),
        ([device(0, None, rang=False)], None),
        ([], None),
    ],
)
def test_the_reason_why_no_phone_was_picked_up(
    legs: list[Leg], refusal: PhoneRefusal | None
) -> None:
    """One that rang in vain was not picked up; what we let go of ourselves refused nothing."""
    assert phone_refusal(legs) is refusal
    assert refusal is None or refusal in BY_REFUSAL
