"""HTTP requests, WebSocket frames, and the sockets that carry them.

These are raw asyncio protocols, so that the server is measured and not its client. Sources: RFC
9112 (HTTP/1.1), RFC 6455 (WebSocket).
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar, cast

OPEN_SECONDS = 120.0
TEXT, CLOSE, PING = 0x81, 0x88, 0x89
VIEW = b'"type":"view"'
VIEW_SPACED = b'"type": "view"'
"""A view's type, as our encoder and Python's default one write it at the frame's start."""

HEAD_BYTES = 60
Ask = Callable[[bytes], Awaitable[bytes]]
Protocol = TypeVar("Protocol", bound=asyncio.Protocol)


class Wrong(Exception):
    """The server's answer does not let the bench continue."""


# --- connections ---------------------------------------------------------------------------------

_trusted: dict[int, ssl.SSLContext] = {}


def encrypt(port: int, trust: ssl.SSLContext) -> None:
    """Use TLS for all connections to this port from now on."""
    _trusted[port] = trust


async def open_to(port: int, protocol: Callable[[], Protocol]) -> Protocol:
    """Open a connection to this port of loopback. Raises OSError."""
    loop, trust = asyncio.get_running_loop(), _trusted.get(port)
    name = "localhost" if trust else None
    _, made = await loop.create_connection(
        protocol, "127.0.0.1", port, ssl=trust, server_hostname=name
    )
    return made


# --- requests ------------------------------------------------------------------------------------


def post(port: int, path: str, body: bytes, **headers: str) -> bytes:
    """A complete POST request."""
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode() + body


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


def body_of(answer: bytes) -> dict[str, str]:
    """The JSON object of an answer. Raises Wrong if its status is not 200."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise Wrong(answer[:300].decode(errors="replace"))
    body_json: dict[str, str] = json.loads(body)
    return body_json


class Poster(asyncio.Protocol):
    """One connection for requests, kept open, with at most one request under way."""

    def __init__(self, answered: Callable[[Poster, bytes], None]) -> None:
        self._answered = answered
        self._buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        # uvloop's transports do not inherit from asyncio's classes.
        self.transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes) -> None:
        """Send a complete request."""
        assert self.transport is not None
        self.transport.write(request)

    def close(self) -> None:
        """Abort the connection: a TLS shutdown would outlast the event loop."""
        assert self.transport is not None
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Pass the answer on once it is complete (a header gives its length)."""
        self._buffer = self._buffer + data if self._buffer else data
        # An acknowledgment has no body, so there is nothing to search.
        if not self._buffer.endswith(b"\r\n\r\n"):
            head, separator, body = self._buffer.partition(b"\r\n\r\n")
            if not separator or len(body) < _length(head):
                return
        answer, self._buffer = self._buffer, b""
        self._answered(self, answer)


def _length(head: bytes) -> int:
    _, separator, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if separator else 0


async def connect(port: int, answered: Callable[[Poster, bytes], None]) -> Poster:
    """Open a connection to the server."""
    return await open_to(port, lambda: Poster(answered))


@asynccontextmanager
async def asking(port: int) -> AsyncIterator[Ask]:
    """Open a connection; yields a function that sends one request and returns the answer."""
    answers: asyncio.Queue[bytes] = asyncio.Queue()
    poster = await connect(port, lambda _, answer: answers.put_nowait(answer))

    async def ask(request: bytes) -> bytes:
        poster.send(request)
        return await asyncio.wait_for(answers.get(), OPEN_SECONDS)

    try:
        yield ask
    finally:
        poster.close()


async def ask_all(port: int, requests: Sequence[bytes], connections: int) -> list[bytes]:
    """The answers to these requests, in their order."""
    answers: list[bytes] = [b""] * len(requests)
    waiting = deque(enumerate(requests))

    async def worker() -> None:
        async with asking(port) as ask:
            while waiting:
                number, request = waiting.popleft()
                answers[number] = await ask(request)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(connections, len(requests))):
            group.create_task(worker())
    return answers


# --- frames --------------------------------------------------------------------------------------


def masked(text: bytes, opcode: int = TEXT) -> bytes:
    """A client's frame. A mask of zeros leaves the text unchanged (RFC 6455, 5.3)."""
    length = len(text)
    if length < 126:
        return bytes((opcode, 0x80 | length)) + b"\0\0\0\0" + text
    return bytes((opcode, 0xFE)) + length.to_bytes(2, "big") + b"\0\0\0\0" + text


def span(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `at` begins and ends; None if it is not complete yet.

    Servers do not mask (RFC 6455, 5.1).
    """
    have = len(data)
    if have < at + 2:
        return None
    length, begin = data[at + 1], at + 2
    if length >= 126:
        begin += 2 if length == 126 else 8
        if have < begin:
            return None
        length = int.from_bytes(data[at + 2 : begin], "big")
    return (begin, begin + length) if begin + length <= have else None


@dataclass(eq=False)
class PageSocket(asyncio.Protocol):
    """One page: opens a socket, sends `hello` (if any), answers pings and passes messages on.

    It is ready at its first view, or once it is open if it sends no hello.
    """

    request: bytes
    hello: bytes
    user: str = ""
    on_view: Callable[[PageSocket, bytes], None] = lambda page, payload: None
    on_message: Callable[[PageSocket, bytes], None] = lambda page, payload: None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    problem: str = ""
    transport: asyncio.Transport | None = None
    _rest: bytes = b""
    _open: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Request the upgrade."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.request)

    def connection_lost(self, error: Exception | None) -> None:
        """End the wait for this page to be ready."""
        self.problem = self.problem or f"the socket is gone ({error})"
        self.ready.set()

    def say(self, text: bytes) -> None:
        """Send a text frame."""
        assert self.transport is not None
        self.transport.write(masked(text))

    def close(self) -> None:
        """Close the socket without a close frame."""
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Handle every complete frame."""
        data = self._rest + data if self._rest else data
        at = 0
        if not self._open:
            at = self._opened(data)
        while self._open and (frame_span := span(data, at)):
            self._frame(data[at], data[frame_span[0] : frame_span[1]])
            at = frame_span[1]
        self._rest = data[at:]

    def _opened(self, data: bytes) -> int:
        """How many bytes of this were the answer to the upgrade."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self.problem = data[:200].decode(errors="replace")
            self.close()
            return len(data)
        self._open = True
        if self.hello:
            self.say(self.hello)
        else:
            self.ready.set()
        return end + 4

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            head = payload[:HEAD_BYTES]
            if VIEW in head or VIEW_SPACED in head:
                self.ready.set()
                self.on_view(self, payload)
            else:
                self.on_message(self, payload)
        elif opcode == PING:
            assert self.transport is not None
            self.transport.write(masked(payload, 0x8A))
        elif opcode == CLOSE:
            self.problem = f"closed by the server: {int.from_bytes(payload[:2], 'big')}"
            self.close()
