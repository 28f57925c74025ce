"""Removes old deliveries, calls, settled logs and expired sessions."""

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
    """Prunes the store once an hour, and expired sessions once a minute.

    `delivery_days` and `call_days` are days. Sessions, tickets, codes and pending sign-ins are
    removed when they expire, because strangers can create them. Unsettled logs stay, however old.
    """

    def __init__(self, store: Store, clock: Clock, *, delivery_days: int, call_days: int) -> None:
        self._store = store
        self._clock = clock
        self._delivery_ms = delivery_days * DAY_MS
        self._call_ms = call_days * DAY_MS
        self._outages = Outages("retention")

    async def run(self) -> None:
        """Prune until cancelled; survives store failures."""
        while True:
            await self._survive_prune(self.keep())
            for _ in range(MINUTES - 1):
                await asyncio.sleep(MINUTE_SECONDS)
                await self._survive_prune(self.keep_unless_expired())
            await asyncio.sleep(MINUTE_SECONDS)

    async def _survive_prune(self, keep: Keep) -> None:
        with self._outages.survived():
            await self._prune(keep)

    async def prune(self) -> int:
        """Prune once; the number of rows removed."""
        return await self._prune(self.keep())

    async def _prune(self, keep: Keep) -> int:
        count = await self._store.prune(keep)
        if count:
            log.info("retention.pruned", rows=count)
        return count

    def keep(self) -> Keep:
        """What to keep, as of now."""
        now = self._clock.now()
        return Keep(
            deliveries_since=now - self._delivery_ms,
            calls_since=now - self._call_ms,
            settled_logs_since=now - self._call_ms,
            sessions_since=now,
        )

    def keep_unless_expired(self) -> Keep:
        """Keep everything except expired sessions and the like."""
        return Keep(sessions_since=self._clock.now())
