"""A fast client: raw asyncio protocols, so that the server is what is measured.

It sends prepared requests over connections that stay open, and counts the views that come in over
the pages' WebSockets, each with the moment at which it came.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

VIEW = b'"type":"view"'
VIEW_SPACED = b'"type": "view"'
"""As our own encoder, and as Python's default one, write it; at the head of the frame."""

HEAD_BYTES = 40


class Wrong(Exception):
    """The server answered something that a bench cannot go on with."""


class Poster(asyncio.Protocol):
    """One connection for requests: at most one under way."""

    def __init__(self, answered: Callable[[Poster, bytes], None]) -> None:
        self._answered = answered
        self._buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes) -> None:
        """Send a whole request."""
        assert self.transport is not None
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Hand over the answer once it is whole (its length is told in a header)."""
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        answer, self._buffer = self._buffer, b""
        self._answered(self, answer)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


@dataclass(eq=False)
class PageSocket(asyncio.Protocol):
    """One page: opens, says `hello` (if any), and counts the views that it is shown."""

    request: bytes
    hello: bytes
    on_view: Callable[[PageSocket], None]
    user: str = ""
    views: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    transport: asyncio.Transport | None = None
    _buffer: bytearray = field(default_factory=bytearray)
    _open: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.request)

    def say(self, text: bytes) -> None:
        """Send a text frame."""
        assert self.transport is not None
        self.transport.write(masked(text))

    def data_received(self, data: bytes) -> None:
        """Take whole frames off the front."""
        buffer = self._buffer
        buffer += data
        if not self._open and not self._upgraded(buffer):
            return
        while (size := _frame_size(buffer)) and size[0] + size[1] <= len(buffer):
            begin, length = size
            head = bytes(buffer[begin : begin + HEAD_BYTES])
            del buffer[: begin + length]
            if VIEW in head or VIEW_SPACED in head:
                self.views += 1
                self.ready.set()
                self.on_view(self)

    def _upgraded(self, buffer: bytearray) -> bool:
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not buffer.startswith(b"HTTP/1.1 101"):
            raise Wrong(bytes(buffer[:200]).decode(errors="replace"))
        del buffer[: end + 4]
        self._open = True
        if self.hello:
            self.say(self.hello)
        else:
            self.ready.set()
        return True


def _frame_size(buffer: bytearray) -> tuple[int, int] | None:
    """Where the payload of the first frame begins, and its length (servers do not mask)."""
    if len(buffer) < 2:
        return None
    length = buffer[1]
    if length < 126:
        return 2, length
    more = 2 if length == 126 else 8
    if len(buffer) < 2 + more:
        return None
    return 2 + more, int.from_bytes(buffer[2 : 2 + more], "big")


def masked(text: bytes) -> bytes:
    """A client's text frame; a mask of zeros leaves the text as it is (RFC 6455, 5.3)."""
    length = len(text)
    if length < 126:
        return b"\x81" + bytes([0x80 | length]) + b"\0\0\0\0" + text
    return b"\x81\xfe" + length.to_bytes(2, "big") + b"\0\0\0\0" + text


def upgrade(port: int, path: str, origin: str, protocol: str = "") -> bytes:
    """The request that opens a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: localhost:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        f"Origin: {origin}",
    ]
    if protocol:
        lines.append(f"Sec-WebSocket-Protocol: {protocol}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def post(port: int, path: str, body: bytes, **headers: str) -> bytes:
    """A whole POST request."""
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode() + body


async def ask(port: int, requests: Sequence[bytes], connections: int) -> list[bytes]:
    """The answers to these requests, in their order."""
    loop = asyncio.get_running_loop()
    answers: list[bytes] = [b""] * len(requests)
    waiting = deque(enumerate(requests))
    asked: dict[Poster, int] = {}
    done = loop.create_future()
    left = len(requests)

    def next_one(poster: Poster) -> None:
        if waiting:
            asked[poster], request = waiting.popleft()
            poster.send(request)

    def answered(poster: Poster, answer: bytes) -> None:
        nonlocal left
        answers[asked[poster]] = answer
        left -= 1
        if not left and not done.done():
            done.set_result(None)
        next_one(poster)

    posters = [
        (await loop.create_connection(lambda: Poster(answered), "127.0.0.1", port))[1]
        for _ in range(min(connections, len(requests)))
    ]
    for poster in posters:
        next_one(poster)
    await done
    for poster in posters:
        assert poster.transport is not None
        poster.transport.close()
    return answers


def body_of(answer: bytes) -> dict[str, str]:
    """The JSON object of an answer; Wrong if it is not a 200."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise Wrong(answer[:300].decode(errors="replace"))
    found: dict[str, str] = json.loads(body)
    return found


@dataclass
class Sent:
    """What one flood did: seconds until the last view, and views in all."""

    events: int
    seconds: float
    views: int
    latencies_ms: list[float]


class Flood:
    """Deliveries into one server: as fast as it takes them, or at a steady pace."""

    def __init__(self, port: int, pages: dict[str, PageSocket], connections: int = 32) -> None:
        self._port = port
        self._pages = pages
        self._connections = connections
        self._due: dict[str, deque[float]] = {user: deque() for user in pages}
        self._left = 0
        self._refused = 0
        self._latencies: list[float] = []
        self._last = 0.0
        self._views = 0
        self._done: asyncio.Future[None] | None = None
        for page in pages.values():
            page.on_view = self._seen

    def _seen(self, page: PageSocket) -> None:
        self._views += 1
        due = self._due[page.user]
        if due:
            now = time.perf_counter()
            self._latencies.append((now - due.popleft()) * 1000)
            self._last = now
            self._left -= 1
            self._end()

    def _end(self) -> None:
        if self._left == 0 and self._done is not None and not self._done.done():
            self._done.set_result(None)

    async def run(
        self, deliveries: Sequence[tuple[str, bytes]], per_second: float = 0, patience: float = 60
    ) -> Sent:
        """Send (user, request) each, wait until every one has been shown to its page."""
        loop = asyncio.get_running_loop()
        self._done = loop.create_future()
        self._left, self._views, self._latencies = len(deliveries), 0, []
        waiting = deque(deliveries)
        idle: list[Poster] = []

        def send(poster: Poster) -> None:
            user, request = waiting.popleft()
            self._due[user].append(time.perf_counter())
            poster.send(request)

        def answered(poster: Poster, answer: bytes) -> None:
            if not answer.startswith(b"HTTP/1.1 200"):
                raise Wrong(answer[:300].decode(errors="replace"))
            if waiting and not per_second:
                send(poster)
            else:
                idle.append(poster)

        for _ in range(self._connections):
            made = await loop.create_connection(lambda: Poster(answered), "127.0.0.1", self._port)
            idle.append(made[1])
        started = time.perf_counter()
        if per_second:
            await self._pace(started, per_second, waiting, idle, send)
        else:
            while idle and waiting:
                send(idle.pop())
        await asyncio.wait_for(asyncio.shield(self._done), patience)
        seconds = self._last - started
        return Sent(len(deliveries), seconds, self._views, self._latencies)

    @staticmethod
    async def _pace(
        started: float,
        per_second: float,
        waiting: deque[tuple[str, bytes]],
        idle: list[Poster],
        send: Callable[[Poster], None],
    ) -> None:
        """What is due is sent; what finds no free connection is sent late, and counts as late."""
        sent = 0
        while waiting:
            due = int((time.perf_counter() - started) * per_second) - sent
            for _ in range(min(due, len(idle), len(waiting))):
                send(idle.pop())
                sent += 1
            await asyncio.sleep(0.0005)
