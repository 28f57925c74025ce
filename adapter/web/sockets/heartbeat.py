"""Sends each softphone a message at regular intervals, even if there is no news.

Scripts cannot see a WebSocket's ping frames. Without this, a page whose connection has died
silently (a VPN, a NAT or a proxy that dropped it) would show an idle agent while calls ring, until
the browser's TCP gives up after minutes (https://www.rfc-editor.org/rfc/rfc9293#section-3.8.3).
"""

from __future__ import annotations

import asyncio

from adapter.page.frames import frame
from adapter.runtime.clock import Clock
from adapter.web.sockets.outbox import Outbox

BEAT_SECONDS = 15.0
"""A page reconnects after 40 silent seconds (web/softphone/silence.js)."""

AT_ONCE = 200
"""Messages between two turns of the event loop."""


class Heartbeat:
    """Tells the sockets that were added that they are alive."""

    def __init__(self, clock: Clock, seconds: float = BEAT_SECONDS) -> None:
        self._clock = clock
        self._seconds = seconds
        self._outboxes: set[Outbox] = set()

    def add(self, outbox: Outbox) -> None:
        """Begin with a socket."""
        self._outboxes.add(outbox)

    def remove(self, outbox: Outbox) -> None:
        """End with a socket."""
        self._outboxes.discard(outbox)

    def count(self) -> int:
        """The number of sockets."""
        return len(self._outboxes)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await asyncio.sleep(self._seconds)
            await self.beat()

    async def beat(self) -> None:
        """Send once to every socket that has no unread data."""
        for number, outbox in enumerate(tuple(self._outboxes), 1):
            if outbox.is_idle:
                outbox.send(frame({"type": "ping", "now": self._clock.now()}))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
