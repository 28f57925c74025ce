"""A flood counts a delivery only when its own page was shown what it said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from qa.load.flood import Delivery, Flood
from qa.load.wire import PageSocket, Wrong, post

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Server(asyncio.Protocol):
    """Answers each request, and shows the page what the request's body says."""

    def __init__(self, page: PageSocket, answer: bytes, forgets: bytes) -> None:
        self._page = page
        self._answer = answer
        self._forgets = forgets
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody delivers."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A whole request: they are short, and one at a time."""
        assert self._transport is not None
        body = data.partition(b"\r\n\r\n")[2]
        if body != self._forgets:
            self._page.on_view(self._page, b'{"type":"view"} ' + body)
        self._transport.write(self._answer)


@asynccontextmanager
async def flood(answer: bytes = OK, forgets: bytes = b"") -> AsyncIterator[tuple[Flood, int]]:
    """A flood into such a server, of one page, with little patience."""
    page = PageSocket(b"", b"", "u1")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(page, answer, forgets), "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    try:
        yield Flood(port, {"u1": page}, patience=0.3), port
    finally:
        server.close()
        await server.wait_closed()


def deliveries(port: int, *tokens: bytes) -> list[Delivery]:
    """One for each token, which is its whole body."""
    return [Delivery("u1", token, post(port, "/", token)) for token in tokens]


async def test_every_delivery_is_awaited_at_its_page() -> None:
    """As many latencies as deliveries, none of them negative."""
    async with flood() as (one, port):
        sent = await one.run(deliveries(port, *[b"same"] * 100))
    assert (sent.events, len(sent.latencies_ms)) == (100, 100)
    assert min(sent.latencies_ms) >= 0


async def test_a_missing_view_fails_the_run() -> None:
    """Merged views would look fast: the later one does not stand for the one before."""
    async with flood(forgets=b"second") as (one, port):
        with pytest.raises(Wrong, match="2 deliveries not shown"):
            await one.run(deliveries(port, b"first", b"second", b"third"))


async def test_a_refused_delivery_fails_the_run() -> None:
    """It is told what the server said."""
    async with flood(answer=b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", forgets=b"a") as (
        one,
        port,
    ):
        with pytest.raises(Wrong, match="503"):
            await one.run(deliveries(port, b"a"))


async def test_a_steady_flood_sends_and_sees_everything_too() -> None:
    """More deliveries than connections, each at its own moment."""
    async with flood() as (one, port):
        sent = await one.pace(deliveries(port, *[b"x"] * 50), per_second=1000)
    assert len(sent.latencies_ms) == 50
