"""Requests to other servers, whose answers are read whole up to a limit.

Law of this file: no answer takes more of our memory than its asker allows, packed or not. One that
would is an answer that got lost: what was asked for may have been done all the same.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, Iterator
from typing import Any

import httpx

LARGEST = 16 << 20
"""Bytes of an answer: thousands of a phone system's channels, and more than any page of a list."""

SMALL = 256 << 10
"""Bytes of an answer that is one object, such as a token."""

_SLICE = 4096
"""Bytes unpacked at once: to four megabytes at most (https://zlib.net/zlib_tech.html)."""

_USUAL = httpx.Limits(max_connections=100, max_keepalive_connections=20)


class AnswerTooLong(httpx.ReadError):
    """More came than is read."""


class _Slices(httpx.SyncByteStream):
    """What came, a little at a time."""

    def __init__(self, came: bytearray) -> None:
        self._came = came

    def __iter__(self) -> Iterator[bytes]:
        for begin in range(0, len(self._came), _SLICE):
            yield bytes(self._came[begin : begin + _SLICE])


async def read_answer(
    status: int,
    headers: Any,
    chunks: AsyncIterable[bytes],
    request: httpx.Request,
    most: int = LARGEST,
) -> httpx.Response:
    """The answer, unpacked. Raises AnswerTooLong, DecodingError, and whatever `chunks` raises."""
    came, body = bytearray(), bytearray()
    async for chunk in chunks:
        _add(came, chunk, most, request)
    packed = httpx.Response(status, headers=headers, stream=_Slices(came), request=request)
    for piece in packed.iter_bytes():
        _add(body, piece, most, request)
    for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):
        packed.headers.pop(name, None)  # of what came, not of what is handed on
    return httpx.Response(status, headers=packed.headers, content=bytes(body), request=request)


def _add(body: bytearray, piece: bytes, most: int, request: httpx.Request) -> None:
    if len(body) + len(piece) > most:
        raise AnswerTooLong(f"longer than {most} bytes", request=request)
    body += piece


class BoundedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport, which hands on no more than `most` bytes of an answer."""

    def __init__(self, most: int, verify: ssl.SSLContext | bool, limits: httpx.Limits) -> None:
        super().__init__(verify=verify, limits=limits, trust_env=False)
        self._most = most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it. Raises httpx's TransportError or DecodingError."""
        came = await super().handle_async_request(request)
        try:
            return await read_answer(
                came.status_code, came.headers, came.aiter_raw(), request, self._most
            )
        finally:
            await came.aclose()


def build_client(
    timeout: httpx.Timeout | float,
    *,
    most: int = LARGEST,
    verify: ssl.SSLContext | bool = True,
    limits: httpx.Limits = _USUAL,
    **more: Any,
) -> httpx.AsyncClient:
    """Make a client: no redirects, no proxies of the environment, answers of `most` bytes.

    Seconds in `timeout`; `more` is httpx's own.
    """
    return httpx.AsyncClient(
        timeout=timeout,
        transport=BoundedTransport(most, verify, limits),
        follow_redirects=False,
        trust_env=False,
        **more,
    )
