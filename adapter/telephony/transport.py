"""Requests to one server by aiohttp's client, for those that an agent waits for.

Other clients here use httpx, which is Python down to the parser and takes several times the
processor time. This client follows no redirects, keeps no cookies and ignores the environment.

Law of this file: **`Rejected` means "never sent", only if that is certain.** It is certain if no
connection was established. After that, a request may have arrived, and every failure is `Unknown`.
aiohttp repeats a GET, PUT or DELETE if a kept connection turns out to be closed, but never a POST
(https://docs.aiohttp.org/en/stable/client_reference.html).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any, NamedTuple

import aiohttp
import httpx
import orjson
from yarl import URL

from adapter import __version__
from adapter.origins import is_for_this_machine
from adapter.outbound import gather, unpack
from adapter.telephony.port import Rejected, Unknown

CONNECTIONS = 100
CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
"""The time limit of one request, including the wait for a free connection."""

KEPT_SECONDS = 5.0
"""How long an idle connection is kept: at most the shortest keep-alive that servers use."""

UNREACHABLE = "unreachable"
HIDDEN = "[hidden]"
SECRET_LENGTH = 8
"""An answer may quote the token, and its words are shown and logged; a shorter one is any word."""

_JSON = {"Content-Type": "application/json"}

_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


class Response(NamedTuple):
    """A complete response with its decoded body (limited in size); `url` is the request's."""

    url: URL
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """One server's client, for one event loop. `on_response` is called with every response.

    `proxy` is the HTTP proxy between, unless it is empty or the server is on this machine.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        on_response: Callable[[Response], Awaitable[None]] | None = None,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        proxy: str = "",
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._proxy = None if is_for_this_machine(base_url) else proxy or None
        defaults = {"Accept-Encoding": "gzip, deflate", "User-Agent": f"softphone/{__version__}"}
        self._headers = {**defaults, **headers}
        self._secret = headers.get("Authorization", "").rpartition(" ")[2]
        self._on_response = on_response
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
        """Send a request once, to a path or an absolute address. Raises Rejected or Unknown.

        Their texts leave out the cause's text, which may quote the request.
        """
        session = self._session or self._open_session()
        try:
            # Keep the encoding: %2E%2E must not become a step upwards.
            whole = URL(f"{self.base_url}{url}", encoded=True) if isinstance(url, str) else url
            async with (
                asyncio.timeout(self._total_seconds),
                session.request(
                    method,
                    whole.update_query(params) if params else whole,
                    data=None if json is None else orjson.dumps(json),
                    headers=None if json is None else _JSON,
                    allow_redirects=False,
                    proxy=self._proxy,
                ) as answer,
            ):
                body = await gather(answer.content.iter_any())
            if "Content-Encoding" in answer.headers:
                body = unpack(answer.headers, body)
            reason = answer.reason or ""
            if len(self._secret) >= SECRET_LENGTH:
                body = body.replace(self._secret.encode(), HIDDEN.encode())
                reason = reason.replace(self._secret, HIDDEN)
        except aiohttp.ClientHttpProxyError as error:
            refused = f"The proxy does not connect to the phone system (it answers {error.status})"
            raise Rejected(UNREACHABLE, refused) from error
        except _NEVER_SENT as error:
            raise Rejected(UNREACHABLE, "The phone system cannot be reached") from error
        except TimeoutError as error:
            raise Unknown("The phone system did not answer in time") from error
        except (aiohttp.ClientError, httpx.HTTPError, OSError, ValueError) as error:
            raise Unknown(f"The phone system's answer was lost ({type(error).__name__})") from error
        response = Response(whole, answer.status, reason, answer.headers, body)
        if self._on_response is not None:
            await self._on_response(response)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        """Open it at the first request, because it belongs to the running event loop."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=CONNECTIONS, keepalive_timeout=KEPT_SECONDS, ssl=self._tls
            ),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(sock_connect=self._connect_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_JSON,  # no Content-Type without a body
        )
        return self._session


def ms_since(began: float) -> int:
    """Milliseconds since a reading of `perf_counter`."""
    return round((perf_counter() - began) * 1000)
