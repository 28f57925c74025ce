"""Whether the store accepts writes: known from recent commits, else tried.

With a full disk reading still works; a replica that can only read must get no traffic.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from adapter.runtime.clock import Clock
from adapter.storage.journal import BatchDone
from adapter.storage.port import StorageError

FRESH_MS = 5_000
"""How long a commit proves that the store is writable."""


class Writable:
    """Whether this process's store accepts writes.

    `try_writing` commits something that changes nothing. Raises StorageError.
    """

    def __init__(self, try_writing: Callable[[], Awaitable[None]], clock: Clock) -> None:
        self._try_writing = try_writing
        self._clock = clock
        self._proved_at: int | None = None

    def note(self, done: BatchDone) -> None:
        """Note whether a batch was stored."""
        self._proved_at = None if done.outage else self._clock.now()

    async def check(self) -> None:
        """Check that the store is writable. Raises StorageError with the reason."""
        now = self._clock.now()
        if self._proved_at is not None and abs(now - self._proved_at) < FRESH_MS:
            return
        try:
            await self._try_writing()
        except StorageError:
            self._proved_at = None
            raise
        self._proved_at = now
