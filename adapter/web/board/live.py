"""Serves the board's socket to anyone who may read the board, while the sign-in lasts.

It only sends. A page that sends anything is not ours and is disconnected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from adapter.runtime.board import Day
from adapter.runtime.tasks import Tasks
from adapter.storage.port import Session
from adapter.web.board.feed import BoardFeeds, Viewer
from adapter.web.http.connection import not_yet_a_socket
from adapter.web.http.middleware import failure, foreign_origin
from adapter.web.sockets.bridge import PING_SECONDS
from adapter.web.sockets.outbox import Outbox
from adapter.web.sockets.reception import FLOOD, GONE

log = structlog.get_logger(__name__)

MOST_BOARDS = 200
MOST_PER_AGENT = 8
MAX_FRAME_BYTES = 64

SupervisorOf = Callable[[web.Request], Awaitable[Session]]
"""The session that may read the requested board. Raises Refused."""

DayOf = Callable[[web.Request], Day]
"""The requested day."""


@dataclass(eq=False, repr=False)
class BoardLive:
    """The endpoint `/api/board/live`."""

    feeds: BoardFeeds
    supervisor: SupervisorOf
    day_of: DayOf
    tasks: Tasks
    own_origin: str
    _held: Counter[str] = field(default_factory=Counter, init=False)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """GET /api/board/live?since=…&until=…&org=…: serve one socket until it ends."""
        if request.headers.get("Origin") != self.own_origin:
            return foreign_origin()
        session = await self.supervisor(request)
        if self.feeds.draining:
            return failure(
                503, "draining", "This replica is shutting down. Try again.", **{"Retry-After": "1"}
            )
        whose = str(session.agent)  # not the session: an agent may sign in often
        if self._held.total() >= MOST_BOARDS or self._held[whose] >= MOST_PER_AGENT:
            return failure(429, "too-many", "Too many boards are open. Close some of their tabs.")
        if (refused := not_yet_a_socket(request)) is not None:
            return refused
        self._held[whose] += 1
        try:
            return await self._serve_socket(request, session)
        finally:
            self._held[whose] -= 1
            self._held += Counter()

    async def _serve_socket(self, request: web.Request, session: Session) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            max_msg_size=MAX_FRAME_BYTES, compress=False, heartbeat=PING_SECONDS
        )
        await socket.prepare(request)
        outbox = Outbox(socket, request.transport, self.tasks)
        viewer = Viewer(session.agent, session.token_hash, self.day_of(request), outbox)
        outbox.on_closing = lambda: self.feeds.remove(viewer)
        try:
            await self._serve(socket, viewer)
        finally:
            outbox.close(GONE, "gone")
            await outbox.closed()
        log.info("board.gone", agent=str(session.agent), code=socket.close_code)
        return socket

    async def _serve(self, socket: web.WebSocketResponse, viewer: Viewer) -> None:
        """Wait until the page leaves or sends anything."""
        if self.feeds.draining:
            return
        self.feeds.add(viewer)
        log.info("board.connected", agent=str(viewer.agent))
        async for _ in socket:
            viewer.outbox.close(FLOOD, "a board has nothing to say")
            break
