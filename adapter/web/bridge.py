"""One page's socket: hello first, then frames in and out, until either side goes.

Law of this file: a page can hurt nobody but itself. What it sends is limited and checked; what it
does not read is dropped with it; every message ends in an event, or in an answer that says why.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import assert_never

import structlog
from aiohttp import WSMsgType, web

from adapter.core.events import PageGreeted
from adapter.core.logevents import LogAccepted, TasksFound
from adapter.core.model import AgentKey
from adapter.opencti import surface
from adapter.opencti.messages import (
    MAX_FRAME_BYTES,
    SUBPROTOCOL,
    Accept,
    AskAnswer,
    BadFrame,
    Context,
    Control,
    Dial,
    DismissNotice,
    Hello,
    PageMessage,
    Popped,
    Presence,
    ProbeAnswer,
    Result,
    TrayChoice,
    Work,
    WrapupIn,
    decode,
)
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.directory import Directory
from adapter.runtime.pages import Page, Pages
from adapter.runtime.tasks import Tasks
from adapter.storage.port import Session, StorageError
from adapter.web.login import Login
from adapter.web.middleware import failure

log = structlog.get_logger(__name__)

HELLO_SECONDS = 10.0
PING_SECONDS = 25.0
QUEUE_FRAMES = 256
QUEUE_BYTES = 1024 * 1024
FRAMES_PER_MINUTE = 100
BURST = 100

DRAIN, NO_HELLO, NOT_SIGNED_IN, SLOW, FLOOD = 4001, 4002, 4003, 4008, 4009


@dataclass(slots=True)
class Bucket:
    """How many frames a page may still send: refills by the minute, holds a burst."""

    tokens: float = BURST
    at: int = 0

    def take(self, now: int) -> bool:
        """Whether one more frame at `now` (Unix ms) is all right."""
        if self.at:
            refill = (now - self.at) * FRAMES_PER_MINUTE / 60_000
            self.tokens = min(BURST, self.tokens + refill)
        self.at = now
        self.tokens -= 1
        return self.tokens >= 0


class Outbox:
    """Frames on their way to one page: bounded, written by one task, dropped with the socket."""

    def __init__(self, socket: web.WebSocketResponse, tasks: Tasks) -> None:
        self._socket = socket
        self._tasks = tasks
        self._queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_FRAMES)
        self._bytes = 0
        self._closing = False

    def send(self, text: str) -> None:
        """Enqueue a frame; a page that does not read is let go, and will resume."""
        if self._closing:
            return
        self._bytes += len(text)
        if self._queue.full() or self._bytes > QUEUE_BYTES:
            log.warning("socket.slow", frames=self._queue.qsize())
            self.close(SLOW, "too slow")
            return
        self._queue.put_nowait(text)

    def close(self, code: int, reason: str) -> None:
        """End the socket with this code; at once, as far as frames go."""
        if not self._closing:
            self._closing = True
            work = self._socket.close(code=code, message=reason.encode())
            self._tasks.start(f"close socket {code}", work)

    async def write(self) -> None:
        """Write until cancelled or gone."""
        try:
            while True:
                text = await self._queue.get()
                await self._socket.send_str(text)
                self._bytes -= len(text)
        except ConnectionError:
            self._closing = True


class Bridge:
    """The endpoint `/ws`."""

    def __init__(
        self,
        *,
        agents: Agents,
        pages: Pages,
        login: Login,
        directory: Directory,
        clock: Clock,
        tasks: Tasks,
        own_origin: str,
        build: str,
    ) -> None:
        self._agents = agents
        self._pages = pages
        self._login = login
        self._directory = directory
        self._clock = clock
        self._tasks = tasks
        self._own_origin = own_origin
        self._build = build
        self.draining = False

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """GET /ws: the whole life of one socket."""
        if request.headers.get("Origin") != self._own_origin:
            return failure(403, "foreign-origin", "Sockets are for our own pages only.")
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            max_msg_size=MAX_FRAME_BYTES,
            compress=False,
            heartbeat=PING_SECONDS,
        )
        await socket.prepare(request)
        outbox = Outbox(socket, self._tasks)
        writer = self._tasks.start("write to a page", outbox.write())
        try:
            page = await self._greet(socket, outbox)
            if page is not None:
                await self._serve(socket, page, outbox)
        finally:
            writer.cancel()
        return socket

    # --- hello -----------------------------------------------------------------------------------

    async def _greet(self, socket: web.WebSocketResponse, outbox: Outbox) -> Page | None:
        """The auth phase: a page comes out of it, or nothing."""
        hello = await _first(socket)
        if hello is None:
            await socket.close(code=NO_HELLO, message=b"say hello first")
            return None
        session = await self._login.redeem(hello.ticket)
        if session is None:
            await socket.close(code=NOT_SIGNED_IN, message=b"fetch a new ticket")
            return None
        if self._pages.is_full(session.agent):
            text = "Too many softphones of yours are open. Close some tabs, then reload this one."
            await socket.send_str(surface.frame(_error("too-many-pages", text)))
            await socket.close(code=FLOOD, message=b"too many pages")
            return None
        return await self._welcome(hello, session, outbox)

    async def _welcome(self, hello: Hello, session: Session, outbox: Outbox) -> Page:
        key = session.agent
        page = Page(
            page_id=hello.page_id,
            key=key,
            send=outbox.send,
            close=outbox.close,
            visible=hello.visible,
            focused=hello.focused,
            active_at=self._clock.now(),
        )
        line = await self._directory.line(key, session.email)
        self._agents.forget(key)
        now = self._clock.now()
        await self._agents.tell(key, PageGreeted(now, line, session.name, hello.time_zone))
        self._pages.add(page)
        await self._take_journal(page, hello)
        self._pages.show(key, await self._agents.snapshot(key))
        if hello.build and hello.build != self._build:
            outbox.send(surface.frame({"type": "reload"}))
        log.info("page.connected", agent=str(key), page=page.page_id, surface=hello.surface)
        return page

    async def _take_journal(self, page: Page, hello: Hello) -> None:
        """What the page remembers comes first: only then may anything be offered again."""
        entries, rubbish = hello.entries()
        if rubbish:
            log.warning("journal.rubbish", page=page.page_id, entries=rubbish)
        for entry in entries:
            event = surface.journal_event(entry, page.page_id, self._clock.now())
            if event is not None:
                await self._agents.tell_log(page.key, entry.log_id, event)
        await self._pages.returned(page, {(e.log_id, e.attempt) for e in entries})

    # --- frames ----------------------------------------------------------------------------------

    async def _serve(self, socket: web.WebSocketResponse, page: Page, outbox: Outbox) -> None:
        bucket = Bucket()
        try:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    continue
                if not bucket.take(self._clock.now()):
                    log.warning("socket.flood", agent=str(page.key), page=page.page_id)
                    await socket.close(code=FLOOD, message=b"too many messages")
                    break
                await self._hear(page, frame.data)
        finally:
            outbox.close(DRAIN, "gone")
            self._pages.remove(page)
            log.info("page.gone", agent=str(page.key), page=page.page_id, code=socket.close_code)

    async def _hear(self, page: Page, text: str) -> None:
        """One frame: whatever is wrong with it is answered, and hurts no call."""
        try:
            await self._act(page, decode(text))
        except BadFrame as error:
            log.warning("frame.malformed", agent=str(page.key), page=page.page_id)
            page.send(surface.frame(_error("malformed", str(error))))
        except StorageError as error:
            log.error("frame.not_stored", agent=str(page.key), reason=str(error))
            sentence = "This could not be saved just now. Please try again."
            page.send(surface.frame(_error("not-stored", sentence)))

    async def _act(self, page: Page, message: PageMessage) -> None:
        now = self._clock.now()
        match message:
            case Hello():
                page.send(surface.frame(_error("malformed", "hello comes once, and first")))
            case Dial() | Control() | WrapupIn() | Context() | DismissNotice():
                await self._do(page, message, now)
            case Presence():
                page.visible, page.focused, page.active_at = message.visible, message.focused, now
            case Accept():
                await self._accept(page, message, now)
            case Result():
                event = surface.result_event(message, page.page_id, now)
                turn = await self._agents.tell_log(page.key, message.log_id, event)
                if turn.ignored:
                    log.info("result.ignored", log=message.log_id, reason=turn.ignored[0])
            case TrayChoice():
                choice = surface.tray_event(message, now)
                await self._agents.tell_log(page.key, message.log_id, choice)
            case ProbeAnswer():
                await self._pages.proved(page)
            case AskAnswer():
                await self._answered(page.key, message, now)
            case Popped() | Work():
                log.debug("frame.noted", type=message.type)
            case _ as never:
                assert_never(never)

    async def _do(self, page: Page, message: surface.AgentMessage, now: int) -> None:
        """Something that the agent did; the page sees its answer in the view, new or not."""
        page.active_at = now
        event = surface.agent_event(message, now, self._clock.fresh_id("call"))
        if event is None:
            return
        await self._agents.tell(page.key, event)
        if isinstance(message, Dial):
            page.shown = -1
            self._pages.show(page.key, await self._agents.snapshot(page.key))

    async def _accept(self, page: Page, message: Accept, now: int) -> None:
        event = LogAccepted(now, page.page_id, self._clock.nonce())
        turn = await self._agents.tell_log(page.key, message.log_id, event)
        if turn.ignored:
            page.send(surface.frame({"type": "taken", "log_id": message.log_id}))

    async def _answered(self, key: AgentKey, message: AskAnswer, now: int) -> None:
        """A read-back's answer; a failed one is no answer, the schedule asks again."""
        tasks = surface.found_tasks(message.value) if message.outcome == "ok" else None
        if tasks is None:
            log.warning("read_back.failed", log=message.ask_id)
            return
        await self._agents.tell_log(key, message.ask_id, TasksFound(now, tasks))


async def _first(socket: web.WebSocketResponse) -> Hello | None:
    """The hello, if it is the first frame and comes in time."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            frame = await socket.receive()
    except TimeoutError:
        return None
    if frame.type is not WSMsgType.TEXT:
        return None
    try:
        message = decode(frame.data)
    except BadFrame:
        return None
    return message if isinstance(message, Hello) else None


def _error(code: str, text: str) -> dict[str, str]:
    return {"type": "error", "code": code, "text": text}
