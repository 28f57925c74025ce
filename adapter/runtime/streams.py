"""Listens to a provider's stream in one process at a time, the holder of the lease.

Law of this file: a process that cannot prove that it still has the lease stops listening before
another may begin. If two listen at once all the same (a clock jumped), writes are fenced: states
are compared and set, and equal events have equal ids.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from structlog.contextvars import bind_contextvars

from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks
from adapter.storage.port import DriverStore, StorageError
from adapter.telephony.port import Sink, StreamDriver

log = structlog.get_logger(__name__)

LEASE_MS = 15_000
"""How long nobody listens after a process died; replicas' clocks must differ by much less."""

RENEW_SECONDS = 5.0
"""The renewal may fail twice before the lease expires."""

AGAIN_SECONDS = 1.0
"""The pause after a stream has ended, and between attempts to take the lease."""


@dataclass(eq=False, repr=False, kw_only=True)
class Stream:
    """One account's stream. `holder` uniquely names this process."""

    account: str
    driver: StreamDriver
    sink: Sink
    store: DriverStore
    clock: Clock
    tasks: Tasks
    holder: str
    renew_seconds: float = RENEW_SECONDS
    again_seconds: float = AGAIN_SECONDS

    def __post_init__(self) -> None:
        self._name = f"stream {self.account}"
        self._until = 0

    async def run(self) -> None:
        """Listen while the lease is ours, until cancelled; then release it."""
        try:
            while True:
                try:
                    if await self._has_lease():
                        await self._listen_while_ours()
                except Exception as error:  # the process must try again after any error
                    log.error("stream.lease_failed", account=self.account, exc_info=error)
                await asyncio.sleep(self.again_seconds)
        finally:
            await asyncio.shield(self._release())

    async def _has_lease(self) -> bool:
        now = self.clock.now()
        until = now + LEASE_MS
        try:
            async with asyncio.timeout(self.renew_seconds):
                taken = await self.store.take_lease(self._name, self.holder, now, until)
        except (StorageError, TimeoutError) as error:
            log.warning("stream.lease_unknown", account=self.account, reason=str(error))
            return self.clock.now() < self._until - round(self.renew_seconds * 1000)
        self._until = until if taken else 0
        return taken

    async def _listen_while_ours(self) -> None:
        log.info("stream.listening", account=self.account)
        listening = self.tasks.start(self._name, self._listen())
        try:
            while not listening.done():
                await asyncio.wait([listening], timeout=self.renew_seconds)
                if not listening.done() and not await self._has_lease():
                    log.warning("stream.lease_lost", account=self.account)
                    break
        finally:
            listening.cancel()
            await asyncio.wait([listening])

    async def _listen(self) -> None:
        bind_contextvars(account=self.account)  # of this task, for the driver's lines
        try:
            await self.driver.run(self.sink)
            log.warning("stream.ended", account=self.account)
        except Exception as error:  # the next attempt may succeed
            log.error("stream.failed", account=self.account, exc_info=error)

    async def _release(self) -> None:
        try:
            await self.store.release_lease(self._name, self.holder)
        except StorageError as error:
            log.warning("stream.lease_kept", account=self.account, reason=str(error))
