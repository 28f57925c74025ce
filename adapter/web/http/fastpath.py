"""The webhook fast path, which answers a delivery that arrived in one piece without aiohttp.

Every connection begins here, and stays while it brings one plain, whole delivery at a time, as
providers and proxies send them. Anything else moves the connection to aiohttp for good, where bad
requests are refused.

Half of a delivery's cost in a bare aiohttp server is its request, response and task
(docs/performance.md). httptools, an extra, parses requests; without it all goes to aiohttp.
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
from adapter.web.http.connection import Connection
from adapter.web.http.connections import MakeReader
from adapter.web.http.middleware import HEADERS, failure
from adapter.web.http.status import Status

try:
    from adapter.web.http.simplerequest import SimpleRequest, parse_simple_request
except ModuleNotFoundError:  # pragma: no cover - httptools is not installed
    HAS_PARSER = False
else:
    HAS_PARSER = True

log = structlog.get_logger(__name__)

UNREAD_BYTES = 64 * 1024
"""Unread bytes of answers after which a connection is cut."""

IDLE_SECONDS = 3600.0
"""Seconds an idle connection is kept, as by aiohttp; longer than proxies keep theirs."""

NextProtocol = Callable[[], asyncio.Protocol]
"""Makes aiohttp's own protocol for one connection."""

Answered = Done[web.Response | None]
Endpoint = Callable[[str | None, str, Mapping[str, str], bytes, Answered], None]
"""Webhooks.begin, with a delivery's peer address, path, headers and body."""


class WebhookFastPaths:
    """The fast paths of one server, one per connection.

    `endpoints` are by exact request target; while `status` is draining, each answer is its
    connection's last.
    """

    def __init__(
        self, endpoints: Mapping[bytes, Endpoint], *, clock: Clock, status: Status
    ) -> None:
        self.endpoints = endpoints
        self.clock = clock
        self.status = status
        self.open: set[WebhookFastPath] = set()

    def before(self, aiohttp: NextProtocol) -> MakeReader:
        """The factory of each new connection's reader."""
        if not (HAS_PARSER and self.endpoints):
            return lambda _connection: aiohttp()
        return partial(WebhookFastPath, self, aiohttp)

    async def close(self, seconds: float) -> None:
        """Wait up to `seconds` for running deliveries' answers, then close all connections."""
        taking = [path.taking for path in self.open if path.taking is not None]
        if taking:
            await asyncio.wait(taking, timeout=seconds)
        for path in tuple(self.open):
            path.hang_up()


class WebhookFastPath(asyncio.Protocol):
    """One connection that brings only deliveries; `taking` is the running one."""

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
        """The connection is open."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if peer else ""
        self._paths.open.add(self)
        self._idle = self._loop.call_later(IDLE_SECONDS, self._look_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed; a running delivery is still applied."""
        self._unregister()

    def hang_up(self) -> None:
        """Close the connection after the written data was sent."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Handle one whole delivery, or pass this and all later data to aiohttp."""
        self._heard_at = self._loop.time()
        if self.taking is not None:
            # Sent before the last answer: it waits for that, and so does all later data.
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
            return  # The delivery was answered before something else failed.
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
    """The 200 for a Unix second, the same for all deliveries."""
    return _serialize(web.Response(), second, is_last)


def _serialize(response: web.Response, second: int, is_last: bool) -> bytes:
    """The answer's bytes, with the headers of all our answers."""
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
