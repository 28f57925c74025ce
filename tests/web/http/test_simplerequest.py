"""A request passes as whole and plain, or is left to aiohttp: there is no third way."""

from __future__ import annotations

import asyncio
from unittest import mock

import pytest
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.web.http.simplerequest import SIMPLE_REQUEST_BYTES, parse_simple_request

BODY = b'{"id":"evt_1"}'
HEADERS = [
    b"Host: softphone.example.com",
    b"Content-Length: %d" % len(BODY),
    b"X-DialStack-Signature: t=1,v1=ab",
    b"X-Forwarded-For: 192.0.2.1",
]
FIRST = b"POST /webhooks/dialstack HTTP/1.1"


def request(*more: bytes, first: bytes = FIRST, body: bytes = BODY) -> bytes:
    """A piece with these headers besides the usual ones."""
    return b"\r\n".join([first, *HEADERS, *more, b"", body])


def test_a_typical_delivery_is_parsed() -> None:
    """Names of headers in any case, values and body as they came."""
    whole = parse_simple_request(request())
    assert whole is not None
    assert whole.target == b"/webhooks/dialstack"
    assert whole.headers["x-dialstack-signature"] == "t=1,v1=ab"
    assert (whole.headers["x-forwarded-for"], whole.body) == ("192.0.2.1", BODY)
    shouted = parse_simple_request(
        request().replace(b"X-DialStack-Signature", b"X-DIALSTACK-SIGNATURE")
    )
    assert shouted is not None
    assert shouted.headers["x-dialstack-signature"] == "t=1,v1=ab"


def test_missing_headers_are_absent() -> None:
    """An unsigned delivery is whole too; who takes it refuses it."""
    whole = parse_simple_request(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert whole is not None
    assert (whole.headers, whole.body) == ({"host": "x"}, b"")


@pytest.mark.parametrize(
    "piece",
    [
        b"",
        request()[:-1],
        request()[:30],
        request() + request(),
        request() + b"P",
        request().replace(b"POST", b"GET"),
        request().replace(b"POST", b"post"),
        request().replace(b"HTTP/1.1", b"HTTP/1.0"),
        request(b"Connection: close"),
        request(b"Host: another.example.com"),
        request().replace(b"Host", b"Guest"),
        request(b"X-DialStack-Signature: t=1,v1=cd"),
        request(b"X-Forwarded-For: 192.0.2.2"),
        request(b"Expect: 100-continue"),
        request(b"Upgrade: websocket", b"Connection: upgrade"),
        request(b"Content-Encoding: gzip"),
        request(b"Content-Length: 3"),
        request(b"Transfer-Encoding: chunked"),
        request(b"No colon"),
        request(b"Bad name : x"),
        request(b" folded: x"),
        request(b"X-Long: " + b"x" * SIMPLE_REQUEST_BYTES),
        request(b"X-Long: " + b"x" * 9_000),
        request(*(b"X-%d: x" % number for number in range(150))),
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ],
    ids=range(25),
)
def test_all_other_requests_go_to_aiohttp(piece: bytes) -> None:
    """Half of one, two of them, one too long, and all that changes how a body is read."""
    assert parse_simple_request(piece) is None


PARTS = st.sampled_from(
    [
        *HEADERS,
        b"content-length: 5",
        b"Content-Length:",
        b"Content-Length: +14",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding : chunked",
        b"Connection: keep-alive",
        b"X-DialStack-Signature:\xff",
        b"x-forwarded-for: a, b",
        b"",
        b" x",
        b"X: \x00",
        b"X: a\nY: b",
    ]
)


@given(
    st.permutations(HEADERS),
    st.integers(3, 4),
    st.lists(PARTS, max_size=2),
    st.sampled_from([BODY, b"", b"0\r\n\r\n", BODY + b"\r\n", BODY * 2]),
    st.sampled_from([FIRST, FIRST + b" ", b"POST  / HTTP/1.1", b"POST http://x/ HTTP/1.1"]),
)
@settings(max_examples=400)
def test_aiohttp_parses_every_accepted_request_alike(
    usual: list[bytes], kept: int, more: list[bytes], body: bytes, first: bytes
) -> None:
    """Two readings of one signed request would be two requests."""
    piece = b"\r\n".join([first, *usual[:kept], *more, b"", body])
    whole = parse_simple_request(piece)
    if whole is None:
        return
    target, signature, told = _by_aiohttp(piece)
    assert (whole.target, whole.headers.get("x-dialstack-signature"), whole.body) == (
        target,
        signature,
        told,
    )


def _by_aiohttp(piece: bytes) -> tuple[bytes, str | None, bytes]:
    """Target, signature and body of the one request that aiohttp finds."""
    loop = asyncio.new_event_loop()
    try:
        parser = HttpRequestParser(mock.Mock(), loop, 2**16)
        messages, _, _ = parser.feed_data(piece)
        [(message, payload)] = messages
        body = b"".join(payload._buffer) if hasattr(payload, "_buffer") else b""
    except HttpProcessingError as error:
        pytest.fail(f"aiohttp refuses it: {error}")
    finally:
        loop.close()
    signature = message.headers.get("X-DialStack-Signature")
    as_sent = signature.encode("utf-8", "surrogateescape").decode("latin-1") if signature else None
    return message.path.encode(), as_sent if signature != "" else "", body
