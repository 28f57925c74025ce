"""One page's socket: hello first, then frames in and out, until either side goes.

Law of this file: a page can hurt nobody but itself. What it sends is limited and checked; what it
does not read is dropped with it; every message ends in an event, or in an answer that says why.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import assert_never

import structlog
from aiohttp import WSMsgType, web
from msgspec.structs import replace

from adapter.core.controlling import TRANSFER
from adapter.core.dialplan import is_unknown
from adapter.core.events import CallCenterRead, ControlRequested, DialRequested, Event, PageGreeted
from adapter.core.logevents import LogAccepted
from adapter.core.model import Route, TelephonyUser
from adapter.metrics import Metrics
from adapter.page import frames
from adapter.page.guests import OTHER_SURFACE, is_guest, sentence, surface_of
from adapter.page.messages import (
    MAX_FRAME_BYTES,
    SUBPROTOCOL,
    Accept,
    AskAnswer,
    BadFrame,
    CallCenterMessage,
    Context,
    Control,
    Dial,
    DismissNotice,
    Hello,
    Matches,
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
from adapter.page.page import Page
from adapter.page.pages import Pages
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.directory import DirectoryUnavailable
from adapter.runtime.tasks import Tasks
from adapter.storage.port import Session, StorageError
from adapter.tenants import Directory
from adapter.web.address import NO_PROXIES, Proxies, address_of
from adapter.web.clicks import Clicks
from adapter.web.connection import connection_of, not_yet_a_socket
from adapter.web.floods import Floods
from adapter.web.gctrigger import GcTrigger
from adapter.web.middleware import failure, foreign_origin
from adapter.web.outbox import Bucket, Outbox
from adapter.web.salesforceuser import SalesforceUserCheck
from adapter.web.sessions import Sessions

log = structlog.get_logger(__name__)

HELLO_SECONDS = 10.0
PING_SECONDS = 25.0
SOCKETS_PER_ADDRESS = 2000

TRY_AGAIN, GONE, NO_HELLO, NOT_SIGNED_IN, FLOOD = 1013, 4001, 4002, 4003, 4009


class Bridge:
    """The endpoint `/ws`."""

    def __init__(
        self,
        *,
        agents: Agents,
        clicks: Clicks,
        same_user: SalesforceUserCheck,
        pages: Pages,
        sessions: Sessions,
        directory: Directory,
        clock: Clock,
        tasks: Tasks,
        own_origin: str,
        build: str,
        hello_seconds: float = HELLO_SECONDS,
        metrics: Metrics | None = None,
        sockets_per_address: int = SOCKETS_PER_ADDRESS,
        proxies: Proxies = NO_PROXIES,
    ) -> None:
        self._agents = agents
        self._clicks = clicks
        self._same_user = same_user
        self._pages = pages
        self._sessions = sessions
        self._directory = directory
        self._clock = clock
        self._tasks = tasks
        self._own_origin = own_origin
        self._build = build
        self.hello_seconds = hello_seconds
        self._metrics = metrics or Metrics()
        self._sockets_per_address = sockets_per_address
        self._proxies = proxies
        self._sockets: Counter[str] = Counter()
        self._floods = Floods(clock)
        self._litter = GcTrigger()
        self.draining = False

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """GET /ws: the whole life of one socket."""
        if request.headers.get("Origin") != self._own_origin:
            return foreign_origin()
        if self.draining:
            return failure(503, "draining", "This replica is leaving.", **{"Retry-After": "1"})
        address = address_of(request, self._proxies)
        if self._sockets[address] >= self._sockets_per_address:
            return failure(429, "too-many", "Too many softphones are connected from your address.")
        connection = connection_of(request)
        self._sockets[address] += 1
        self._litter.came()
        try:
            await self._floods.hold_back(address)
            return not_yet_a_socket(request) or await self._connected(request)
        finally:
            if connection is not None and connection.is_flooded:
                self._floods.note(address)
            self._sockets[address] -= 1
            if not self._sockets[address]:
                del self._sockets[address]
            self._litter.went()

    async def _connected(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            max_msg_size=MAX_FRAME_BYTES,
            compress=False,
            heartbeat=PING_SECONDS,
        )
        await socket.prepare(request)
        outbox = Outbox(socket, request.transport, self._tasks)
        try:
            page = await self._greet(socket, outbox)
            if page is not None:
                await self._serve(socket, page, outbox)
        except StorageError as error:
            log.error("page.hello_failed", reason=str(error))
            outbox.close(TRY_AGAIN, "try again later")
        finally:
            await outbox.closed()
        return socket

    # --- hello -----------------------------------------------------------------------------------

    async def _greet(self, socket: web.WebSocketResponse, outbox: Outbox) -> Page | None:
        """The auth phase: a page comes out of it, or nothing."""
        hello = await _first(socket, self.hello_seconds)
        if hello is None:
            outbox.close(NO_HELLO, "say hello first")
            return None
        session = await self._sessions.redeem(hello.ticket)
        if session is None:
            outbox.close(NOT_SIGNED_IN, "fetch a new ticket")
            return None
        if self._pages.is_full(session.agent, hello.page_id):
            text = "Too many softphones of yours are open. Close some tabs, then reload this one."
            await socket.send_str(frames.error_frame("too-many-pages", text))
            outbox.close(FLOOD, "too many pages")
            return None
        return await self._welcome(hello, session, outbox)

    async def _welcome(self, hello: Hello, session: Session, outbox: Outbox) -> Page:
        key, surface = session.agent, surface_of(hello)
        page = Page(
            page_id=hello.page_id,
            key=key,
            surface=surface.name,
            writes=surface.route is Route.PAGE,
            send=outbox.send,
            close=outbox.close,
            can_save=False,
            visible=hello.visible,
            focused=hello.focused,
            active_at=self._clock.now(),
            session=session.token_hash,
            time_zone=hello.time_zone,
        )
        outbox.on_closing = lambda: self._pages.remove(page)
        self._agents.forget(key)
        line = await self._line(session)
        now = self._clock.now()
        await self._agents.handle(
            key,
            PageGreeted(now, line, session.name, hello.time_zone, surface.name, surface.route),
        )
        self._pages.add(page)
        await self._take_journal(page, hello)
        if page.writes:
            self._same_user.greet(page)
        self._pages.show(key, await self._agents.snapshot(key))
        if hello.build and hello.build != self._build:
            outbox.send(frames.frame({"type": "reload"}))
        self._metrics.arrivals.inc()
        log.info("page.connected", agent=str(key), page=page.page_id, surface=hello.surface)
        return page

    async def _line(self, session: Session) -> TelephonyUser | None:
        """The agent's line by the directory; while that cannot tell, the one they had."""
        try:
            return await self._directory.line(session.agent, session.email)
        except DirectoryUnavailable:
            return (await self._agents.snapshot(session.agent)).agent.line

    async def _take_journal(self, page: Page, hello: Hello) -> None:
        """What the page remembers comes first: only then may anything be offered again."""
        entries, rubbish = hello.entries()
        if rubbish:
            about = {"agent": str(page.key), "page": page.page_id}
            log.warning("journal.invalid_entries", **about, entries=rubbish)
        read = self._pages.orgs.of(page.key).save_errors
        for entry in entries:
            event = frames.journal_event(entry, page.page_id, self._clock.now(), read)
            if event is not None:
                await self._agents.handle_log_event(page.key, entry.log_id, event)
        await self._pages.proofs.returned(page, {(e.log_id, e.attempt) for e in entries})

    # --- frames ----------------------------------------------------------------------------------

    async def _serve(self, socket: web.WebSocketResponse, page: Page, outbox: Outbox) -> None:
        bucket = Bucket()
        try:
            async for frame in socket:
                if not bucket.take(self._clock.now()):
                    log.warning("socket.flood", agent=str(page.key), page=page.page_id)
                    outbox.close(FLOOD, "too many messages")
                    break
                # Bytes are no text, hence no JSON: answered as any malformed frame.
                await self._hear(page, frame.data if frame.type is WSMsgType.TEXT else "")
        finally:
            outbox.close(GONE, "gone")
            log.info("page.gone", agent=str(page.key), page=page.page_id, code=socket.close_code)

    async def _hear(self, page: Page, text: str) -> None:
        """One frame: whatever is wrong with it is answered, and hurts no call."""
        try:
            message = decode(text)
        except BadFrame as error:
            log.warning("frame.malformed", agent=str(page.key), page=page.page_id)
            page.send(frames.error_frame("malformed", str(error)))
            return
        try:
            await self._act(page, message)
        except StorageError as error:
            log.error("frame.not_stored", agent=str(page.key), reason=str(error))
            page.send(frames.not_stored_frame(message))
            if isinstance(message, Result):
                # The page tells it once, but its journal again with each hello.
                page.close(TRY_AGAIN, "say hello again, with the journal")

    async def _act(self, page: Page, message: PageMessage) -> None:
        now = self._clock.now()
        match message:
            case Hello():
                page.send(frames.error_frame("malformed", "hello comes once, and first"))
            case (
                Dial()
                | Control()
                | WrapupIn()
                | Context()
                | Matches()
                | CallCenterMessage()
                | DismissNotice()
                | Work()
            ):
                await self._do(page, message, now)
            case Presence():
                page.visible, page.focused, page.active_at = message.visible, message.focused, now
            case Accept():
                await self._accept(page, message, now)
            case Result():
                read = self._pages.orgs.of(page.key).save_errors
                event = frames.result_event(message, page.page_id, now, read)
                turn = await self._agents.handle_log_event(page.key, message.log_id, event)
                if turn.ignored:
                    about = {"agent": str(page.key), "call": message.log_id}
                    log.info("result.ignored", **about, reason=turn.ignored[0])
            case TrayChoice():
                choice = frames.tray_event(message, now)
                await self._agents.handle_log_event(page.key, message.log_id, choice)
            case ProbeAnswer():
                await self._pages.proofs.answered(page, message.nonce)
            case AskAnswer():
                await self._answered(page, message)
            case Popped():
                log.debug("frame.noted", type=message.type)
            case _ as never:
                assert_never(never)

    async def _do(self, page: Page, message: frames.AgentMessage, now: int) -> None:
        """Something that the agent did; the page sees its answer in the view, new or not."""
        page.active_at = now
        for problem in (
            frames.ignored_settings(message) if isinstance(message, CallCenterMessage) else ()
        ):
            log.warning("call_center.setting_ignored", agent=str(page.key), setting=problem)
        event = frames.agent_event(message, now, self._clock.fresh_id("call"))
        if event is None:
            return
        if isinstance(event, ControlRequested):
            calls_somebody = event.action == TRANSFER and page.writes
            if not (calls_somebody and await self._same_user.refuses(page, event.value)):
                await self._clicks.control(page.key, event)
            return
        if not isinstance(event, DialRequested):
            await self._agents.handle(page.key, event)
            self._tell_of_prefixes(page, event)
            return
        agent = (await self._agents.snapshot(page.key)).agent
        if is_guest(page.surface, agent):
            page.send(frames.error_frame(OTHER_SURFACE, sentence(agent)))
            return
        if page.writes and await self._same_user.refuses(page, event.number):
            return
        turn = await self._clicks.dial(page.key, replace(event, time_zone=page.time_zone))
        if turn.ignored:
            # A repeated request changed nothing, so nobody is told; its page waits for the answer.
            page.shown = -1
            await self._pages.reload(page.key)

    def _tell_of_prefixes(self, page: Page, event: Event) -> None:
        plans = self._agents.policy.dial.plans
        if isinstance(event, CallCenterRead) and is_unknown(event.call_center, plans):
            said = "Not dialed: SOFTPHONE_DIAL_PLANS does not list them."
            log.warning("call_center.prefixes_ignored", agent=str(page.key), said=said)

    async def _accept(self, page: Page, message: Accept, now: int) -> None:
        event = LogAccepted(now, page.page_id, self._clock.nonce())
        if (
            not page.can_save
            or (await self._agents.handle_log_event(page.key, message.log_id, event)).ignored
        ):
            page.send(frames.frame({"type": "taken", "log_id": message.log_id}))

    async def _answered(self, page: Page, message: AskAnswer) -> None:
        """A read-back's answer; a failed one is no answer, the schedule asks again."""
        if self._same_user.is_answer(page, message):
            await self._same_user.heard(page, message)
            return
        calls = self._pages.orgs.of(page.key).page_calls
        records = calls.found_records(message.value) if calls and message.outcome == "ok" else None
        if records is None:
            log.warning("read_back.failed", agent=str(page.key), call=message.ask_id)
            return
        await self._pages.saving.found(page.key, message.ask_id, records)


async def _first(socket: web.WebSocketResponse, seconds: float) -> Hello | None:
    """The hello, if it is the first frame and comes in time."""
    try:
        async with asyncio.timeout(seconds):
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
