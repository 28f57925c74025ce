"""Bodies come whole, in time and of bearable size, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from adapter.app import listening
from adapter.web.http import bodies
from adapter.web.http.bodies import MAX_BODY_BYTES, bodies_in_time


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server with one address that takes a body, and little patience."""
    monkeypatch.setattr(bodies, "READ_SECONDS", 0.2)

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    server = web.Application(middlewares=[bodies_in_time], client_max_size=MAX_BODY_BYTES)
    server.router.add_post("/echo", echo)
    async with listening(server, "127.0.0.1", 0) as made:
        yield made


async def ask(port: int, request: bytes) -> bytes:
    """The answer's first line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(20):
        line = await reader.readline()
    writer.close()
    return line


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", b"200"),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nh", b"408"),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nh", b"408"),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\nh", b"413"),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nh", b"404"),
        (b"GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nh", b"405"),
    ],
)
async def test_a_body_that_never_arrives_times_out(
    port: int, request_: bytes, status: bytes
) -> None:
    """Each gets its answer, though its sender says no more."""
    assert (await ask(port, request_)).split()[1] == status
