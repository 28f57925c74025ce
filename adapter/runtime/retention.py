"""What is no longer needed is removed: deliveries, calls, settled logs, sessions that are over."""

from __future__ import annotations

import asyncio

import structlog

from adapter.runtime.clock import Clock
from adapter.runtime.outages import Outages
from adapter.storage.port import Keep, Store

log = structlog.get_logger(__name__)

DAY_MS = 86_400_000
MINUTES = 60
MINUTE_SECONDS = 60.0


class Retention:
    """Prunes the store once an hour, and once a minute of what was kept for minutes only.

    `delivery_days` and `call_days` are days. Sessions, tickets, codes and sign-ins under way go
    when they end: strangers begin those. What is not settled stays, however old.
    """

    def __init__(self, store: Store, clock: Clock, *, delivery_days: int, call_days: int) -> None:
        self._store = store
        self._clock = clock
        self._delivery_ms = delivery_days * DAY_MS
        self._call_ms = call_days * DAY_MS
        self._outages = Outages("retention")

    async def run(self) -> None:
        """Prune until cancelled; a store that fails is asked again later."""
        while True:
            await self._try(self.keep())
            for _ in range(MINUTES - 1):
                await asyncio.sleep(MINUTE_SECONDS)
                await self._try(self.keep_unless_expired())
            await asyncio.sleep(MINUTE_SECONDS)

    async def _try(self, keep: Keep) -> None:
        with self._outages.survived():
            await self._prune(keep)

    async def prune(self) -> int:
        """Once; how many rows went."""
        return await self._prune(self.keep())

    async def _prune(self, keep: Keep) -> int:
        count = await self._store.prune(keep)
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
            sessions_since=now,
        )

    def keep_unless_expired(self) -> Keep:
        """The same, of sessions and what is like them alone."""
        return Keep(sessions_since=self._clock.now())
