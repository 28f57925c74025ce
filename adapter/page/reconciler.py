"""Replicas compare versions with the store, so a lost hint only causes a delay.

Law of this file: while the store answers, a page's view is at most `SECONDS` older than the
store. PostgreSQL does not queue notifications for a client that is not connected
(https://www.postgresql.org/docs/current/sql-notify.html).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from adapter.page.pages import Pages
from adapter.runtime.agents import Agents
from adapter.runtime.outages import Outages
from adapter.storage.port import Store

SECONDS = 2.0
AT_ONCE = 500
"""Agents per query."""


@dataclass(eq=False, repr=False, kw_only=True)
class VersionReconciler:
    """Compares the versions of all agents who have a page here with the store's."""

    agents: Agents
    pages: Pages
    store: Store
    seconds: float = SECONDS
    missed: int = field(default=0, init=False)

    async def run(self) -> None:
        """Compare until cancelled; try again after an error."""
        outages = Outages("compare")
        while True:
            await asyncio.sleep(self.seconds)
            with outages.survived():
                await self.look()

    async def look(self) -> int:
        """Check every connected agent once; the number whose pages had an older version."""
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
