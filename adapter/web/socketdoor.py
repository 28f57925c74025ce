"""The door of our sockets: for our own pages, so many from an address, and late for who floods.

A flood is cut after so many frames; whoever reconnects as soon as that has happened would have the
server shake hands all the time. From such an address handshakes are answered late: nobody who
shares it is kept out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from adapter.runtime.clock import Clock
from adapter.web.address import NO_PROXIES, Proxies, address_of
from adapter.web.connection import connection_of, not_yet_a_socket
from adapter.web.middleware import failure, foreign_origin
from adapter.web.throttle import Throttle

SOCKETS_PER_ADDRESS = 2000
FLOODS_PER_MINUTE = 3
LATE_SECONDS = 2.0

Serve = Callable[[web.Request, str], Awaitable[web.StreamResponse]]
"""The whole life of a socket that is let in, by its request and its client's address."""


@dataclass(eq=False, repr=False)
class SocketDoor:
    """One for each endpoint; `clients` names those who connect, in the text of a refusal."""

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
        """Who is there has sent too much: whoever comes from there next waits a little."""
        self._floods.allows(address)


async def first_text(socket: web.WebSocketResponse, seconds: float) -> str:
    """What the first frame says; nothing where it is no text, or does not come in time."""
    try:
        async with asyncio.timeout(seconds):
            frame = await socket.receive()
    except TimeoutError:
        return ""
    return str(frame.data) if frame.type is WSMsgType.TEXT else ""
