"""The edge to Asterisk: its REST interface as far as we use it, and the socket of events.

https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/Asterisk_REST_Interface/
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from adapter.telephony.asterisk import wire
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.rest import CONNECT_SECONDS, NOT_NOW, RestClient
from adapter.telephony.port import Rejected, Unknown

MAX_EVENT = 1 << 20

T = TypeVar("T")


class ConnectionLost(Exception):
    """The socket of events is gone, or never stood; the text says why, without an address."""


class AriClient(RestClient):
    """Asterisk's REST interface, as far as we use it. Methods may raise Rejected or Unknown."""

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
            "app": self.account.app,
            "appArgs": arguments,
            "channelId": channel,
        }
        if originator:
            query["originator"] = originator
        await self.post("/channels/create", query, json={"variables": variables or {}})

    async def dial(self, channel: str, seconds: int, caller: str = "") -> None:
        """Ring it, for so long at most. Refused with http-404: nothing rings."""
        query = {"timeout": str(seconds)} | ({"caller": caller} if caller else {})
        await self.entered(lambda: self.post(f"{_channel(channel)}/dial", query))

    async def hang_up(self, channel: str, reason: int | None = None) -> None:
        """End it; one that is gone is fine."""
        query = {"reason_code": str(reason)} if reason is not None else {}
        await self.send("DELETE", _channel(channel), query, missing_ok=True)

    async def exists(self, channel: str) -> bool:
        """Whether it is there."""
        answer = await self.send("GET", _channel(channel), {}, missing_ok=True)
        return answer.status_code != 404

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        """Set a variable or a function of the dialplan."""
        query = {"variable": name, "value": value}
        await self.entered(lambda: self.post(f"{_channel(channel)}/variable", query))

    async def variable(self, channel: str, name: str) -> str:
        """Read one; empty where it has none, or the channel is gone."""
        path = f"{_channel(channel)}/variable"
        answer = await self.send("GET", path, {"variable": name}, missing_ok=True)
        return str(_told(answer).get("value") or "")

    async def tell(self, channel: str, verb: str, **query: str) -> None:
        """POST one of its verbs: answer, ring, moh, mute, dtmf, continue."""
        await self.entered(lambda: self.post(f"{_channel(channel)}/{verb}", query))

    async def untell(self, channel: str, verb: str, **query: str) -> None:
        """Take a verb back; one that was not said is fine."""
        await self.send("DELETE", f"{_channel(channel)}/{verb}", query, missing_ok=True)

    async def received(self, channel: str) -> int:
        """How many packets of audio came from it by now; 0 for one that is gone."""
        path = f"{_channel(channel)}/rtp_statistics"
        answer = await self.send("GET", path, {}, missing_ok=True)
        count = _told(answer).get("rxcount")
        return count if isinstance(count, int) else 0

    async def channels(self) -> tuple[wire.Channel, ...]:
        """All channels, others' too."""
        answer = await self.send("GET", "/channels", {})
        return _read(wire.read_channels, answer)

    # --- bridges -------------------------------------------------------------------

    async def make_bridge(self, bridge: str) -> None:
        """Make it, or leave it as it is."""
        await self.post("/bridges", {"type": "mixing", "bridgeId": bridge})

    async def join(self, bridge: str, channel: str) -> None:
        """Put a channel in."""
        path, query = f"/bridges/{quote(bridge)}/addChannel", {"channel": channel}
        await self.entered(lambda: self.post(path, query))

    async def part(self, bridge: str, channel: str) -> None:
        """Take a channel out."""
        await self.post(f"/bridges/{quote(bridge)}/removeChannel", {"channel": channel})

    async def drop_bridge(self, bridge: str) -> None:
        """Remove it; one that is gone is fine."""
        await self.send("DELETE", f"/bridges/{quote(bridge)}", {}, missing_ok=True)

    async def play_music(self, bridge: str) -> None:
        """All who are in it hear music."""
        await self.post(f"/bridges/{quote(bridge)}/moh", {})

    async def stop_music(self, bridge: str) -> None:
        """No more of it; where none is played, and where nobody is left, that is fine."""
        try:
            await self.send("DELETE", f"/bridges/{quote(bridge)}/moh", {}, missing_ok=True)
        except Rejected as error:
            if error.code not in NOT_NOW:
                raise

    async def bridges(self) -> tuple[wire.Bridge, ...]:
        """All bridges, others' too."""
        return _read(wire.read_bridges, await self.send("GET", "/bridges", {}))

    async def record(self, bridge: str, name: str) -> None:
        """Record all that is said there, behind what was recorded under that name before."""
        query = {"name": name, "format": "wav", "ifExists": "append"}
        await self.post(f"/bridges/{quote(bridge)}/record", query)

    async def pause_recording(self, name: str, *, on: bool) -> None:
        """What is said while it is on is not in it. Refused with http-404: nothing is recorded."""
        path = f"/recordings/live/{quote(name)}/pause"
        await self.send("POST" if on else "DELETE", path, {})

    async def stop_recording(self, name: str) -> None:
        """Stop it; one that has stopped is fine."""
        await self.send("POST", f"/recordings/live/{quote(name)}/stop", {}, missing_ok=True)

    async def records(self, name: str) -> bool:
        """Whether it goes on."""
        path = f"/recordings/live/{quote(name)}"
        return (await self.send("GET", path, {}, missing_ok=True)).status_code != 404

    # --- the whole -----------------------------------------------------------------

    async def subscribe(self, source: str) -> None:
        """Hear of this channel, or of all calls at this endpoint."""
        path = f"/applications/{quote(self.account.app)}/subscription"
        await self.post(path, {"eventSource": source})

    async def be_spared(self, *types: str) -> None:
        """Hear nothing of events of these types."""
        path = f"/applications/{quote(self.account.app)}/eventFilter"
        await self.send("PUT", path, {}, json={"disallowed": [{"type": one} for one in types]})

    async def configure(self, kind: str, name: str, fields: dict[str, str]) -> None:
        """Make or change a part of its SIP; where nobody may, it is refused with http-403."""
        body = {"fields": [{"attribute": key, "value": value} for key, value in fields.items()]}
        await self.send("PUT", _object(kind, name), {}, json=body)

    async def unconfigure(self, kind: str, name: str) -> None:
        """Remove one; one that is gone is fine."""
        await self.send("DELETE", _object(kind, name), {}, missing_ok=True)

    async def is_online(self, endpoint: str) -> bool:
        """Whether a phone is registered as it."""
        path = f"/endpoints/PJSIP/{quote(endpoint, safe='')}"
        answer = await self.send("GET", path, {}, missing_ok=True)
        return bool(_told(answer).get("state") == "online")

    async def set_device_state(self, name: str, state: str) -> None:
        """Give a device of ours (Stasis:…) a state; it is made if it is new."""
        path = f"/deviceStates/{quote(name, safe='')}"
        await self.send("PUT", path, {"deviceState": state})

    async def get(self, path: str) -> Any:
        """Read anything else."""
        return _read(wire.read_json, await self.send("GET", path, {}))

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[wire.Event]]:
        """The socket of our application: whoever opened it before hears that it is replaced.

        Raises ConnectionLost.
        """
        try:
            async with connect(
                self._address(),
                additional_headers={"Authorization": _basic(self.account)},
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
        parts = urlsplit(self.account.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        app = quote(self.account.app)
        return f"{scheme}://{parts.netloc}{parts.path}/ari/events?app={app}"


def _channel(channel: str) -> str:
    return f"/channels/{quote(channel, safe='')}"


def _object(kind: str, name: str) -> str:
    return f"/asterisk/config/dynamic/res_pjsip/{kind}/{quote(name, safe='')}"


def _basic(account: AsteriskAccount) -> str:
    pair = f"{account.user}:{account.secret}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


async def _events(socket: ClientConnection) -> AsyncIterator[wire.Event]:
    try:
        while True:
            message = await socket.recv(decode=False)  # one odd letter must not end it
            with contextlib.suppress(wire.Malformed):  # of a kind that is newer than we are
                yield wire.read_event(message)
    except (OSError, WebSocketException) as error:
        raise ConnectionLost(type(error).__name__) from error


def _told(answer: httpx.Response) -> dict[str, Any]:
    """The object that it is; one that is gone, or cannot be read, says nothing."""
    try:
        found = wire.read_json(answer.content) if answer.status_code != 404 else {}
    except wire.Malformed:
        return {}
    return found if isinstance(found, dict) else {}


def _read(reader: Callable[[bytes], T], answer: httpx.Response) -> T:
    try:
        return reader(answer.content)
    except wire.Malformed as error:
        raise Unknown(f"The phone system sent {error}.") from error
