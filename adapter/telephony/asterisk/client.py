"""The client of Asterisk: the used part of its REST interface, and the events socket.

https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/Asterisk_REST_Interface/
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from adapter.telephony.asterisk import wire
from adapter.telephony.asterisk.rest import NOT_NOW, RestClient, basic_auth
from adapter.telephony.port import Rejected, Unknown
from adapter.telephony.transport import CONNECT_SECONDS, Response

MAX_EVENT = 1 << 20

T = TypeVar("T")


class ConnectionLost(Exception):
    """The events socket is lost or could not be opened; the text says why, without an address."""


class AriClient(RestClient):
    """The used part of Asterisk's REST interface. Methods may raise Rejected or Unknown."""

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
        """Create a channel that does not ring yet. Rejected (http-409) if the id is in use."""
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
        """Ring the channel for at most `seconds`. Rejected (http-404) if nothing rings."""
        query = {"timeout": str(seconds)} | ({"caller": caller} if caller else {})
        await self.entered(lambda: self.post(f"{_channel_path(channel)}/dial", query))

    async def hang_up(self, channel: str, reason: int | None = None) -> None:
        """Hang up a channel, if it still exists."""
        query = {"reason_code": str(reason)} if reason is not None else {}
        await self.send("DELETE", _channel_path(channel), query, missing_ok=True)

    async def exists(self, channel: str) -> bool:
        """Whether the channel exists."""
        answer = await self.send("GET", _channel_path(channel), {}, missing_ok=True)
        return answer.status != 404

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        """Set a channel variable or a dialplan function."""
        query = {"variable": name, "value": value}
        await self.entered(lambda: self.post(f"{_channel_path(channel)}/variable", query))

    async def variable(self, channel: str, name: str) -> str:
        """Read a channel variable; empty if it is unset or the channel is gone."""
        path = f"{_channel_path(channel)}/variable"
        answer = await self.send("GET", path, {"variable": name}, missing_ok=True)
        return str(_object_in(answer).get("value") or "")

    async def tell(self, channel: str, verb: str, **query: str) -> None:
        """POST one of a channel's actions: answer, ring, moh, mute, dtmf, continue."""
        await self.entered(lambda: self.post(f"{_channel_path(channel)}/{verb}", query))

    async def untell(self, channel: str, verb: str, **query: str) -> None:
        """DELETE such an action, if it is in effect."""
        await self.send("DELETE", f"{_channel_path(channel)}/{verb}", query, missing_ok=True)

    async def received(self, channel: str) -> int:
        """The number of audio packets received from it so far; 0 if it is gone."""
        path = f"{_channel_path(channel)}/rtp_statistics"
        answer = await self.send("GET", path, {}, missing_ok=True)
        count = _object_in(answer).get("rxcount")
        return count if isinstance(count, int) else 0

    async def channels(self) -> tuple[wire.Channel, ...]:
        """All channels, including foreign ones."""
        answer = await self.send("GET", "/channels", {})
        return _read(partial(wire.read_list, wire.Channel), answer)

    # --- bridges -------------------------------------------------------------------

    async def make_bridge(self, bridge: str) -> None:
        """Create a bridge, or leave an existing one as it is."""
        await self.post("/bridges", {"type": "mixing", "bridgeId": bridge})

    async def join(self, bridge: str, channel: str) -> None:
        """Add a channel to a bridge."""
        path, query = f"/bridges/{quote(bridge)}/addChannel", {"channel": channel}
        await self.entered(lambda: self.post(path, query))

    async def part(self, bridge: str, channel: str) -> None:
        """Remove a channel from a bridge."""
        await self.post(f"/bridges/{quote(bridge)}/removeChannel", {"channel": channel})

    async def drop_bridge(self, bridge: str) -> None:
        """Delete a bridge, if it still exists."""
        await self.send("DELETE", f"/bridges/{quote(bridge)}", {}, missing_ok=True)

    async def play_music(self, bridge: str) -> None:
        """Play music to everybody in the bridge."""
        await self.post(f"/bridges/{quote(bridge)}/moh", {})

    async def stop_music(self, bridge: str) -> None:
        """Stop the music, if there is any and the bridge is not empty."""
        try:
            await self.send("DELETE", f"/bridges/{quote(bridge)}/moh", {}, missing_ok=True)
        except Rejected as error:
            if error.code not in NOT_NOW:
                raise

    async def bridges(self) -> tuple[wire.Bridge, ...]:
        """All bridges, including foreign ones."""
        answer = await self.send("GET", "/bridges", {})
        return _read(partial(wire.read_list, wire.Bridge), answer)

    async def record(self, bridge: str, name: str) -> None:
        """Record the bridge; append to an existing recording of that name."""
        query = {"name": name, "format": "wav", "ifExists": "append"}
        await self.post(f"/bridges/{quote(bridge)}/record", query)

    async def pause_recording(self, name: str, *, on: bool) -> None:
        """Pause a recording, or end the pause. Rejected (http-404) if nothing is recorded."""
        path = f"/recordings/live/{quote(name)}/pause"
        await self.send("POST" if on else "DELETE", path, {})

    async def stop_recording(self, name: str) -> None:
        """Stop a recording, if it is running."""
        await self.send("POST", f"/recordings/live/{quote(name)}/stop", {}, missing_ok=True)

    async def records(self, name: str) -> bool:
        """Whether a recording of that name is running."""
        path = f"/recordings/live/{quote(name)}"
        return (await self.send("GET", path, {}, missing_ok=True)).status != 404

    # --- the whole -----------------------------------------------------------------

    async def subscribe(self, source: str) -> None:
        """Subscribe to events of a channel or of an endpoint's calls."""
        path = f"/applications/{quote(self.account.app)}/subscription"
        await self.post(path, {"eventSource": source})

    async def request_event(self) -> None:
        """Ask for an event of no meaning. Rejected (http-404) if nobody serves our application."""
        await self.post("/events/user/SoftphonePulse", {"application": self.account.app})

    async def be_spared(self, *types: str) -> None:
        """Filter out events of these types."""
        path = f"/applications/{quote(self.account.app)}/eventFilter"
        await self.send(
            "PUT", path, {}, json={"disallowed": [{"type": event_type} for event_type in types]}
        )

    async def configure(self, kind: str, name: str, fields: dict[str, str]) -> None:
        """Create or change a PJSIP object. Rejected (http-403) if Asterisk does not allow it."""
        body = {"fields": [{"attribute": key, "value": value} for key, value in fields.items()]}
        await self.send("PUT", _config_path(kind, name), {}, json=body)

    async def unconfigure(self, kind: str, name: str) -> None:
        """Delete a PJSIP object, if it still exists."""
        await self.send("DELETE", _config_path(kind, name), {}, missing_ok=True)

    async def is_online(self, endpoint: str) -> bool:
        """Whether a phone is registered at the endpoint."""
        path = f"/endpoints/PJSIP/{quote(endpoint, safe='')}"
        answer = await self.send("GET", path, {}, missing_ok=True)
        return bool(_object_in(answer).get("state") == "online")

    async def set_device_state(self, name: str, state: str) -> None:
        """Set the state of one of our devices (Stasis:…); creates it if needed."""
        path = f"/deviceStates/{quote(name, safe='')}"
        await self.send("PUT", path, {"deviceState": state})

    async def get(self, path: str) -> Any:
        """GET any other path."""
        return _read(wire.read_json, await self.send("GET", path, {}))

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[wire.Event]]:
        """Open our application's events socket; the previous owner gets ApplicationReplaced.

        Raises ConnectionLost.
        """
        try:
            await self.lookup.ready(CONNECT_SECONDS)
            async with connect(
                self._address(),
                additional_headers={"Authorization": basic_auth(self.account)},
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


def _channel_path(channel: str) -> str:
    return f"/channels/{quote(channel, safe='')}"


def _config_path(kind: str, name: str) -> str:
    return f"/asterisk/config/dynamic/res_pjsip/{kind}/{quote(name, safe='')}"


async def _events(socket: ClientConnection) -> AsyncIterator[wire.Event]:
    try:
        while True:
            message = await socket.recv(decode=False)  # one odd letter must not end it
            with contextlib.suppress(wire.Malformed):  # a newer kind of event
                yield wire.read_event(message)
    except (OSError, WebSocketException) as error:
        raise ConnectionLost(type(error).__name__) from error


def _object_in(answer: Response) -> dict[str, Any]:
    """The object that it is; one that is gone, or cannot be read, says nothing."""
    try:
        body = wire.read_json(answer.body) if answer.status != 404 else {}
    except wire.Malformed:
        return {}
    return body if isinstance(body, dict) else {}


def _read(reader: Callable[[bytes], T], answer: Response) -> T:
    try:
        return reader(answer.body)
    except wire.Malformed as error:
        raise Unknown(f"The phone system sent {error}.") from error
