"""Requests of httpx over aiohttp's client: for those that an agent waits for.

httpx's own client and transport are Python down to the parser, and take six times the processor
time. Nothing is followed, kept in a jar or read from the environment.

Law of this file: **an error says "never sent" only where that is sure.** A connection that never
stood is `ConnectError` or `ConnectTimeout`; whatever happens on one that stands may have arrived.
aiohttp sends a GET, PUT or DELETE once more where a kept connection turns out to be closed, a POST
never (https://docs.aiohttp.org/en/stable/client_reference.html).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import httpx
from yarl import URL

from adapter import __version__
from adapter.outbound import read_answer

KEPT_SECONDS = 5.0
"""How long an idle connection is kept: no longer than the shortest of servers' usual times."""

_AS_GIVEN = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add where none is given."""


class HttpClient:
    """One server's client, for one event loop; whoever asks limits how long an answer may take.

    `heard` is told of every answer.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        transport: httpx.AsyncBaseTransport,
        heard: Callable[[httpx.Response], Awaitable[None]] | None = None,
    ) -> None:
        self.base_url = httpx.URL(base_url.rstrip("/"))
        told = {"Accept-Encoding": "gzip, deflate", "User-Agent": f"softphone/{__version__}"}
        self._headers = httpx.Headers({**told, **headers})
        self._transport = transport
        self._heard = heard

    async def request(
        self,
        method: str,
        url: str | httpx.URL,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> httpx.Response:
        """Send it, to a path or a whole address. Raises httpx's TransportError or InvalidURL."""
        whole = f"{self.base_url}{url}" if isinstance(url, str) else url
        request = httpx.Request(method, whole, params=params, headers=self._headers, json=json)
        response = await self._transport.handle_async_request(request)
        if self._heard is not None:
            await self._heard(response)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


class AiohttpTransport(httpx.AsyncBaseTransport):
    """One pool of so many connections; answers are read whole, to a limit. For one event loop."""

    def __init__(self, connections: int, connect_seconds: float) -> None:
        self._connections = connections
        self._times = aiohttp.ClientTimeout(sock_connect=connect_seconds)
        # The certificates that httpx's own transport trusts.
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it. Raises httpx's TransportError or DecodingError."""
        try:
            async with self._pool().request(
                request.method,
                URL(str(request.url), encoded=True),  # verbatim: %2E%2E is no step upwards
                headers=request.headers.multi_items(),
                data=request.content or None,
                allow_redirects=False,
            ) as answer:
                return await read_answer(
                    answer.status, answer.raw_headers, answer.content.iter_any(), request
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _meaning(error, request) from error

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _pool(self) -> aiohttp.ClientSession:
        """Made with the first request: it belongs to the event loop that runs then."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=KEPT_SECONDS, ssl=self._tls
                ),
                timeout=self._times,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_AS_GIVEN,
                auto_decompress=False,
            )
        return self._session


def _meaning(error: Exception, request: httpx.Request) -> httpx.TransportError:
    """The error as httpx names it; without its text, which may quote what was sent."""
    kind: type[httpx.TransportError] = httpx.ReadError
    match error:
        case aiohttp.ConnectionTimeoutError():
            kind = httpx.ConnectTimeout
        case aiohttp.ClientConnectorError():
            kind = httpx.ConnectError
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            kind = httpx.UnsupportedProtocol
        case _:
            pass
    return kind(type(error).__name__, request=request)
