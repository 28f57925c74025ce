"""What is no longer needed is removed: deliveries, calls, settled logs, sessions that are over."""

from __future__ import annotations

import asyncio

import structlog

from adapter.runtime.clock import Clock
from adapter.storage.port import Keep, StorageError, Store

log = structlog.get_logger(__name__)

DAY_MS = 86_400_000
HOUR_SECONDS = 3_600.0


class Retention:
    """Prunes the store once an hour.

    `delivery_days` and `call_days` are days. Sessions, tickets and codes go a day after their
    end. What is not settled stays, however old.
    """

    def __init__(self, store: Store, clock: Clock, *, delivery_days: int, call_days: int) -> None:
        self._store = store
        self._clock = clock
        self._delivery_ms = delivery_days * DAY_MS
        self._call_ms = call_days * DAY_MS

    async def run(self) -> None:
        """Prune until cancelled; a store that fails is asked again an hour later."""
        while True:
            try:
                await self.prune()
            except StorageError as error:
                log.error("retention.failed", reason=str(error))
            await asyncio.sleep(HOUR_SECONDS)

    async def prune(self) -> int:
        """Once; how many rows went."""
        count = await self._store.prune(self.keep())
        if count:
            log.info("retention.pruned", rows=count)
        return count

    def keep(self) -> Keep:
        """What must be kept as of now."""
        now = self._clock.now()
        return Keep(
            deliveries_since=now - self._delivery_ms,
            calls_since=now - self._call_ms,
            settled_logs_since=now - self._call_ms,
            sessions_since=now - DAY_MS,
        )
