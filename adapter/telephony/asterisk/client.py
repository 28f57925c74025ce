"""The edge to Asterisk: one request, one answer, and the socket of events.

Asterisk drops connections beyond its `sessionlimit` (100) unanswered, hence the small pool. Its 500
"Allocation failed" surely is no call; other 5xx and what never answers leave it open.
https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/Asterisk_REST_Interface/
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from adapter.telephony.asterisk import wire
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.port import Rejected, Unknown

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 8.0
"""From the first byte to the last: a request hangs while a tone plays on its channel."""

POOL = 20
ENTERING_SECONDS = 3.0
"""A new channel is with our application some milliseconds after it was made."""

_NOT_YET = {"http-409", "http-422"}
UNREACHABLE, GONE, NO_PHONE = "unreachable", "http-404", "no-phone"
MAX_EVENT = 1 << 20

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

T = TypeVar("T")
Observe = Callable[[int, str], None]
"""Told of each request that has ended: how long it took (ms), and what was wrong ("": nothing)."""


class ConnectionLost(Exception):
    """The socket of events is gone, or never stood; the text says why, without an address."""


def build_http(account: AsteriskAccount) -> httpx.AsyncClient:
    """Make the HTTP client: no redirects and no proxies, since each request bears the secret."""
    return httpx.AsyncClient(
        base_url=f"{account.url}/ari",
        auth=(account.user, account.secret),
        timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=POOL, max_keepalive_connections=POOL),
        follow_redirects=False,
        trust_env=False,
    )


class AriClient:
    """Asterisk's REST interface, as far as we use it. Methods may raise Rejected or Unknown."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        account: AsteriskAccount,
        *,
        total_seconds: float = TOTAL_SECONDS,
        observe: Observe = lambda _took_ms, _trouble: None,
    ) -> None:
        self._http = http
        self._account = account
        self._total_seconds = total_seconds
        self._observe = observe
        self._gate = asyncio.Semaphore(POOL)

    # --- channels ------------------------------------------------------------------

    async def create(
        self,
        endpoint: str,
        arguments: str,
        channel: str,
        *,
        originator: str = "",
        variables: dict[str, str] | None = None,
    ) -> None:
        """Make a channel that rings nobody yet. A living id: refused with http-409."""
        query = {
            "endpoint": endpoint,
            "app": self._account.app,
            "appArgs": arguments,
            "channelId": channel,
        }
        if originator:
            query["originator"] = originator
        await self._post("/channels/create", query, json={"variables": variables or {}})

    async def dial(self, channel: str, seconds: int, caller: str = "") -> None:
        """Ring it, for so long at most. Refused with http-404: nothing rings."""
        query = {"timeout": str(seconds)} | ({"caller": caller} if caller else {})
        await self._entered(lambda: self._post(f"{_channel(channel)}/dial", query))

    async def hang_up(self, channel: str, reason: int | None = None) -> None:
        """End it; one that is gone is fine."""
        query = {"reason_code": str(reason)} if reason is not None else {}
        await self._send("DELETE", _channel(channel), query, missing_ok=True)

    async def exists(self, channel: str) -> bool:
        """Whether it is there."""
        answer = await self._send("GET", _channel(channel), {}, missing_ok=True)
        return answer.status_code != 404

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        """Set a variable or a function of the dialplan."""
        query = {"variable": name, "value": value}
        await self._entered(lambda: self._post(f"{_channel(channel)}/variable", query))

    async def variable(self, channel: str, name: str) -> str:
        """Read one; empty where it has none, or the channel is gone."""
        path = f"{_channel(channel)}/variable"
        answer = await self._send("GET", path, {"variable": name}, missing_ok=True)
        found = answer.json() if answer.status_code != 404 else {}
        return str(found.get("value", "")) if isinstance(found, dict) else ""

    async def tell(self, channel: str, verb: str, **query: str) -> None:
        """POST one of its verbs: answer, ring, moh, mute, dtmf, continue."""
        await self._entered(lambda: self._post(f"{_channel(channel)}/{verb}", query))

    async def untell(self, channel: str, verb: str, **query: str) -> None:
        """Take a verb back; one that was not said is fine."""
        await self._send("DELETE", f"{_channel(channel)}/{verb}", query, missing_ok=True)

    async def channels(self) -> tuple[wire.Channel, ...]:
        """All channels, others' too."""
        answer = await self._send("GET", "/channels", {})
        return _read(wire.read_channels, answer)

    # --- bridges -------------------------------------------------------------------

    async def make_bridge(self, bridge: str) -> None:
        """Make it, or leave it as it is."""
        await self._post("/bridges", {"type": "mixing", "bridgeId": bridge})

    async def join(self, bridge: str, channel: str) -> None:
        """Put a channel in."""
        path, query = f"/bridges/{quote(bridge)}/addChannel", {"channel": channel}
        await self._entered(lambda: self._post(path, query))

    async def part(self, bridge: str, channel: str) -> None:
        """Take a channel out."""
        await self._post(f"/bridges/{quote(bridge)}/removeChannel", {"channel": channel})

    async def drop_bridge(self, bridge: str) -> None:
        """Remove it; one that is gone is fine."""
        await self._send("DELETE", f"/bridges/{quote(bridge)}", {}, missing_ok=True)

    async def bridges(self) -> tuple[wire.Bridge, ...]:
        """All bridges, others' too."""
        return _read(wire.read_bridges, await self._send("GET", "/bridges", {}))

    async def record(self, bridge: str, name: str) -> None:
        """Record all that is said there, behind what was recorded under that name before."""
        query = {"name": name, "format": "wav", "ifExists": "append"}
        await self._post(f"/bridges/{quote(bridge)}/record", query)

    async def pause_recording(self, name: str, *, on: bool) -> None:
        """What is said while it is on is not in it. Refused with http-404: nothing is recorded."""
        path = f"/recordings/live/{quote(name)}/pause"
        await self._send("POST" if on else "DELETE", path, {})

    async def stop_recording(self, name: str) -> None:
        """Stop it; one that has stopped is fine."""
        await self._send("POST", f"/recordings/live/{quote(name)}/stop", {}, missing_ok=True)

    async def records(self, name: str) -> bool:
        """Whether it goes on."""
        path = f"/recordings/live/{quote(name)}"
        return (await self._send("GET", path, {}, missing_ok=True)).status_code != 404

    # --- the whole -----------------------------------------------------------------

    async def subscribe(self, source: str) -> None:
        """Hear of this channel, or of all calls at this endpoint."""
        path = f"/applications/{quote(self._account.app)}/subscription"
        await self._post(path, {"eventSource": source})

    async def be_spared(self, *types: str) -> None:
        """Hear nothing of events of these types."""
        path = f"/applications/{quote(self._account.app)}/eventFilter"
        await self._send("PUT", path, {}, json={"disallowed": [{"type": one} for one in types]})

    async def configure(self, kind: str, name: str, fields: dict[str, str]) -> None:
        """Make or change a part of its SIP; where nobody may, it is refused with http-403."""
        body = {"fields": [{"attribute": key, "value": value} for key, value in fields.items()]}
        await self._send("PUT", _object(kind, name), {}, json=body)

    async def unconfigure(self, kind: str, name: str) -> None:
        """Remove one; one that is gone is fine."""
        await self._send("DELETE", _object(kind, name), {}, missing_ok=True)

    async def is_online(self, endpoint: str) -> bool:
        """Whether a phone is registered as it."""
        path = f"/endpoints/PJSIP/{quote(endpoint, safe='')}"
        answer = await self._send("GET", path, {}, missing_ok=True)
        found = answer.json() if answer.status_code != 404 else {}
        return isinstance(found, dict) and found.get("state") == "online"

    async def get(self, path: str) -> Any:
        """Read anything else."""
        return (await self._send("GET", path, {})).json()

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[wire.Event]]:
        """The socket of our application: whoever opened it before hears that it is replaced.

        Raises ConnectionLost.
        """
        try:
            async with connect(
                self._address(),
                additional_headers={"Authorization": _basic(self._account)},
                open_timeout=CONNECT_SECONDS,
                ping_interval=10,
                ping_timeout=10,
                close_timeout=1,
                max_size=MAX_EVENT,
                proxy=None,
            ) as socket:
                yield _events(socket)
        except (OSError, WebSocketException, TimeoutError) as error:
            raise ConnectionLost(type(error).__name__) from error

    def _address(self) -> str:
        parts = urlsplit(self._account.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        app = quote(self._account.app)
        return f"{scheme}://{parts.netloc}{parts.path}/ari/events?app={app}"

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # --- one request ---------------------------------------------------------------

    async def _entered(self, request: Callable[[], Awaitable[object]]) -> None:
        """Ask it of a channel that may not have reached our application yet (409, bridges: 422)."""
        waited, wait = 0.0, 0.005
        while True:
            try:
                await request()
            except Rejected as error:
                if error.code not in _NOT_YET or waited >= ENTERING_SECONDS:
                    raise
            else:
                return
            await asyncio.sleep(wait)
            waited, wait = waited + wait, min(wait * 2, 0.2)

    async def _post(self, path: str, query: dict[str, str], **more: Any) -> httpx.Response:
        return await self._send("POST", path, query, **more)

    async def _send(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        *,
        missing_ok: bool = False,
        **more: Any,
    ) -> httpx.Response:
        """Send one request once, and return its 2xx (or a 404 that is an answer).

        Its time begins when a connection is free: a hundred calls at once only wait for each other.
        """
        async with self._gate:
            return await self._sent(method, path, query, missing_ok, more)

    async def _sent(
        self, method: str, path: str, query: dict[str, str], missing_ok: bool, more: dict[str, Any]
    ) -> httpx.Response:
        began = perf_counter()
        try:
            answer = await self._exchange(method, path, query, missing_ok, more)
        except (Rejected, Unknown) as error:
            self._observe(round((perf_counter() - began) * 1000), _trouble(error))
            raise
        self._observe(round((perf_counter() - began) * 1000), "")
        return answer

    async def _exchange(
        self, method: str, path: str, query: dict[str, str], missing_ok: bool, more: dict[str, Any]
    ) -> httpx.Response:
        try:
            async with asyncio.timeout(self._total_seconds):
                answer = await self._http.request(method, path, params=query, **more)
        except _NEVER_SENT as error:
            raise Rejected(UNREACHABLE, "The phone system cannot be reached.") from error
        except TimeoutError as error:
            raise Unknown("The phone system did not answer in time.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            lost = f"The phone system's answer got lost ({type(error).__name__})."
            raise Unknown(lost) from error
        if answer.is_success or (missing_ok and answer.status_code == 404):
            return answer
        raise _failure(answer)


def _channel(channel: str) -> str:
    return f"/channels/{quote(channel, safe='')}"


def _object(kind: str, name: str) -> str:
    return f"/asterisk/config/dynamic/res_pjsip/{kind}/{quote(name, safe='')}"


def _basic(account: AsteriskAccount) -> str:
    pair = f"{account.user}:{account.secret}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


async def _events(socket: ClientConnection) -> AsyncIterator[wire.Event]:
    try:
        async for message in socket:
            with contextlib.suppress(wire.Malformed):  # of a kind that is newer than we are
                yield wire.read_event(message)
    except (OSError, WebSocketException) as error:
        raise ConnectionLost(type(error).__name__) from error
    raise ConnectionLost("closed")


def _read(reader: Callable[[bytes], T], answer: httpx.Response) -> T:
    try:
        return reader(answer.content)
    except wire.Malformed as error:
        raise Unknown(f"The phone system sent {error}.") from error


def _failure(answer: httpx.Response) -> Rejected | Unknown:
    """Sort an unsuccessful answer by what Asterisk means by it."""
    status = answer.status_code
    if status == 500 and b"Allocation failed" in answer.content:
        return Rejected(NO_PHONE, "No phone is registered there, or the phone system is stopping.")
    if status in {401, 403}:
        return Rejected(f"http-{status}", "The phone system refused our user. Tell your admin.")
    if 400 <= status < 500 and status != 408:
        wait = _seconds(answer.headers.get("Retry-After", ""))
        text = f"The phone system refused it ({status})."
        return Rejected(f"http-{status}", text, retry_after=wait)
    return Unknown(f"The phone system failed ({status}).")


def _seconds(text: str) -> float | None:
    """What a proxy before it may say of when to come back."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _trouble(error: Rejected | Unknown) -> str:
    """The trouble that it is in; none if it has answered, were it to refuse."""
    if isinstance(error, Unknown):
        return "no-answer"
    return "unreachable" if error.code == UNREACHABLE else ""
