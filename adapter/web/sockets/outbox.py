"""Limits what is sent to a page.

Law of this file: `send` never waits and never raises. A page that does not read loses its socket,
not its calls, and gets a whole view when it reconnects.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

import structlog
from aiohttp import web

from adapter.runtime.tasks import Tasks

log = structlog.get_logger(__name__)

WAITING_BYTES = 1024 * 1024
"""The most bytes that may wait for a page beyond the system's buffers."""

CLOSE_SECONDS = 3.0
"""How long a page may take to close before its connection is cut."""

SLOW = 4008

_TEXT = 0x81
"""A final text frame without extension (https://datatracker.ietf.org/doc/html/rfc6455#section-5.2)."""

_MIDDLE = struct.Struct(">BBH").pack
_LONG = struct.Struct(">BBQ").pack


def _framed(payload: bytes) -> bytes:
    """The payload as an unmasked server frame."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT, size)) + payload
    if size < 65_536:
        return _MIDDLE(_TEXT, 126, size) + payload
    return _LONG(_TEXT, 127, size) + payload


class Outbox:
    """The frames for one page: bounded, in order, dropped with the socket.

    They are written directly to the connection's buffer, because aiohttp would need a coroutine and
    so a task for each view. aiohttp writes its pings and close frames whole to the same buffer.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        tasks: Tasks,
        close_seconds: float = CLOSE_SECONDS,
    ) -> None:
        """`transport` is None if the connection is already closed."""
        self._socket = socket
        self._transport = transport
        self._tasks = tasks
        self._close_seconds = close_seconds
        self._ending: asyncio.Task[None] | None = None
        self.on_closing: Callable[[], None] = lambda: None
        """Called once, when the socket is going to be closed."""

    @property
    def is_idle(self) -> bool:
        """Whether the connection's buffer is empty."""
        return self._transport is None or not self._transport.get_write_buffer_size()

    def send(self, text: str) -> None:
        """Write a frame; a page that does not read is disconnected, and will resume."""
        transport = self._transport
        if self._ending is not None or transport is None or transport.is_closing():
            return
        # A lone surrogate must not prevent the page's view.
        frame = _framed(text.encode("utf-8", "replace"))
        waiting = transport.get_write_buffer_size()
        if waiting + len(frame) > WAITING_BYTES:
            log.warning("socket.slow", bytes=waiting)
            self.close(SLOW, "too slow")
            return
        transport.write(frame)

    def close(self, code: int, reason: str) -> None:
        """Close the socket with this code; unread data may be lost."""
        if self._ending is None:
            work = self._end(code, reason)
            self._ending = self._tasks.start(f"close socket {code}", work)
            try:
                self.on_closing()
            except Exception as bug:  # one failure must not keep other sockets from being closed
                log.error("socket.not_left", code=code, exc_info=bug)

    async def closed(self) -> None:
        """Wait until a requested close is done."""
        if self._ending is not None:
            await asyncio.wait({self._ending})

    async def _end(self, code: int, reason: str) -> None:
        """Send the close frame; if it cannot be sent in time, cut the connection."""
        try:
            async with asyncio.timeout(self._close_seconds):
                await self._socket.close(code=code, message=reason.encode())
        except TimeoutError:
            log.info("socket.cut", code=code)
            if self._transport is not None:
                self._transport.abort()
