"""The webhook fast path: a delivery that came in one piece is answered without aiohttp's machinery.

Every connection begins here. As long as all it brings is one plain, whole delivery at a time (so
providers and proxies send them), it stays. The first thing that is anything else goes to aiohttp,
and the connection with it, for good: what is refused is refused there.

Of what a delivery costs a bare aiohttp server, half is its request, its response and their task
(docs/performance.md). Requests are read by httptools, an extra; without it all goes to aiohttp.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextvars import copy_context
from email.utils import formatdate
from functools import lru_cache, partial
from http import HTTPStatus
from typing import cast

import structlog
from aiohttp import web

from adapter.runtime.clock import Clock
from adapter.storage.port import Done
from adapter.web.connection import Connection
from adapter.web.connections import MakeReader
from adapter.web.middleware import HEADERS, failure
from adapter.web.status import Status

try:
    from adapter.web.simplerequest import SimpleRequest, parse_simple_request
except ModuleNotFoundError:  # pragma: no cover - httptools is not here
    HAS_PARSER = False
else:
    HAS_PARSER = True

log = structlog.get_logger(__name__)

UNREAD_BYTES = 64 * 1024
"""Who sends and sends, and reads no answer, is let go."""

IDLE_SECONDS = 3600.0
"""As long as aiohttp keeps a quiet connection, longer than proxies do."""

NextProtocol = Callable[[], asyncio.Protocol]
"""Makes aiohttp's own protocol for one connection."""

Answered = Done[web.Response | None]
Endpoint = Callable[[str | None, str, Mapping[str, str], bytes, Answered], None]
"""Webhooks.begin: of the peer's address, the path, headers and body of a delivery."""


class WebhookFastPaths:
    """The fast paths of one server, one a connection.

    `endpoints` by the target that a request must have, letter by letter; while `status` is
    draining, each answer is its connection's last.
    """

    def __init__(
        self, endpoints: Mapping[bytes, Endpoint], *, clock: Clock, status: Status
    ) -> None:
        self.endpoints = endpoints
        self.clock = clock
        self.status = status
        self.open: set[WebhookFastPath] = set()

    def before(self, aiohttp: NextProtocol) -> MakeReader:
        """What makes the reader of each new connection."""
        if not (HAS_PARSER and self.endpoints):
            return lambda _connection: aiohttp()
        return partial(WebhookFastPath, self, aiohttp)

    async def close(self, seconds: float) -> None:
        """Give deliveries that are being taken up to `seconds` for their answer, then hang up."""
        taking = [path.taking for path in self.open if path.taking is not None]
        if taking:
            await asyncio.wait(taking, timeout=seconds)
        for path in tuple(self.open):
            path.hang_up()


class WebhookFastPath(asyncio.Protocol):
    """One connection, as long as it brings deliveries only. `taking` is the one under way."""

    def __init__(
        self, paths: WebhookFastPaths, aiohttp: NextProtocol, connection: Connection
    ) -> None:
        self._paths = paths
        self._connection = connection
        self._aiohttp = aiohttp
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._idle: asyncio.TimerHandle
        self._peer = ""
        self._heard_at = self._loop.time()
        self._ahead = b""
        self._size = 0
        self.taking: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if peer else ""
        self._paths.open.add(self)
        self._idle = self._loop.call_later(IDLE_SECONDS, self._look_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; a delivery that is being taken is taken all the same."""
        self._unregister()

    def hang_up(self) -> None:
        """Close it, once what was written is out."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """A piece: one whole delivery, or else aiohttp's, as all that follows."""
        self._heard_at = self._loop.time()
        if self.taking is not None:
            # Sent before the answer to the last one: it waits for that, and what follows too.
            self._ahead += data
            self._transport.pause_reading()
            return
        whole = parse_simple_request(data)
        endpoint = self._paths.endpoints.get(whole.target) if whole else None
        if whole is None or endpoint is None:
            self._hand_over(data)
        else:
            self._connection.busy()
            self.taking = self._loop.create_future()
            copy_context().run(self._begin, endpoint, whole)

    def _begin(self, endpoint: Endpoint, whole: SimpleRequest) -> None:
        self._size = len(whole.body)
        path = whole.target.decode("latin-1")
        try:
            endpoint(self._peer, path, whole.headers, whole.body, self._on_outcome)
        except Exception as error:
            self._on_outcome(error)

    def _on_outcome(self, answer: web.Response | Exception | None) -> None:
        taking, self.taking = self.taking, None
        if taking is None:
            return  # It was answered before something else failed.
        taking.set_result(None)
        if isinstance(answer, Exception):
            log.error("request.failed", method="POST", exc_info=answer)
            answer = failure(500, "internal", "Something went wrong. The error has been logged.")
        self._connection.idle(self._size)
        if not self._transport.is_closing():
            self._write_answer(answer)
        if self._ahead and not self._transport.is_closing():
            ahead, self._ahead = self._ahead, b""
            self._transport.resume_reading()
            self.data_received(ahead)

    def _write_answer(self, answer: web.Response | None) -> None:
        transport, now = self._transport, self._paths.clock.now() // 1000
        is_last = self._paths.status.draining
        if answer is None:
            transport.write(_plain_200(now, is_last))
        else:
            is_last = is_last or answer.headers.get("Connection") == "close"
            transport.write(_serialize(answer, now, is_last))
        if is_last or transport.get_write_buffer_size() > UNREAD_BYTES:
            transport.close()

    def _hand_over(self, data: bytes) -> None:
        self._unregister()
        handler = self._aiohttp()
        self._connection.hand_over(handler)
        handler.data_received(data)

    def _unregister(self) -> None:
        self._paths.open.discard(self)
        self._idle.cancel()

    def _look_if_idle(self) -> None:
        left = self._heard_at + IDLE_SECONDS - self._loop.time()
        if left <= 0 and self.taking is None:
            self.hang_up()
            return
        self._idle = self._loop.call_later(max(left, 1.0), self._look_if_idle)


@lru_cache(4)
def _plain_200(second: int, is_last: bool) -> bytes:
    """The 200 of that Unix second: the same for all deliveries."""
    return _serialize(web.Response(), second, is_last)


def _serialize(response: web.Response, second: int, is_last: bool) -> bytes:
    """The answer as it goes over the wire, with what all our answers carry."""
    body = response.body if isinstance(response.body, bytes) else b""
    headers = {
        **HEADERS,
        **response.headers,
        "Date": formatdate(second, usegmt=True),
        "Content-Length": str(len(body)),
    }
    if is_last:
        headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
