"""The endpoint `/sip`, through which a page's phone talks to the provider.

The page sends a hello with a ticket, as on its other socket, and gets its login. After that, text
frames are SIP, and JSON objects are between the page and us. sipguard checks the page's SIP; the
provider's server need not face the Internet.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import WSMsgType, web
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from adapter.metrics import Metrics
from adapter.page.port import SalesforceOrg
from adapter.runtime.callquality import CallQuality
from adapter.runtime.clock import Clock
from adapter.runtime.directory import DirectoryUnavailable
from adapter.runtime.tasks import Tasks
from adapter.storage.port import Session, StorageError
from adapter.telephony.browserphones import BrowserPhones, PhoneLogin
from adapter.telephony.port import ProviderError
from adapter.tenants import Tenants
from adapter.web.http.throttle import Throttle
from adapter.web.phones.lines import SIGNED_OUT, TAKEN, UNUSED_SECONDS, PhoneLine, PhoneLines
from adapter.web.phones.sipguard import MAX_BYTES, NotAPhone, passed_on
from adapter.web.signin.sessions import Sessions
from adapter.web.sockets.heartbeat import Heartbeat
from adapter.web.sockets.outbox import Outbox
from adapter.web.sockets.reception import FLOOD, GONE, NO_HELLO, TRY_AGAIN
from adapter.web.sockets.socketdoor import FRAMES_PER_MINUTE, SocketDoor, first_text

log = structlog.get_logger(__name__)

SIP = "sip"
HELLO_SECONDS, CONNECT_SECONDS, PING_SECONDS = 10.0, 5.0, 25.0
NO_PHONE = 4011
"""Closes a socket whose agent has no phone in the browser."""

QUALITY = ("sent", "received", "lost", "jitter_ms", "round_trip_ms")
"""The numbers that a page may report about its audio."""

MOST = 1e6


@dataclass(eq=False, repr=False, kw_only=True)
class SipProxy:
    """Serves pages' phones, one socket each."""

    lines: PhoneLines
    quality: CallQuality
    sessions: Sessions
    tenants: Tenants[SalesforceOrg]
    clock: Clock
    tasks: Tasks
    metrics: Metrics
    door: SocketDoor
    heartbeat: Heartbeat
    hello_seconds: float = HELLO_SECONDS
    unused_seconds: float = UNUSED_SECONDS

    def leave(self) -> None:
        """This replica stops: admit nobody, so that pages reconnect to another."""
        self.door.draining = True
        self.lines.leave()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """GET /sip: serve one page's phone until it ends."""
        return await self.door.let_in(request, self._serve_socket)

    async def _serve_socket(self, request: web.Request, address: str) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            protocols=(SIP,), max_msg_size=MAX_BYTES, compress=False, heartbeat=PING_SECONDS
        )
        await socket.prepare(request)
        outbox = Outbox(socket, request.transport, self.tasks)
        try:
            line = await self._greet(socket, outbox)
            if line is not None:
                await self._serve(socket, line, address)
        except (StorageError, DirectoryUnavailable, ProviderError, OSError) as error:
            log.warning("phone.not_connected", reason=str(error) or type(error).__name__)
            outbox.close(TRY_AGAIN, "try again later")
        except (WebSocketException, TimeoutError) as error:
            log.warning("phone.provider_lost", reason=type(error).__name__)
            outbox.close(TRY_AGAIN, "the phone system is away")
        finally:
            outbox.close(GONE, "gone")
            await outbox.closed()
        return socket

    # --- who it is -------------------------------------------------------------------

    async def _greet(self, socket: web.WebSocketResponse, outbox: Outbox) -> PhoneLine | None:
        """The page's phone, by its ticket's sign-in; None if refused."""
        hello = await _read_hello(socket, self.hello_seconds)
        if hello is None:
            outbox.close(NO_HELLO, "say hello first")
            return None
        session = await self.sessions.redeem(hello["ticket"])
        if session is None:
            outbox.close(SIGNED_OUT, "fetch a new ticket")
            return None
        line = await self._line_of(session, outbox)
        if line is None:
            outbox.close(NO_PHONE, "this agent has no phone in the browser")
        elif self.lines.is_taken(line.agent, line.session) and hello.get("take") is not True:
            outbox.close(TAKEN, "another browser has the phone")
            return None
        return line

    async def _line_of(self, session: Session, outbox: Outbox) -> PhoneLine | None:
        tenant = self.tenants.of_agent(session.agent)
        line = await self.tenants.line(session.agent, session.email)
        phones = tenant.telephony.driver if tenant else None
        if line is None or not isinstance(phones, BrowserPhones):
            return None
        if not phones.has_browser_phone(line.user):
            return None
        return PhoneLine(session.agent, session.token_hash, outbox, phones, line.user)

    # --- what goes through -----------------------------------------------------------

    async def _serve(self, socket: web.WebSocketResponse, line: PhoneLine, address: str) -> None:
        self.lines.add(line)
        about = {"agent": str(line.agent)}
        self.metrics.phones.inc()
        try:
            if await self.sessions.keep(line.session) is None:
                # Signed out meanwhile: the sign-out could not yet close this phone.
                line.signed_out = True
                line.outbox.close(SIGNED_OUT, "signed out")
                return
            login = await line.phones.open_phone(line.user)
            async with _connect_provider(login) as provider:
                line.outbox.send(_ready_message(login))
                self.heartbeat.add(line.outbox)
                log.info("phone.connected", **about)
                await self._relay(socket, line, provider, login, address)
        finally:
            self.heartbeat.remove(line.outbox)
            self.metrics.phones.dec()
            self.lines.remove(line)
            after = 0.0 if line.signed_out else self.unused_seconds
            work = self.lines.take_away(line, after)
            self.tasks.start(f"take the phone of {line.agent} away", work, endless=True)
            log.info("phone.gone", code=socket.close_code, **about)

    async def _relay(
        self,
        socket: web.WebSocketResponse,
        line: PhoneLine,
        provider: ClientConnection,
        login: PhoneLogin,
        address: str,
    ) -> None:
        """Relay until either side is closed."""
        down = self.tasks.start(f"sip to {line.agent}", _relay_to_page(provider, line.outbox))
        own = Throttle(FRAMES_PER_MINUTE, self.clock)
        try:
            async for frame in socket:
                if not own.allows(line.user):
                    log.warning("socket.flood", agent=str(line.agent))
                    self.door.note_flood(address)
                    line.outbox.close(FLOOD, "too many messages")
                    break
                text = frame.data if frame.type is WSMsgType.TEXT else ""
                if text.startswith("{"):
                    await self._take_message(line, text)
                else:
                    await self._pass_up(line, provider, text, login.user)
        finally:
            down.cancel()
            await asyncio.wait({down})

    async def _pass_up(
        self, line: PhoneLine, provider: ClientConnection, text: str, user: str
    ) -> None:
        try:
            message = passed_on(text, user)
        except NotAPhone as error:
            self.metrics.sip_refused.inc()
            log.warning("phone.refused", agent=str(line.agent), reason=str(error))
            return
        await provider.send(message)

    async def _take_message(self, line: PhoneLine, text: str) -> None:
        """Handle a JSON message of the page; others are ignored."""
        message = _object(text)
        match message.get("type"):
            case "audio":
                restored = await self._restore_audio(line)
                self.metrics.audio_restored.labels("found" if restored else "none").inc()
                line.outbox.send(json.dumps({"type": "audio", "found": restored}))
                log.info("phone.audio", agent=str(line.agent), restored=restored)
            case "quality":
                measured = {
                    name: float(value)
                    for name in QUALITY
                    if isinstance(value := message.get(name), int | float) and 0 <= value < MOST
                }
                self.metrics.audio_reported(measured)
                self.quality.tell(line.agent, measured)
            case _:
                log.debug("frame.noted", type="phone")

    async def _restore_audio(self, line: PhoneLine) -> bool:
        try:
            return await line.phones.restore_audio(line.user)
        except ProviderError as error:
            log.warning("phone.audio_failed", agent=str(line.agent), reason=error.text)
            return False


