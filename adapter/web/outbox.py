"""What goes out to one page, and how much may come in: both have an end.

Law of this file: `send` never waits and never fails; a page that does not read loses its socket,
not its calls, and comes back to a whole view.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from aiohttp import WSMsgType, web

from adapter.runtime.tasks import Tasks

log = structlog.get_logger(__name__)

QUEUE_FRAMES = 256
QUEUE_BYTES = 1024 * 1024
CLOSE_SECONDS = 3.0
"""How long a page may take to say goodbye before its connection is cut."""

SLOW = 4008

FRAMES_PER_MINUTE = 100
BURST = 100


@dataclass(slots=True)
class Bucket:
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


class Outbox:
    """Frames on their way to one page: bounded, written in order, dropped with the socket.

    Most pages are idle most of the time, so a page of whom nothing waits has no task and no queue.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        tasks: Tasks,
        close_seconds: float = CLOSE_SECONDS,
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._tasks = tasks
        self._close_seconds = close_seconds
        self._waiting: list[bytes] = []
        self._frames = 0
        self._bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self.on_closing: Callable[[], None] = lambda: None
        """Called once, when it is decided that this socket ends."""

    @property
    def is_idle(self) -> bool:
        """Whether all that was sent has been taken by the connection."""
        return not self._bytes

    def send(self, text: str) -> None:
        """Enqueue a frame; a page that does not read is let go, and will resume."""
        if self._ending is not None:
            return
        # A lone surrogate that came in from somewhere must not cost the page its view.
        frame = text.encode("utf-8", "replace")
        if self._frames >= QUEUE_FRAMES or self._bytes + len(frame) > QUEUE_BYTES:
            log.warning("socket.slow", frames=self._frames, bytes=self._bytes)
            self.close(SLOW, "too slow")
            return
        self._frames += 1
        self._bytes += len(frame)
        self._waiting.append(frame)
        if self._writing is None:
            self._writing = self._tasks.start("write to a page", self._write(), endless=True)

    def close(self, code: int, reason: str) -> None:
        """End the socket with this code; what is still in the queue is dropped."""
        if self._ending is None:
            work = self._end(code, reason)
            self._ending = self._tasks.start(f"close socket {code}", work)
            self.on_closing()

    async def closed(self) -> None:
        """Wait until a close that was asked for is done; what still waits is dropped."""
        if self._ending is not None:
            await asyncio.wait({self._ending})
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self) -> None:
        """Write what waits, and what comes meanwhile, until nothing does or the page is gone."""
        try:
            while self._waiting:
                frames, self._waiting = self._waiting, []
                for frame in frames:
                    await self._socket.send_frame(frame, WSMsgType.TEXT)
                    self._frames -= 1
                    self._bytes -= len(frame)
        except ConnectionError:
            self.close(SLOW, "gone")
        finally:
            self._writing = None

    async def _end(self, code: int, reason: str) -> None:
        """Say goodbye; who does not even take that is cut off, with all that waits for them."""
        try:
            async with asyncio.timeout(self._close_seconds):
                await self._socket.close(code=code, message=reason.encode())
        except TimeoutError:
            log.info("socket.cut", code=code)
            if self._transport is not None:
                self._transport.abort()
