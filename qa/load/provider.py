"""A provider in the generator: accepts every call and reports when it was requested."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
PRESENCE = b'HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{"state":"available"}'
Came = Callable[[float, bytes], None]
"""Called with the time at which a call's POST was complete (`time.perf_counter`), and its body."""


@asynccontextmanager
async def providing(came: Came) -> AsyncIterator[str]:
    """Run the provider on a free port of loopback; yields its address."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Provider(came), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


class Provider(asyncio.Protocol):
    """One connection to the provider, kept open, with at most one request under way."""

    def __init__(self, came: Came) -> None:
        self._came = came
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        # uvloop's transports do not inherit from asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """A request is over with its body, whose length is told before."""
        assert self._transport is not None
        now = time.perf_counter()
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"content-length:")
        if separator and len(body) >= int(length.split(b"\r\n", 1)[0] or b"0"):
            self._buffer = b""
            # Whether the agent's phones ring is asked at once after it: that is another request.
            is_call = head.startswith(b"POST ")
            if is_call:
                self._came(now, body)
            self._transport.write(ACCEPTED if is_call else PRESENCE)
