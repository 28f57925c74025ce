"""Whether the host of an Asterisk has an address, asked once at a time.

`getaddrinfo` cannot be stopped. Each one that hangs, behind a network that is down, holds one of
the few threads in which the hosts of all orgs are looked up; and we connect again and again.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

KNOWN_SECONDS = 10.0
"""An answer is good for so long, as it is for aiohttp."""


class HostLookup:
    """Of one host, in one event loop."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._asked: asyncio.Future[Any] | None = None
        self._known_until = 0.0

    async def ready(self, seconds: float) -> None:
        """Wait until it may be connected to. Raises TimeoutError while nobody says where it is.

        The connection reports a host that does not exist.
        """
        loop = asyncio.get_running_loop()
        if loop.time() < self._known_until:
            return
        if self._asked is None or self._asked.done():
            self._asked = loop.run_in_executor(None, self._look)
        async with asyncio.timeout(seconds):
            await asyncio.shield(self._asked)
        self._known_until = loop.time() + KNOWN_SECONDS

    def _look(self) -> None:
        try:
            socket.getaddrinfo(self._host, None)
        except OSError:
            return
