"""Serves /metrics for Prometheus, internally only (the balancer answers 404 outside)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from adapter.metrics import Metrics
from adapter.page.pages import Pages
from adapter.page.reconciler import VersionReconciler
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.storage.port import StorageError
from adapter.storage.sqlstore import SqlStore

log = structlog.get_logger(__name__)

FRESH_MS = 10_000
"""Counts of the store are cached this long."""


@dataclass(eq=False, repr=False)
class MetricsSite:
    """The values that are read only on request, in addition to the counters.

    `orgs`: the ids of the orgs that are set up.
    """

    metrics: Metrics
    store: SqlStore
    agents: Agents
    pages: Pages
    compare: VersionReconciler
    clock: Clock
    orgs: Sequence[str]
    store_trouble: Callable[[], Awaitable[str]]

    def __post_init__(self) -> None:
        self._counted_at = -FRESH_MS
        self._missed_before = 0

    async def scrape(self, request: web.Request) -> web.Response:
        """GET /metrics: all metrics; without the store's counts while it is unavailable.

        Only in this spelling: a proxy that hides it may compare the path undecoded.
        """
        if request.raw_path.partition("?")[0] != "/metrics":
            raise web.HTTPNotFound
        self._set_gauges()
        self.metrics.writable.set(0 if await self.store_trouble() else 1)
        try:
            await self._count_stored()
        except StorageError as error:
            log.warning("metrics.store_unavailable", reason=str(error))
        text = generate_latest(self.metrics.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _set_gauges(self) -> None:
        metrics = self.metrics
        metrics.sockets.set(self.pages.count())
        metrics.hints_missed.inc(self.compare.missed - self._missed_before)
        self._missed_before = self.compare.missed
        states: Counter[str] = Counter()
        for key in tuple(self.pages.keys()):
            snapshot = self.agents.cached(key)
            if snapshot is not None:
                states[snapshot.agent.phase.value] += 1
        metrics.agents.clear()
        for state, count in states.items():
            metrics.agents.labels(state).set(count)

    async def _count_stored(self) -> None:
        now = self.clock.now()
        if now - self._counted_at < FRESH_MS:
            return
        self._counted_at = now
        waiting = await self.store.waiting(now, self.orgs)
        self.metrics.parked.set(waiting.parked)
        self.metrics.logs.clear()
        for (state, age), count in waiting.logs.items():
            self.metrics.logs.labels(state, age).set(count)
