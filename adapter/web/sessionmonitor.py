"""Sockets live no longer than the sign-in that let them in, wherever that ended.

A sign-out here ends them at once (each kind's own `sign_out`). One at another replica
comes as a hint; a hint that was lost, and a session that has grown too old, are found by looking
once a minute. A page or board that is connected keeps its session in use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from adapter.core.model import AgentKey
from adapter.page.pages import Pages
from adapter.runtime.outages import Outages
from adapter.runtime.tasks import Tasks
from adapter.web.boardfeed import BoardFeeds
from adapter.web.phonelines import PhoneLines
from adapter.web.sessions import Sessions

WATCH_SECONDS = 60.0

SIGNED_OUT = 0
"""The hint that some of an agent's sign-ins are over: no commit makes this version."""


@dataclass(eq=False, repr=False)
class SessionMonitor:
    """Looks at the sessions of all connected pages, boards and phones once a minute."""

    pages: Pages
    boards: BoardFeeds
    phones: PhoneLines
    sessions: Sessions
    tasks: Tasks
    seconds: float = WATCH_SECONDS

    def hinted(self, key: AgentKey, version: int) -> None:
        """Somebody signed out at some replica (a listener of the hints)."""
        if version != SIGNED_OUT:
            return
        here = {page.session for page in self.pages.of(key)} | self.boards.sessions_of(key)
        here |= self.phones.sessions_of(key)
        if here:
            self.tasks.start(f"look at the sign-ins of {key}", self.look_at(here))

    async def run(self) -> None:
        """Watch until cancelled; a store that fails is asked again later."""
        outages = Outages("watch")
        while True:
            await asyncio.sleep(self.seconds)
            with outages.survived():  # else nobody who signed out elsewhere is let go any more
                await self.look()

    async def look(self) -> None:
        """Every session once."""
        pages, boards = self.pages.everyone(), self.boards.everyone()
        held = {p.session for p in pages} | {b.session for b in boards}
        await self.look_at(held | {phone.session for phone in self.phones.everyone()})

    async def look_at(self, sessions: Iterable[str]) -> None:
        """These sessions (by their ids); raises StorageError."""
        for session in sessions:
            if await self.sessions.keep(session) is None:
                self.pages.sign_out(session)
                self.boards.sign_out(session)
                self.phones.sign_out(session)