async def _read_hello(socket: web.WebSocketResponse, seconds: float) -> dict[str, Any] | None:
    """The hello with a ticket, if it is the first frame and in time."""
    message = _object(await first_text(socket, seconds))
    ticket = message.get("ticket")
    is_hello = message.get("type") == "hello" and isinstance(ticket, str) and 0 < len(ticket) < 256
    return message if is_hello else None


def _object(text: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(text)
        if isinstance(value, dict):
            return value
    return {}


def _ready_message(login: PhoneLogin) -> str:
    message = {"type": "ready", "user": login.user, "password": login.password}
    return json.dumps(message | ({"ice": login.ice} if login.ice else {}))


@asynccontextmanager
async def _connect_provider(login: PhoneLogin) -> AsyncIterator[ClientConnection]:
    """Connect to the provider. Raises OSError, WebSocketException, TimeoutError."""
    async with connect(
        login.url,
        subprotocols=[Subprotocol(SIP)],
        open_timeout=CONNECT_SECONDS,
        close_timeout=1,
        max_size=MAX_BYTES,
        compression=None,
        proxy=None,
    ) as provider:
        yield provider


async def _relay_to_page(provider: ClientConnection, outbox: Outbox) -> None:
    """Relay the provider's messages to the page, and its close."""
    with contextlib.suppress(WebSocketException, OSError):
        async for message in provider:
            text = message if isinstance(message, str) else message.decode("utf-8", "replace")
            outbox.send(text)
    outbox.close(TRY_AGAIN, "the phone system is away")
