"""Guards one connection, between the network and the reader of its bytes.

Law of this file: nothing is read uncounted. The guard finds the end of a request's head and counts
a WebSocket's frames, control frames too, before a parser sees them.
"""

from __future__ import annotations

import asyncio
import struct
from enum import Enum, auto
from typing import Protocol, cast

import structlog
from aiohttp import web

from adapter.web.http.address import client_key
from adapter.web.http.middleware import Handler, failure

log = structlog.get_logger(__name__)

FRAMES_PER_MINUTE = 200
"""Twice the messages that a page may send, because pongs and fragments are frames, too."""

FLOOD = 4009
GOODBYE_SECONDS = 3.0
_GOODBYE = struct.pack(">BBH", 0x88, 2, FLOOD)
"""A close frame (https://datatracker.ietf.org/doc/html/rfc6455#section-5.5.1)."""

_HEAD_END = b"\r\n\r\n"


class State(Enum):
    """What a connection is doing."""

    WAITING = auto()
    """Its request's head has not fully arrived."""
    BUSY = auto()
    """Its request is being answered."""
    IDLE = auto()
    """It is kept for another request, which has not begun."""
    SOCKET = auto()
    """It is a WebSocket."""


class Doorkeeper(Protocol):
    """Manages all connections."""

    def now(self) -> float:
        """A monotonic time in seconds."""

    def admit(self, connection: Connection) -> asyncio.Protocol | None:
        """The connection's reader; None if there is no room for it."""

    def forget(self, connection: Connection) -> None:
        """Forget a closed connection."""


class Connection(asyncio.Protocol):
    """One connection; `reader` gets its bytes.

    `address` is the peer's, `peer` is its key for limits; `since`: when `state` began.
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
        """The bytes received after the current request's head."""

    @property
    def has_sent(self) -> bool:
        """Whether anything has arrived since the last request, or ever."""
        return bool(self._edge or self.beyond)

    # --- from the network ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the new connection, or close it at once."""
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
        """Count a piece and pass it to the reader."""
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
        """The peer sends no more."""
        return self.reader.eof_received()

    def pause_writing(self) -> None:
        """The peer does not read."""
        self.reader.pause_writing()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self.reader.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._keeper.forget(self)
        self.reader.connection_lost(exc)

    # --- from the reader -------------------------------------------------------------------------

    def hand_over(self, reader: asyncio.Protocol) -> None:
        """Replace the reader."""
        self.reader = reader
        reader.connection_made(self.transport)

    def busy(self) -> None:
        """Note that a request's head has arrived."""
        self.state, self.since = State.BUSY, self._keeper.now()

    def idle(self, body_bytes: int) -> None:
        """Note that the request was answered and the connection is kept.

        If more than its head and body was received, the next request has begun.
        """
        if self.state is State.BUSY:
            self.state = State.WAITING if self.beyond > body_bytes else State.IDLE
            self.since = self._keeper.now()

    def becomes_socket(self) -> bool:
        """Count frames from now on. False if some were already received, and so not counted.

        A client waits for the answer to its handshake
        (https://datatracker.ietf.org/doc/html/rfc6455#section-4.1).
        """
        if self.beyond:
            return False
        self.state, self._counted_at = State.SOCKET, self._keeper.now()
        return True

    def cut(self) -> None:
        """Cut the connection, with all unwritten data."""
        self.transport.abort()

    # --- the data --------------------------------------------------------------------------------

    def _note_head(self, data: bytes) -> None:
        """Find the end of the head, to count the bytes after it."""
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
        """Stop reading and send a close frame; cut the connection if that fails."""
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
    """Treat the connection as a WebSocket from now on; returns an answer if it is refused."""
    connection = connection_of(request)
    if connection is None or connection.becomes_socket():
        return None
    text = "Wait for the answer to the handshake before you send a frame."
    return failure(400, "too-early", text, Connection="close")


def connection_of(request: web.Request) -> Connection | None:
    """The guard of a request's connection; None if there is none or it is closed."""
    transport = request.transport
    protocol = transport.get_protocol() if transport is not None else None
    return protocol if isinstance(protocol, Connection) else None


# --- a WebSocket's frames, counted from their bytes ---------------------------------------------

_LENGTH_BYTES = {126: 2, 127: 8}
"""By seven-bit length: the bytes of the real length that follows; other values are the length."""

_MASK_BYTES = 4


class FrameCounter:
    """Counts one connection's frames; one that spans several pieces counts once.

    Every frame counts: text, fragments, pings, empty ones. Only headers are parsed
    (https://datatracker.ietf.org/doc/html/rfc6455#section-5.2).
    """

    __slots__ = ("_header", "_payload_left")

    def __init__(self) -> None:
        self._header = b""
        self._payload_left = 0

    def count(self, piece: bytes, most: int) -> int:
        """The number of frames whose headers end in this piece.

        Counting stops at `most + 1`.
        """
        begin = min(self._payload_left, len(piece))
        self._payload_left -= begin
        frames = 0
        while begin < len(piece) and frames <= most:
            begin = self._skip_frame(piece, begin)
            frames += not self._header
        return frames

    def _skip_frame(self, piece: bytes, begin: int) -> int:
        """Advance to the end of the frame or piece; an incomplete header is kept for the next."""
        head = self._header + piece[begin : begin + 14 - len(self._header)]
        size, payload = _sizes(head)
        if len(head) < size:
            self._header = head
            return len(piece)
        begin += size - len(self._header)
        self._header = b""
        within = min(payload, len(piece) - begin)
        self._payload_left = payload - within
        return begin + within


def _sizes(head: bytes) -> tuple[int, int]:
    """The header's and payload's lengths; the latter is known once the header is complete."""
    if len(head) < 2:
        return 2, 0
    length = head[1] & 0x7F
    extended = _LENGTH_BYTES.get(length, 0)
    header = 2 + extended + (_MASK_BYTES if head[1] & 0x80 else 0)
    return header, int.from_bytes(head[2 : 2 + extended], "big") if extended else length
