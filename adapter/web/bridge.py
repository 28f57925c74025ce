"""One page's socket: hello first, then frames in and out, until either side goes.

Law of this file: a page can hurt nobody but itself. What it sends is limited and checked; what it
does not read is dropped with it; every message ends in an event, or in an answer that says why.
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
from adapter.web.gctrigger import GcTrigger
from adapter.web.hearing import Hearing
from adapter.web.outbox import Bucket, Outbox
from adapter.web.reception import FLOOD, GONE, TRY_AGAIN, Reception
from adapter.web.socketdoor import SocketDoor
from adapter.web.throttle import Throttle

log = structlog.get_logger(__name__)

HELLO_SECONDS = 10.0
FRAMES_PER_MINUTE = 600
"""Of all pages of an agent: each frame may be a version, and each page is shown each version."""

PING_SECONDS = 25.0


@dataclass(eq=False, repr=False, kw_only=True)
class Bridge:
    """The endpoint `/ws`."""

    reception: Reception
    hearing: Hearing
    clock: Clock
    tasks: Tasks
    door: SocketDoor
    hello_seconds: float = HELLO_SECONDS

    def __post_init__(self) -> None:
        self.frames = Throttle(FRAMES_PER_MINUTE, self.clock)
        self._litter = GcTrigger()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """GET /ws: the whole life of one socket."""
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
            outbox.close(GONE, "gone")  # else a hello that failed half-way would leave a page here
            await outbox.closed()
            self._litter.went()
        return socket

    async def _serve(self, socket: web.WebSocketResponse, page: Page, outbox: Outbox) -> None:
        bucket, whose = Bucket(), str(page.key)
        try:
            async for frame in socket:
                if not (bucket.take(self.clock.now()) and self.frames.allows(whose)):
                    log.warning("socket.flood", agent=str(page.key), page=page.page_id)
                    outbox.close(FLOOD, "too many messages")
                    break
                # Bytes are no text, hence no JSON: answered as any malformed frame.
                await self.hearing.hear(page, frame.data if frame.type is WSMsgType.TEXT else "")
        finally:
            log.info("page.gone", agent=str(page.key), page=page.page_id, code=socket.close_code)
