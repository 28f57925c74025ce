"""Admits sockets: only from our own pages, a few per address, and late after floods.

A flooding socket is cut after a number of frames, and instant reconnects would keep the server busy
with handshakes. So handshakes from its address are answered late, without shutting out others who
share it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from adapter.runtime.clock import Clock
from adapter.web.http.address import NO_PROXIES, Proxies, address_of
from adapter.web.http.connection import connection_of, not_yet_a_socket
from adapter.web.http.middleware import failure, foreign_origin
from adapter.web.http.throttle import Throttle

SOCKETS_PER_ADDRESS = 2000
FRAMES_PER_MINUTE = 100
"""Frames that one socket may send, also all at once."""

FLOODS_PER_MINUTE = 3
LATE_SECONDS = 2.0

Serve = Callable[[web.Request, str], Awaitable[web.StreamResponse]]
"""Serves an admitted socket until it ends, given its request and client address."""


@dataclass(eq=False, repr=False)
class SocketDoor:
    """The door of one endpoint; `clients` names those who connect, in the text of a refusal."""

    clients: str
    clock: Clock
    own_origin: str
    sockets_per_address: int = SOCKETS_PER_ADDRESS
    proxies: Proxies = NO_PROXIES

    def __post_init__(self) -> None:
        self._sockets: Counter[str] = Counter()
        self._floods = Throttle(FLOODS_PER_MINUTE, self.clock)
        self.draining = False

    async def let_in(self, request: web.Request, serve: Serve) -> web.StreamResponse:
        """Serve the socket, or answer why not."""
        if request.headers.get("Origin") != self.own_origin:
            return foreign_origin()
        if self.draining:
            return failure(
                503, "draining", "This replica is shutting down. Try again.", **{"Retry-After": "1"}
            )
        address = address_of(request, self.proxies)
        if self._sockets[address] >= self.sockets_per_address:
            text = f"Too many {self.clients} are connected from your address."
            return failure(429, "too-many", text)
        connection = connection_of(request)
        self._sockets[address] += 1
        try:
            if self._floods.is_out(address):
                await asyncio.sleep(LATE_SECONDS)
            return not_yet_a_socket(request) or await serve(request, address)
        finally:
            if connection is not None and connection.is_flooded:
                self.note_flood(address)
            self._sockets[address] -= 1
            if not self._sockets[address]:
                del self._sockets[address]

    def note_flood(self, address: str) -> None:
        """Note a flood, so the next sockets from its address wait a little."""
        self._floods.allows(address)


async def first_text(socket: web.WebSocketResponse, seconds: float) -> str:
    """The first frame's text; empty if it is not text or is late."""
    try:
        async with asyncio.timeout(seconds):
            frame = await socket.receive()
    except TimeoutError:
        return ""
    return str(frame.data) if frame.type is WSMsgType.TEXT else ""
