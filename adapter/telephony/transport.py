"""One server's requests, by aiohttp's client: for those that an agent waits for.

httpx is what the others use; its request, client and transport are Python down to the parser, and
take several times the processor time. Nothing is followed, kept in a jar or read from the
environment.

Law of this file: **`Rejected` says "never sent", and only where that is sure.** So it is where a
connection never stood; whatever happens on one that stands may have arrived, and is `Unknown`.
aiohttp sends a GET, PUT or DELETE once more where a kept connection turns out to be closed, a POST
never (https://docs.aiohttp.org/en/stable/client_reference.html).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import aiohttp
import httpx
import orjson
from yarl import URL

from adapter import __version__
from adapter.outbound import gather, unpack
from adapter.telephony.port import Rejected, Unknown

CONNECTIONS = 100
CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
"""From the first byte to the last of one request, waiting for a free connection included."""

KEPT_SECONDS = 5.0
"""How long an idle connection is kept: no longer than the shortest of servers' usual times."""

UNREACHABLE = "unreachable"

_JSON = {"Content-Type": "application/json"}

_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


class Response(NamedTuple):
    """An answer, read whole, to a limit, and unpacked; `url` is what was asked."""

    url: URL
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """One server's client, for one event loop. `heard` is told of every answer."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        heard: Callable[[Response], Awaitable[None]] | None = None,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        told = {"Accept-Encoding": "gzip, deflate", "User-Agent": f"softphone/{__version__}"}
        self._headers = {**told, **headers}
        self._heard = heard
        self._connect_seconds = connect_seconds
        self._total_seconds = total_seconds
        # The certificates that httpx trusts.
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str | URL,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Response:
        """Send it once, to a path or a whole address. Raises Rejected and Unknown.

        Without the error's own text, which may quote what was sent.
        """
        session = self._session or self._opened()
        try:
            # Verbatim: %2E%2E is no step upwards.
            whole = URL(f"{self.base_url}{url}", encoded=True) if isinstance(url, str) else url
            async with (
                asyncio.timeout(self._total_seconds),
                session.request(
                    method,
                    whole.update_query(params) if params else whole,
                    data=None if json is None else orjson.dumps(json),
                    headers=None if json is None else _JSON,
                    allow_redirects=False,
                ) as answer,
            ):
                body = await gather(answer.content.iter_any())
            if "Content-Encoding" in answer.headers:
                body = unpack(answer.headers, body)
        except _NEVER_SENT as error:
            raise Rejected(UNREACHABLE, "The provider cannot be reached") from error
        except TimeoutError as error:
            raise Unknown("The provider did not answer in time") from error
        except (aiohttp.ClientError, httpx.HTTPError, OSError, ValueError) as error:
            raise Unknown(f"The provider's answer was lost ({type(error).__name__})") from error
        response = Response(whole, answer.status, answer.reason or "", answer.headers, body)
        if self._heard is not None:
            await self._heard(response)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """Made with the first request: it belongs to the event loop that runs then."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=CONNECTIONS, keepalive_timeout=KEPT_SECONDS, ssl=self._tls
            ),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(sock_connect=self._connect_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_JSON,  # no word of a body where there is none
        )
        return self._session
