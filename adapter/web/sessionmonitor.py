"""Closes sockets whose sign-in has ended, here or at another replica.

A sign-out here closes them at once (each kind's own `sign_out`), one at another replica by a hint.
Lost hints and expired sessions are found by a check once a minute. A connected page or board keeps
its session in use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from adapter.core.model import AgentKey
from adapter.page.registry import Registry
from adapter.runtime.outages import Outages
from adapter.runtime.tasks import Tasks
from adapter.web.board.feed import BoardFeeds
from adapter.web.phones.lines import PhoneLines
from adapter.web.signin.sessions import Sessions

WATCH_SECONDS = 60.0

Holder: TypeAlias = Registry | BoardFeeds | PhoneLines
"""All sockets of a kind: pages, boards, phones."""


@dataclass(eq=False, repr=False)
class SessionMonitor:
    """Checks the sessions of all connected pages, boards and phones once a minute."""

    holders: Sequence[Holder]
    sessions: Sessions
    tasks: Tasks
    seconds: float = WATCH_SECONDS

    def hinted(self, key: AgentKey, _version: int) -> None:
        """An agent has signed out at some replica (a listener of the hints)."""
        here = {session for holder in self.holders for session in holder.sign_ins(key)}
        if here:
            self.tasks.start(f"look at the sign-ins of {key}", self.look_at(here))

    async def run(self) -> None:
        """Watch until cancelled; store failures are retried later."""
        outages = Outages("watch")
        while True:
            await asyncio.sleep(self.seconds)
            with outages.survived():  # otherwise sign-outs elsewhere would no longer be noticed
                await self.look()

    async def look(self) -> None:
        """Check every session once."""
        await self.look_at({session for held in self.holders for session in held.sign_ins()})

    async def look_at(self, sessions: Iterable[str]) -> None:
        """Check these sessions, by id. Raises StorageError."""
        for session in sessions:
            if await self.sessions.keep(session) is None:
                for holder in self.holders:
                    holder.sign_out(session)
