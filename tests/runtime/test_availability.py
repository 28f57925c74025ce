"""A wish for no calls, at the phone system."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.core.availability import Applied, AvailabilityChosen, Status
from adapter.core.effects import SetAvailability
from adapter.core.model import TelephonyUser
from adapter.runtime.availability import set_availability
from adapter.storage.sqlite import SqliteStore
from adapter.telephony.port import Rejected, Unknown
from tests.runtime.conftest import ADA, Bench, HandClock, HandProvider, a_bench

LINE = TelephonyUser("acct", "user_ada")
AWAY, DND, AVAILABLE = Status.AWAY, Status.DO_NOT_DISTURB, Status.AVAILABLE


class Pausing(HandProvider):
    """A provider that keeps calls from its users; `queued` ones only from queues."""

    refusal: Exception | None = None
    queued = True

    async def pause(self, user_id: str, status: Status, on: bool, reason: str = "") -> bool:
        """As the test says."""
        if self.refusal is not None:
            raise self.refusal
        self.asked.append(("pause", user_id, status.value, str(on), reason))
        return status is DND or self.queued


def wish(held: Status, *undo: Status, reason: str = "") -> SetAvailability:
    """A request of five o'clock."""
    return SetAvailability(LINE, 17, held, reason, undo)


async def test_the_old_state_is_released_before_the_new_one_is_set() -> None:
    """In that order: at no moment both."""
    provider = Pausing()
    lunch = wish(AWAY, DND, reason="Lunch")
    told = await set_availability(provider, ADA, lunch, lambda: 18)
    assert (told.asked_at, told.held, told.applied) == (17, AWAY, Applied.DONE)
    assert provider.asked == [
        ("pause", "user_ada", "do-not-disturb", "False", ""),
        ("pause", "user_ada", "away", "True", "Lunch"),
    ]


async def test_an_available_agent_holds_no_state() -> None:
    """Only what was held is given up."""
    provider = Pausing()
    told = await set_availability(provider, ADA, wish(AVAILABLE, AWAY), lambda: 18)
    assert told.applied is Applied.DONE
    assert provider.asked == [("pause", "user_ada", "away", "False", "")]


async def test_an_agent_in_no_queue_is_only_shown() -> None:
    """There is nothing to pause."""
    provider = Pausing()
    provider.queued = False
    told = await set_availability(provider, ADA, wish(AWAY), lambda: 18)
    assert told.applied is Applied.SHOWN


@pytest.mark.parametrize(
    ("error", "applied"),
    [
        (Rejected("no", "not now"), Applied.REFUSED),
        (Unknown("lost"), Applied.UNKNOWN),
        (KeyError("a driver's bug"), Applied.UNKNOWN),
    ],
)
async def test_a_failure_is_reported_by_its_kind(error: Exception, applied: Applied) -> None:
    """Surely not, or perhaps."""
    provider = Pausing()
    provider.refusal = error
    assert (await set_availability(provider, ADA, wish(DND), lambda: 18)).applied is applied


async def test_a_driver_without_availability_says_so() -> None:
    """Nor does an account that is gone."""
    for driver in (HandProvider(), None):
        told = await set_availability(driver, ADA, wish(DND), lambda: 18)
        assert told.applied is Applied.REFUSED


async def test_an_availability_change_is_answered_with_the_phone_systems_state(
    tmp_path: Path,
) -> None:
    """From the agent's choice to the agent's value."""
    clock, provider = HandClock(), Pausing()
    store = await SqliteStore.open(tmp_path / "test.db", clock_ms=clock.now)
    async with a_bench(store, clock, provider) as bench:
        await _pauses(bench)
    assert provider.asked[-1] == ("pause", "user_ada", "do-not-disturb", "True", "")


async def _pauses(bench: Bench) -> None:
    await bench.greet()
    await bench.agents.handle(ADA, AvailabilityChosen(bench.clock.at, DND))
    await bench.settle()
    now = (await bench.agents.snapshot(ADA)).agent.availability
    assert (now.status, now.applied) == (DND, Applied.DONE)
