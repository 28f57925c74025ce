"""Whether anything can be stored: known from commits, and tried where there were none lately.

Reading goes on with a full disk; a replica that can only read must have no traffic.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from adapter.runtime.clock import Clock
from adapter.storage.journal import BatchDone
from adapter.storage.port import StorageError

FRESH_MS = 5_000
"""So long a commit proves that there can be another."""


class Writable:
    """One process' knowledge of its store.

    `try_writing` commits something that changes nothing. Raises StorageError.
    """

    def __init__(self, try_writing: Callable[[], Awaitable[None]], clock: Clock) -> None:
        self._try_writing = try_writing
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
            await self._try_writing()
        except StorageError:
            self._proved_at = None
            raise
        self._proved_at = now
