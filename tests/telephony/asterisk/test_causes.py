"""Every row of Asterisk's table of causes becomes the outcome that a person would name."""

import pytest

from adapter.core.facts import Outcome
from adapter.telephony.asterisk.causes import outcome_of

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
def test_a_cause_is_told_as_what_it_means(
    cause: int | None, sip: int | None, outcome: Outcome
) -> None:
    """Also where an older Asterisk does not say the SIP code."""
    assert outcome_of(cause, sip) is outcome
