"""HTTP requests to other servers, whose answers are read up to a limit.

Law of this file: no answer takes more memory than its caller allows, compressed or not. A longer
one counts as a lost answer: the request may have been carried out.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable, Iterator, Mapping
from typing import Any

import httpx

LARGEST = 16 << 20
"""Bytes of an answer: enough for thousands of a PBX's channels, or any page of a list."""

SMALL = 256 << 10
"""Bytes of an answer that is one object, such as a token."""

_SLICE = 4096
"""Bytes decompressed at once: they expand to at most 4 MB (https://zlib.net/zlib_tech.html)."""

_USUAL = httpx.Limits(max_connections=100, max_keepalive_connections=20)

_LOCAL = ("https://localhost", "https://127.0.0.1", "https://[::1]")
"""Addresses of this machine, which are reached without the proxy, as all plain http is."""


class AnswerTooLong(httpx.ReadError):
    """The answer is longer than the limit."""


class _Slices(httpx.SyncByteStream):
    """The body in chunks."""

    def __init__(self, came: bytes) -> None:
        self._came = came

    def __iter__(self) -> Iterator[bytes]:
        for begin in range(0, len(self._came), _SLICE):
            yield self._came[begin : begin + _SLICE]


async def gather(chunks: AsyncIterable[bytes], most: int = LARGEST) -> bytes:
    """The whole body. Raises AnswerTooLong, and whatever `chunks` raises."""
    came = bytearray()
    async for chunk in chunks:
        _add(came, chunk, most)
    return bytes(came)


def unpack(headers: Mapping[str, str], came: bytes, most: int = LARGEST) -> bytes:
    """The decompressed body. Raises AnswerTooLong and DecodingError."""
    body = bytearray()
    for piece in httpx.Response(200, headers=headers, stream=_Slices(came)).iter_bytes():
        _add(body, piece, most)
    return bytes(body)


def _add(body: bytearray, piece: bytes, most: int) -> None:
    if len(body) + len(piece) > most:
        raise AnswerTooLong(f"longer than {most} bytes")
    body += piece


class BoundedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport, which delivers at most `most` bytes of an answer.

    `seconds` limits the whole request; httpx's own timeouts restart with each byte.
    """

    def __init__(
        self,
        most: int,
        seconds: float | None,
        verify: ssl.SSLContext | bool,
        limits: httpx.Limits,
        proxy: str = "",
    ) -> None:
        super().__init__(verify=verify, limits=limits, trust_env=False, proxy=proxy or None)
        self._most = most
        self._seconds = seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises httpx's TransportError or DecodingError."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._sent(request)
        except TimeoutError:
            raise httpx.ReadTimeout("the answer does not end", request=request) from None

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        came = await super().handle_async_request(request)
        headers = came.headers.copy()
        try:
            body = unpack(headers, await gather(came.aiter_raw(), self._most), self._most)
        finally:
            await came.aclose()
        for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):
            headers.pop(name, None)  # of the raw body, not of the delivered one
        return httpx.Response(came.status_code, headers=headers, content=body, request=request)


def build_client(
    timeout: httpx.Timeout | float,
    *,
    most: int = LARGEST,
    verify: ssl.SSLContext | bool = True,
    limits: httpx.Limits = _USUAL,
    proxy: str = "",
    **more: Any,
) -> httpx.AsyncClient:
    """Make a client: no redirects, no proxies of the environment, answers of `most` bytes.

    `timeout` is in seconds; its read timeout limits the whole request. `proxy` is the HTTP proxy
    for https addresses, if there is one. `more` goes to httpx.
    """
    read = httpx.Timeout(timeout).read
    mounts: dict[str, BoundedTransport | None] = {}
    if proxy:
        mounts = {"https://": BoundedTransport(most, read, verify, limits, proxy)}
        mounts |= dict.fromkeys(_LOCAL)
    return httpx.AsyncClient(
        timeout=timeout,
        transport=BoundedTransport(most, read, verify, limits),
        mounts=mounts,
        follow_redirects=False,
        trust_env=False,
        **more,
    )
