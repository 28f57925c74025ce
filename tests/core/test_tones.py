"""What went well is told as such; what nobody knows of is told as bad news."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.model import Answer, Notice
from adapter.core.policy import Policy
from adapter.core.tones import tone_of
from adapter.core.view import view
from tests.core.people import IDLE


@pytest.mark.parametrize(
    ("code", "tone"),
    [
        ("placed", "quiet"),
        ("done", "quiet"),
        ("transferred", "good"),
        ("still-up", "info"),
        ("confirm-repeat", "warning"),
        ("unknown-outcome", "warning"),
        ("not-picked-up", "warning"),
        ("extension", "warning"),
        ("wrong-country", "warning"),
        ("refused-premium", "error"),
        ("busy", "error"),
        ("unheard-of", "error"),
    ],
)
def test_each_code_has_its_tone(code: str, tone: str) -> None:
    """A transfer that was done is good news; a refusal is not."""
    assert tone_of(code) == tone


def test_answers_and_notices_carry_their_tone_to_the_page() -> None:
    """The page is told how to take it, and keeps no list of its own."""
    answers = (Answer("r", "transferred", "The call was transferred.", 1),)
    notices = (Notice("n", "still-up", "It goes on.", 1),)
    told = view(replace(IDLE, answers=answers, notices=notices), (), Policy(), {})
    assert (told["answers"][0]["tone"], told["notices"][0]["tone"]) == ("good", "info")
