"""Whether anything can be stored: known from commits, and tried where there were none lately.

Reading goes on with a full disk; a replica that can only read must have no traffic.
"""

from __future__ import annotations

from typing import Protocol

from adapter.runtime.clock import Clock
from adapter.storage.journal import BatchDone
from adapter.storage.port import StorageError

FRESH_MS = 5_000
"""So long a commit proves that there can be another."""


class Tried(Protocol):
    """The part of the store that is asked."""

    async def try_writing(self) -> None:
        """Commit something that changes nothing. Raises StorageError."""


class Writable:
    """One process' knowledge of its store."""

    def __init__(self, store: Tried, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._proved_at: int | None = None

    def note(self, done: BatchDone) -> None:
        """A batch is through: whether it was stored."""
        self._proved_at = None if done.outage else self._clock.now()

    async def check(self) -> None:
        """Nothing, if it can be written. Raises StorageError, with the reason."""
        now = self._clock.now()
        if self._proved_at is not None and abs(now - self._proved_at) < FRESH_MS:
            return
        try:
            await self._store.try_writing()
        except StorageError:
            self._proved_at = None
            raise
        self._proved_at = now
