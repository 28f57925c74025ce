"""A few dozen calls on the stand-in under faults; `python -m qa.asterisk.chaos` plays thousands."""

import pytest

from qa.asterisk import chaos


@pytest.mark.slow
@pytest.mark.timeout(300)
# Who is killed here dies with sockets in this very process, which closes none of them.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_no_call_is_doubled_or_left_when_steering_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed, replaced, cut off, or the exchange killed: each call has one end."""
    monkeypatch.setattr(chaos, "FAULT_SECONDS", (0.5, 2))
    found = await chaos.run(60, 3)
    assert found["wrong"] == []
    assert found["channels_left"] == 0
    assert found["faults"]
