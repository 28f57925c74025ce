"""Whether events still come over a connection that stands.

Asterisk may forget an application while its socket stays open and answers pings: after a pause of
its machine, a connection that we had given up can register it and, when that ends, unregister it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from adapter.telephony.asterisk.rest import GONE
from adapter.telephony.port import Rejected, Unknown

QUIET_SECONDS = 5.0
"""After so long without an event, one is asked for."""

ANSWER_SECONDS = 5.0
"""How long that event may take; usually milliseconds."""


class Pulse:
    """Of one connection. `ask` requests an event; it may raise Rejected or Unknown."""

    def __init__(self, ask: Callable[[], Awaitable[None]]) -> None:
        self._ask = ask
        self._events = 0

    def beat(self) -> None:
        """Note that an event came."""
        self._events += 1

    async def stops(self) -> None:
        """Return once no event comes, although one was asked for."""
        while True:
            before = self._events
            await asyncio.sleep(QUIET_SECONDS)
            if self._events != before or not await self._was_asked():
                continue
            await asyncio.sleep(ANSWER_SECONDS)
            if self._events == before:
                return

    async def _was_asked(self) -> bool:
        """Whether Asterisk took the request, or has no such application."""
        try:
            await self._ask()
        except Rejected as error:
            return error.code == GONE
        except Unknown:
            return False
        return True
