"""What an agent wants, as a value."""

from __future__ import annotations

import pytest

from adapter.core.availability import ALWAYS_AVAILABLE, Applied, Availability, Status


def test_an_agent_is_away_only_after_saying_so() -> None:
    """Rows of the release before hold nothing of it."""
    assert Availability() == ALWAYS_AVAILABLE
    assert ALWAYS_AVAILABLE.status is Status.AVAILABLE


@pytest.mark.parametrize(
    ("status", "applied", "silent"),
    [
        (Status.DO_NOT_DISTURB, Applied.DONE, True),
        (Status.DO_NOT_DISTURB, Applied.SHOWN, False),
        (Status.AWAY, Applied.DONE, False),
    ],
)
def test_phones_are_silent_only_if_the_phone_system_supports_it(
    status: Status, applied: Applied, silent: bool
) -> None:
    """What is only shown keeps no phone from ringing."""
    assert Availability(status, applied=applied).is_silent is silent
