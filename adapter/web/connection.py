"""One connection's guard: it stands between the network and whoever reads the bytes.

Law of this file: nothing is read that was not counted. It knows where a request's head ends and
how many frames a WebSocket has sent, control frames too, before a parser sees one of them.
"""

from __future__ import annotations

import asyncio
import struct
from enum import Enum, auto
from typing import Protocol, cast

import structlog
from aiohttp import web

from adapter.web.address import client_key
from adapter.web.frames import FrameCounter
from adapter.web.middleware import Handler, failure

log = structlog.get_logger(__name__)

FRAMES_PER_MINUTE = 200
"""Twice the messages that a page may send: pongs and fragments are frames, too."""

FLOOD = 4009
GOODBYE_SECONDS = 3.0
_GOODBYE = struct.pack(">BBH", 0x88, 2, FLOOD)
"""A close frame (https://datatracker.ietf.org/doc/html/rfc6455#section-5.5.1)."""

_HEAD_END = b"\r\n\r\n"


class State(Enum):
    """What a connection does."""

    WAITING = auto()
    """Its request is not here yet, or not whole."""
    BUSY = auto()
    """Its request is being answered."""
    IDLE = auto()
    """It is kept for a further request, of which nothing is here."""
    SOCKET = auto()
    """It is a WebSocket."""


class Doorkeeper(Protocol):
    """Who knows all connections."""

    def now(self) -> float:
        """Seconds of a clock that never steps back."""

    def admit(self, connection: Connection) -> asyncio.Protocol | None:
        """Who reads what it brings; None if there is no room for it."""

    def forget(self, connection: Connection) -> None:
        """It is gone."""


class Connection(asyncio.Protocol):
    """One connection; `reader` gets what it brings.

    `address` is the other end's, `peer` as limits tell clients apart; `since`: when `state` began.
    """

    def __init__(self, keeper: Doorkeeper) -> None:
        self._keeper = keeper
        self._edge = b""
        self._frames = FrameCounter()
        self._left = float(FRAMES_PER_MINUTE)
        self._counted_at = 0.0
        self.reader: asyncio.Protocol = asyncio.Protocol()
        self.transport: asyncio.Transport
        self.address = self.peer = ""
        self.state = State.WAITING
        self.since = keeper.now()
        self.is_flooded = False
        self.beyond = 0
        """How many bytes came behind the head of the request that is being read or answered."""

    # --- what the network says -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open: let in, or closed at once."""
        self.transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self.peer = client_key(self.address)
        reader = self._keeper.admit(self)
        if reader is None:
            self.transport.abort()
            return
        self.hand_over(reader)

    def data_received(self, data: bytes) -> None:
        """A piece, for whoever reads."""
        if self.state is State.SOCKET:
            if self._is_flood(data):
                self._end_flood()
                return
        elif self.state is State.BUSY:
            self.beyond += len(data)
        else:
            self._note_head(data)
        self.reader.data_received(data)

    def eof_received(self) -> bool | None:
        """The other end has said all that it will."""
        return self.reader.eof_received()

    def pause_writing(self) -> None:
        """The other end does not read."""
        self.reader.pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self.reader.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._keeper.forget(self)
        self.reader.connection_lost(exc)

    # --- what its reader says --------------------------------------------------------------------

    def hand_over(self, reader: asyncio.Protocol) -> None:
        """That one reads from now on."""
        self.reader = reader
        reader.connection_made(self.transport)

    def busy(self) -> None:
        """A request's head is here."""
        self.state, self.since = State.BUSY, self._keeper.now()

    def idle(self, body_bytes: int) -> None:
        """It was answered, and the connection is kept.

        More than its head and its body came: then the next one has begun.
        """
        if self.state is State.BUSY:
            self.state = State.WAITING if self.beyond > body_bytes else State.IDLE
            self.since = self._keeper.now()

    def becomes_socket(self) -> bool:
        """What comes now are frames. False if some came already: those were counted by nobody.

        A client waits for the answer to its handshake
        (https://datatracker.ietf.org/doc/html/rfc6455#section-4.1).
        """
        if self.beyond:
            return False
        self.state, self._counted_at = State.SOCKET, self._keeper.now()
        return True

    def cut(self) -> None:
        """End it, and what still waits to be written with it."""
        self.transport.abort()

    # --- what it brings --------------------------------------------------------------------------

    def _note_head(self, data: bytes) -> None:
        """See where the head ends, so that what is behind it can be told from it."""
        if self.state is State.IDLE:
            self.state, self.since = State.WAITING, self._keeper.now()
            self.beyond, self._edge = 0, b""
        if self.beyond:
            self.beyond += len(data)
            return
        joined = self._edge + data
        end = joined.find(_HEAD_END)
        if end >= 0:
            self.beyond = len(joined) - end - len(_HEAD_END)
        self._edge = joined[-3:]

    def _is_flood(self, data: bytes) -> bool:
        now = self._keeper.now()
        refilled = self._left + (now - self._counted_at) * FRAMES_PER_MINUTE / 60
        self._left, self._counted_at = min(FRAMES_PER_MINUTE, refilled), now
        self._left -= self._frames.count(data, int(self._left))
        return self._left < 0

    def _end_flood(self) -> None:
        """Nothing more is read of it; who does not take the goodbye is cut off."""
        self.is_flooded = True
        log.warning("socket.flood", reason="frames", peer=self.peer)
        self.transport.write(_GOODBYE)
        self.transport.close()
        asyncio.get_running_loop().call_later(GOODBYE_SECONDS, self.transport.abort)


@web.middleware
async def timed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the guard when a request is here, and when it has its answer."""
    connection = connection_of(request)
    if connection is None:
        return await handler(request)
    connection.busy()
    try:
        return await handler(request)
    finally:
        connection.idle(request.content.total_bytes)


def not_yet_a_socket(request: web.Request) -> web.Response | None:
    """Take this connection for a WebSocket from now on, or refuse that."""
    connection = connection_of(request)
    if connection is None or connection.becomes_socket():
        return None
    text = "Wait for the answer to the handshake before you send a frame."
    return failure(400, "too-early", text, Connection="close")


def connection_of(request: web.Request) -> Connection | None:
    """The guard of a request's connection; None where there is none, or it is gone."""
    transport = request.transport
    protocol = transport.get_protocol() if transport is not None else None
    return protocol if isinstance(protocol, Connection) else None
