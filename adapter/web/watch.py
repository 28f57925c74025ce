"""Sockets live no longer than the sign-in that let them in, wherever that ended.

A sign-out here ends them at once (`Pages.sign_out`); one at another replica, and a session that
has grown too old, are found by looking. A page that is connected keeps its session in use.
"""

from __future__ import annotations

import asyncio

import structlog

from adapter.runtime.pages import Pages
from adapter.storage.port import StorageError
from adapter.web.sessions import Sessions

log = structlog.get_logger(__name__)

WATCH_SECONDS = 60.0


class Watch:
    """Looks at the sessions of all connected pages once a minute."""

    def __init__(self, pages: Pages, sessions: Sessions, seconds: float = WATCH_SECONDS) -> None:
        self._pages = pages
        self._sessions = sessions
        self._seconds = seconds

    async def run(self) -> None:
        """Watch until cancelled; a store that fails is asked again later."""
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self.look()
            except StorageError as error:
                log.error("watch.failed", reason=str(error))

    async def look(self) -> None:
        """Every session once."""
        for session in {page.session for page in self._pages.everyone()}:
            if await self._sessions.keep(session) is None:
                self._pages.sign_out(session)
