"""Sends requests to Asterisk's REST interface, each once.

Asterisk drops connections beyond its `sessionlimit` (100) without an answer, so the pool is small.
Its 500 "Allocation failed" means certainly no call; other 5xx and time-outs leave it unknown.
https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/Asterisk_REST_Interface/
"""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.health import Observe
from adapter.telephony.port import Rejected, Unknown
from adapter.telephony.transport import CONNECT_SECONDS, UNREACHABLE, HttpClient, Response, ms_since

TOTAL_SECONDS = 8.0
"""The time limit of a request; one waits while a tone plays on its channel."""

POOL = 20
ENTERING_SECONDS = 3.0
"""How long to wait for a new channel to enter our application; usually milliseconds."""

KNOWN_SECONDS = 10.0
"""An answer is good for so long, as it is for aiohttp."""

NOT_NOW = {"http-409", "http-422"}
GONE, NO_PHONE, TOO_SLOW = "http-404", "no-phone", "too-slow"


def build_http(
    account: AsteriskAccount,
    on_response: Callable[[Response], Awaitable[None]] | None = None,
    *,
    total_seconds: float = TOTAL_SECONDS,
) -> HttpClient:
    """The HTTP client; without redirects and proxies, because each request bears the secret."""
    headers = {"Authorization": basic_auth(account)}
    return HttpClient(f"{account.url}/ari", headers, on_response, total_seconds=total_seconds)


def basic_auth(account: AsteriskAccount) -> str:
    """The Authorization header of the account's user."""
    pair = f"{account.user}:{account.secret}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


@dataclass(eq=False, repr=False)
class RestClient:
    """Requests to Asterisk. Methods may raise Rejected or Unknown."""

    http: HttpClient
    account: AsteriskAccount
    observe: Observe = lambda _took_ms, _trouble: None
    queue_seconds: float = TOTAL_SECONDS

    def __post_init__(self) -> None:
        self._gate = asyncio.Semaphore(POOL)
        self.date = ""
        """What Asterisk's clock said with its last answer, as HTTP writes it."""
        self.lookup = HostLookup(urlsplit(self.account.url).hostname or "")

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def entered(self, request: Callable[[], Awaitable[object]]) -> None:
        """Repeat a request until its channel has entered our application (409, bridges: 422)."""
        waited, wait = 0.0, 0.005
        while True:
            try:
                await request()
            except Rejected as error:
                if error.code not in NOT_NOW or waited >= ENTERING_SECONDS:
                    raise
            else:
                return
            await asyncio.sleep(wait)
            waited, wait = waited + wait, min(wait * 2, 0.2)

    async def post(self, path: str, query: dict[str, str], **more: Any) -> Response:
        """Send a POST."""
        return await self.send("POST", path, query, **more)

    async def send(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        *,
        missing_ok: bool = False,
        json: Any = None,
    ) -> Response:
        """Send one request once and return its 2xx response (or 404 with `missing_ok`).

        Its time limit starts when a connection is free, so a hundred calls at once only queue. If
        none is free for that long, it is not sent: nobody expects the phone to ring so late.
        """
        began = perf_counter()
        try:
            async with asyncio.timeout(self.queue_seconds):
                await self._gate.acquire()
        except TimeoutError as error:
            self.observe(ms_since(began), "no-answer")
            raise Rejected(TOO_SLOW, "It is too slow at the moment.") from error
        began = perf_counter()
        try:
            answer = await self._exchange(method, path, query, json)
            if not (answer.status < 300 or (missing_ok and answer.status == 404)):
                raise _error_of(answer)
        except (Rejected, Unknown) as error:
            self.observe(ms_since(began), _trouble(error))
            raise
        finally:
            self._gate.release()
        self.observe(ms_since(began), "")
        return answer

    async def _exchange(self, method: str, path: str, query: dict[str, str], json: Any) -> Response:
        try:
            await self.lookup.ready(CONNECT_SECONDS)
        except TimeoutError as error:
            raise Rejected(UNREACHABLE, "The phone system cannot be reached") from error
        answer = await self.http.request(method, path, params=query, json=json)
        self.date = answer.headers.get("Date", "")
        return answer


def _error_of(answer: Response) -> Rejected | Unknown:
    """The error of an unsuccessful response."""
    status = answer.status
    if status == 500 and b"Allocation failed" in answer.body:
        return Rejected(
            NO_PHONE, "No phone is registered there, or the phone system is shutting down."
        )
    if status in {401, 403}:
        return Rejected(
            f"http-{status}", "The phone system refused the adapter's user. Tell your admin."
        )
    if 400 <= status < 500 and status != 408:
        wait = _retry_after(answer.headers.get("Retry-After", ""))
        text = f"The phone system refused the request ({status})."
        return Rejected(f"http-{status}", text, retry_after=wait)
    return Unknown(f"The phone system failed ({status}).")


def _retry_after(text: str) -> float | None:
    """The seconds of a Retry-After, which a proxy may send; None if invalid."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _trouble(error: Rejected | Unknown) -> str:
    """Asterisk's trouble; none if it answered, even with a refusal."""
    if isinstance(error, Unknown):
        return "no-answer"
    return "unreachable" if error.code == UNREACHABLE else ""


class HostLookup:
    """Whether one host has an address, asked once at a time, in one event loop.

    `getaddrinfo` cannot be stopped. Each one that hangs, behind a network that is down, holds one
    of the few threads in which the hosts of all orgs are looked up; and we connect again and again.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._asked: asyncio.Future[Any] | None = None
        self._known_until = 0.0

    async def ready(self, seconds: float) -> None:
        """Wait until it may be connected to. Raises TimeoutError while nobody says where it is.

        The connection reports a host that does not exist.
        """
        loop = asyncio.get_running_loop()
        if loop.time() < self._known_until:
            return
        if self._asked is None or self._asked.done():
            self._asked = loop.run_in_executor(None, self._look)
        async with asyncio.timeout(seconds):
            await asyncio.shield(self._asked)
        self._known_until = loop.time() + KNOWN_SECONDS

    def _look(self) -> None:
        try:
            socket.getaddrinfo(self._host, None)
        except OSError:
            return
