"""Serves a page's socket: hello first, then frames in and out, until either side leaves.

Law of this file: a page can harm only itself. Its messages are limited and checked, and each
becomes an event or gets an answer that says why not. Data that it does not read is dropped with its
socket.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from aiohttp import WSMsgType, web

from adapter.page.messages import MAX_FRAME_BYTES, SUBPROTOCOL
from adapter.page.page import Page
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks
from adapter.storage.port import StorageError
from adapter.web.http.gctrigger import GcTrigger
from adapter.web.http.throttle import Throttle
from adapter.web.sockets.framehandler import FrameHandler
from adapter.web.sockets.heartbeat import Heartbeat
from adapter.web.sockets.outbox import Outbox
from adapter.web.sockets.reception import FLOOD, GONE, TRY_AGAIN, Reception
from adapter.web.sockets.socketdoor import FRAMES_PER_MINUTE, SocketDoor

log = structlog.get_logger(__name__)

HELLO_SECONDS = 10.0
AGENTS_FRAMES_PER_MINUTE = 600
"""For all pages of an agent together, because each frame may cause a view for every page."""

PING_SECONDS = 25.0


@dataclass(eq=False, repr=False, kw_only=True)
class Bridge:
    """The endpoint `/ws`."""

    reception: Reception
    frame_handler: FrameHandler
    clock: Clock
    tasks: Tasks
    door: SocketDoor
    heartbeat: Heartbeat
    hello_seconds: float = HELLO_SECONDS

    def __post_init__(self) -> None:
        self.frames = Throttle(AGENTS_FRAMES_PER_MINUTE, self.clock)
        self._litter = GcTrigger()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """GET /ws: serve one socket until it ends."""
        return await self.door.let_in(request, self._serve_socket)

    async def _serve_socket(self, request: web.Request, _address: str) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            max_msg_size=MAX_FRAME_BYTES,
            compress=False,
            heartbeat=PING_SECONDS,
        )
        await socket.prepare(request)
        outbox = Outbox(socket, request.transport, self.tasks)
        self._litter.came()
        try:
            page = await self.reception.greet(socket, outbox, self.hello_seconds)
            if page is not None:
                await self._serve(socket, page, outbox)
        except StorageError as error:
            log.error("page.hello_failed", reason=str(error))
            outbox.close(TRY_AGAIN, "try again later")
        finally:
            outbox.close(GONE, "gone")  # a hello that failed halfway would leave a page here
            await outbox.closed()
            self._litter.went()
        return socket

    async def _serve(self, socket: web.WebSocketResponse, page: Page, outbox: Outbox) -> None:
        own, whose = Throttle(FRAMES_PER_MINUTE, self.clock), str(page.key)
        self.heartbeat.add(outbox)
        try:
            async for frame in socket:
                if not (own.allows(page.page_id) and self.frames.allows(whose)):
                    log.warning("socket.flood", agent=str(page.key), page=page.page_id)
                    outbox.close(FLOOD, "too many messages")
                    break
                # Binary frames are not JSON, and are answered like any malformed frame.
                await self.frame_handler.handle(
                    page, frame.data if frame.type is WSMsgType.TEXT else ""
                )
        finally:
            self.heartbeat.remove(outbox)
            log.info("page.gone", agent=str(page.key), page=page.page_id, code=socket.close_code)
