"""Gives a steering driver its stored states and a sink for its events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adapter.runtime.clock import Clock
from adapter.runtime.intake import DeliveryOutcome, Intake, driver_row
from adapter.storage.port import Commit, DriverRow, DriverStore, StaleDriverState, StorageError
from adapter.telephony.port import NotStored, StaleState
from adapter.telephony.updates import DriverState, IncomingDelivery


@contextmanager
def _in_the_drivers_words() -> Iterator[None]:
    """The store's errors as the drivers' port has them."""
    try:
        yield
    except StaleDriverState as error:
        raise StaleState(str(error)) from error
    except StorageError as error:
        raise NotStored(str(error)) from error


class StoredStates:
    """One account's states in the store (telephony.port.DriverStates)."""

    def __init__(self, store: DriverStore, account: str, clock: Clock) -> None:
        self._store = store
        self._account = account
        self._clock = clock

    async def load(self, call_id: str) -> DriverState | None:
        """The state of one call. Raises NotStored."""
        with _in_the_drivers_words():
            row = await self._store.driver_row(self._account, call_id)
        return None if row is None else _state(row)

    async def unfinished(self) -> tuple[DriverState, ...]:
        """The states of all unfinished calls, oldest first. Raises NotStored."""
        with _in_the_drivers_words():
            rows = await self._store.open_driver_rows(self._account)
        return tuple(map(_state, rows))

    async def save(self, *states: DriverState) -> None:
        """Store all states or none. Raises StaleState or NotStored."""
        now = self._clock.now()
        rows = tuple(driver_row(self._account, state, now) for state in states)
        with _in_the_drivers_words():
            await self._store.commit(Commit(states=rows))


def _state(row: DriverRow) -> DriverState:
    return DriverState(row.call_id, row.value, row.version, row.over)


class IntakeSink:
    """Passes a stream's events to the intake (telephony.port.Sink)."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def deliver(self, delivery: IncomingDelivery) -> bool:
        """Commit a delivery; False for a repeated one. Raises StaleState or NotStored."""
        with _in_the_drivers_words():
            outcome = await self._intake.take(delivery)
        return outcome is not DeliveryOutcome.DUPLICATE
