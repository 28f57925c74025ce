"""Who has flooded a socket may come back, but not at once.

A flood is cut after so many frames; whoever reconnects as soon as that has happened would have the
server shake hands all the time. From such an address handshakes are answered late: nobody who
shares it is kept out.
"""

from __future__ import annotations

import asyncio

from adapter.runtime.clock import Clock
from adapter.web.throttle import Throttle

FLOODS_PER_MINUTE = 3
LATE_SECONDS = 2.0


class Floods:
    """The floods of the last minute, by address."""

    def __init__(self, clock: Clock, late_seconds: float = LATE_SECONDS) -> None:
        self._seen = Throttle(FLOODS_PER_MINUTE, clock)
        self._late_seconds = late_seconds

    def note(self, address: str) -> None:
        """One more from there."""
        self._seen.allows(address)

    async def hold_back(self, address: str) -> None:
        """Wait a while, if there were many."""
        if self._seen.is_out(address):
            await asyncio.sleep(self._late_seconds)
