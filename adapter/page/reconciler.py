"""Replicas compare versions, so that a hint which was lost is only a delay.

Law of this file: what a page shows is never older than the store by more than `SECONDS`, as long
as the store answers. Notifications are no queue: who is not connected never hears of them
(https://www.postgresql.org/docs/current/sql-notify.html).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from adapter.page.pages import Pages
from adapter.runtime.agents import Agents
from adapter.storage.port import StorageError, Store

log = structlog.get_logger(__name__)

SECONDS = 2.0
AT_ONCE = 500
"""So many agents are asked about in one query."""


@dataclass(eq=False, repr=False, kw_only=True)
class VersionReconciler:
    """Asks the store for the versions of all agents who have a page here."""

    agents: Agents
    pages: Pages
    store: Store
    seconds: float = SECONDS
    missed: int = field(default=0, init=False)

    async def run(self) -> None:
        """Compare until cancelled; a store that fails is asked again."""
        while True:
            await asyncio.sleep(self.seconds)
            try:
                await self.look()
            except StorageError as error:
                log.error("compare.failed", reason=str(error))
            except Exception as error:  # whatever it is, the comparing must not stop
                log.error("compare.failed", exc_info=error)

    async def look(self) -> int:
        """Every connected agent once; how many the pages here had an older version of."""
        keys = self.pages.keys()
        behind = 0
        for begin in range(0, len(keys), AT_ONCE):
            stored = await self.store.versions(keys[begin : begin + AT_ONCE])
            for key, version in stored.items():
                known = self.agents.cached(key)
                if known is None or known.version < version:
                    behind += 1
                    self.pages.hinted(key, version)
        self.missed += behind
        return behind
