"""httpx over aiohttp's client: for requests that an agent waits for.

httpx's own transport is Python down to the parser, and takes four times the processor time.

Law of this file: **an error says "never sent" only where that is sure.** A connection that never
stood is `ConnectError` or `ConnectTimeout`; whatever happens on one that stands may have arrived.
aiohttp sends a GET, PUT or DELETE once more where a kept connection turns out to be closed, a POST
never (https://docs.aiohttp.org/en/stable/client_reference.html).
"""

from __future__ import annotations

import aiohttp
import httpx
from yarl import URL

KEPT_SECONDS = 5.0
"""How long an idle connection is kept: no longer than the shortest of servers' usual times."""

_AS_GIVEN = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add where httpx has left them out."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """One pool of so many connections; answers are read whole. Used in one event loop."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        # The certificates that httpx's own transport trusts.
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it. Raises httpx's TransportError."""
        limits = request.extensions.get("timeout", {})
        times = aiohttp.ClientTimeout(
            connect=limits.get("pool"),
            sock_connect=limits.get("connect"),
            sock_read=limits.get("read"),
        )
        try:
            async with self._pool().request(
                request.method,
                URL(str(request.url), encoded=True),  # verbatim: %2E%2E is no step upwards
                headers=request.headers.multi_items(),
                data=await request.aread() or None,
                timeout=times,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _meaning(error, request) from error
        return httpx.Response(
            answer.status, headers=answer.raw_headers, content=body, request=request
        )

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
        case TimeoutError():
            kind = httpx.ReadTimeout
        case _:
            pass
    return kind(type(error).__name__, request=request)
