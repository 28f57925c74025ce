"""What goes out to one page, and how much may come in: both have an end.

Law of this file: `send` never waits and never fails; a page that does not read loses its socket,
not its calls, and comes back to a whole view.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

import structlog
from aiohttp import web
from msgspec import Struct

from adapter.runtime.tasks import Tasks

log = structlog.get_logger(__name__)

WAITING_BYTES = 1024 * 1024
"""So much may wait for a page beyond what the system's own buffers hold."""

CLOSE_SECONDS = 3.0
"""How long a page may take to say goodbye before its connection is cut."""

SLOW = 4008

FRAMES_PER_MINUTE = 100
BURST = 100


class Bucket(Struct):
    """How many frames a page may still send: refills by the minute, holds a burst."""

    tokens: float = BURST
    at: int = 0

    def take(self, now: int) -> bool:
        """Whether one more frame at `now` (Unix ms) is all right; clocks may step back."""
        if self.at:
            refill = max(0, now - self.at) * FRAMES_PER_MINUTE / 60_000
            self.tokens = min(BURST, self.tokens + refill)
        self.at = now
        self.tokens -= 1
        return self.tokens >= 0


_TEXT = 0x81
"""A whole frame of text: final, no extension (https://datatracker.ietf.org/doc/html/rfc6455#section-5.2)."""

_MIDDLE = struct.Struct(">BBH").pack
_LONG = struct.Struct(">BBQ").pack


def _framed(payload: bytes) -> bytes:
    """The payload as a frame of a server, which masks nothing."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT, size)) + payload
    if size < 65_536:
        return _MIDDLE(_TEXT, 126, size) + payload
    return _LONG(_TEXT, 127, size) + payload


class Outbox:
    """Frames on their way to one page: bounded, written in order, dropped with the socket.

    They go straight into the connection's own buffer: aiohttp's way there is a coroutine, hence a
    task for each view. It writes its pings and its goodbye into the same buffer, whole as well.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        tasks: Tasks,
        close_seconds: float = CLOSE_SECONDS,
    ) -> None:
        """`transport` is None where the connection is gone already."""
        self._socket = socket
        self._transport = transport
        self._tasks = tasks
        self._close_seconds = close_seconds
        self._ending: asyncio.Task[None] | None = None
        self.on_closing: Callable[[], None] = lambda: None
        """Called once, when it is decided that this socket ends."""

    @property
    def is_idle(self) -> bool:
        """Whether all that was sent has been taken by the connection."""
        return self._transport is None or not self._transport.get_write_buffer_size()

    def send(self, text: str) -> None:
        """Write a frame; a page that does not read is let go, and will resume."""
        transport = self._transport
        if self._ending is not None or transport is None or transport.is_closing():
            return
        # A lone surrogate that came in from somewhere must not cost the page its view.
        frame = _framed(text.encode("utf-8", "replace"))
        waiting = transport.get_write_buffer_size()
        if waiting + len(frame) > WAITING_BYTES:
            log.warning("socket.slow", bytes=waiting)
            self.close(SLOW, "too slow")
            return
        transport.write(frame)

    def close(self, code: int, reason: str) -> None:
        """End the socket with this code; who does not read by then loses what still waits."""
        if self._ending is None:
            work = self._end(code, reason)
            self._ending = self._tasks.start(f"close socket {code}", work)
            try:
                self.on_closing()
            except Exception as bug:  # whoever ends many sockets must come to the next one
                log.error("socket.not_left", code=code, exc_info=bug)

    async def closed(self) -> None:
        """Wait until a close that was asked for is done."""
        if self._ending is not None:
            await asyncio.wait({self._ending})

    async def _end(self, code: int, reason: str) -> None:
        """Say goodbye; who does not even take that is cut off, with all that waits for them."""
        try:
            async with asyncio.timeout(self._close_seconds):
                await self._socket.close(code=code, message=reason.encode())
        except TimeoutError:
            log.info("socket.cut", code=code)
            if self._transport is not None:
                self._transport.abort()
