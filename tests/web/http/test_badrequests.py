"""What is not HTTP gets an answer like every other, without a word of the request."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from adapter.app import listening
from adapter.web.http.middleware import HEADERS

COOKIE = b"__Host-softphone-00D000000000001=the-secret"


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\nCookie: %b; y=%b\r\n\r\n" % (COOKIE, b"y" * 9_000),
            id="too long a header",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\nCookie: %b; y=\x01\r\n\r\n" % COOKIE, id="an odd letter"
        ),
        pytest.param(b"GET /?%b HTTP/1.1\r\nHost: x\r\n\r\n" % (COOKIE * 400), id="too long a URL"),
        pytest.param(b"GET / HTTP/1.1\r\nCookie: %b\r\n\r\n" % COOKIE, id="no host"),
        pytest.param(b"%b\r\n\r\n" % COOKIE, id="no HTTP"),
    ],
)
async def test_a_request_that_cannot_be_read_is_not_quoted(request_: bytes) -> None:
    """Else a script could read the session's cookie, which HttpOnly keeps from it."""
    async with listening(web.Application(), "127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_)
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"400"
    assert b"secret" not in answer
    assert b'"code": "bad-request"' in body
    assert b"aiohttp" not in head
    assert b"Python" not in head
    for name, value in HEADERS.items():
        assert f"\r\n{name}: {value}".encode() in head
