"""A stand-in for Asterisk's REST interface over real HTTP and WebSockets, for fast tests.

exchange.py is its inside. It can inject faults: lost sockets, a stop, a kill.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from qa.asterisk.celtable import write_cel
from qa.asterisk.exchange import Exchange
from qa.asterisk.parts import Bridge, Channel, Refused
from qa.asterisk.pushconfig import PushConfig
from qa.asterisk.standinphone import StandInPhone

USER, APP = "softphone", "cti"
AGENTS = ("ada", "grace", "linus")
FAULTS = {"9503": "error", "9555": "reset", "9429": "busy"}
"""What happens to a request to call a number, by its last digits. The next lookup fails too."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StandIn:
    """A running stand-in with the interface of `Engine`: address, secret, phones, CEL."""

    def __init__(self, folder: Path | None = None) -> None:
        self.secret = secrets.token_hex(12)
        self.exchange = Exchange(APP)
        self.pushed = PushConfig(self.exchange)
        self.folder = folder
        self.url = ""
        self.read_only = False
        self.version = "22.10.1"
        self.requests: list[tuple[str, str]] = []
        self.unanswered: set[str] = set()
        """Requests whose path ends with one of these are carried out but never answered."""
        self._spoilt: set[str] = set()
        self._sockets: list[web.WebSocketResponse] = []
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def cel_url(self) -> str:
        """The URL of the channel event log, which is written on each access."""
        assert self.folder is not None
        path = self.folder / "cel.db"
        write_cel(path, self.exchange)
        return f"sqlite:///{path}"

    def phone(self, name: str) -> StandInPhone:
        """The phone of that name, registered."""
        return self.exchange.phone(name)

    async def start(self) -> None:
        """Listen on loopback; after a kill, on the same port again."""
        app = web.Application(middlewares=[self._checked])
        add = app.router.add_route
        add("GET", "/ari/events", self._events)
        add("POST", "/ari/channels/create", self._create)
        add("GET", "/ari/channels", self._list)
        add("*", "/ari/channels/{id}", self._channel)
        add("*", "/ari/channels/{id}/{verb}", self._verb)
        add("*", "/ari/bridges", self._bridges)
        add("*", "/ari/bridges/{id}", self._bridge)
        add("*", "/ari/bridges/{id}/moh", self._music)
        add("POST", "/ari/bridges/{id}/{verb}", self._membership)
        add("GET", "/ari/recordings/stored", self._stored)
        add("*", "/ari/recordings/live/{name}", self._recording)
        add("*", "/ari/recordings/live/{name}/{verb}", self._recording)
        add("POST", "/ari/applications/{app}/subscription", self._subscribe)
        add("PUT", "/ari/applications/{app}/eventFilter", self._applications)
        add("GET", "/ari/applications", self._applications)
        add("POST", "/ari/events/user/{name}", self._user_event)
        add("GET", "/ari/endpoints", self._endpoints)
        add("GET", "/ari/endpoints/PJSIP", self._endpoints)
        add("*", "/ari/deviceStates/{name}", self._device_state)
        add("GET", "/ari/endpoints/PJSIP/{name}", self._endpoint)
        add("*", "/ari/asterisk/config/dynamic/res_pjsip/{kind}/{name}", self.pushed.change)
        add("GET", "/ari/asterisk/info", self._info)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def kill(self) -> None:
        """Drop all state without sending events."""
        self.exchange.served = None
        self.exchange.die()
        await self.lose_sockets()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def lose_sockets(self) -> None:
        """Cut the event sockets without a close frame."""
        sockets, self._sockets = self._sockets, []
        self.exchange.served = None
        for socket in sockets:
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def close(self) -> None:
        """Stop it."""
        await self.kill()
        await self.exchange.close()

    async def channels(self) -> list[dict[str, Any]]:
        """The ids of the current channels."""
        return [channel.as_json() for channel in self.exchange.channels.values()]

    # --- requests --------------------------------------------------------------------

    @web.middleware
    async def _checked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        pair = base64.b64encode(f"{USER}:{self.secret}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            return web.json_response({"message": "Authentication required"}, status=401)
        self.requests.append((request.method, request.path.removeprefix("/ari")))
        if self.read_only and request.method != "GET":
            return web.json_response({"message": "Write access denied"}, status=403)
        try:
            answer = await handler(request)
        except Refused as refused:
            key = "error" if refused.status >= 500 else "message"
            return web.json_response({key: str(refused)}, status=refused.status)
        if any(request.path.endswith(path) for path in self.unanswered):
            await asyncio.sleep(3600)
        return answer

    async def _events(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str] = asyncio.Queue()
        if self.exchange.served is not None:
            self.exchange.served(f'{{"type":"ApplicationReplaced","application":"{APP}"}}')
        self.exchange.served = mine = queue.put_nowait
        self._sockets.append(socket)
        sending = loop.create_task(_pump(queue, socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            sending.cancel()
            if self.exchange.served == mine:
                self.exchange.served = None
            if socket in self._sockets:
                self._sockets.remove(socket)
        return socket

    async def _create(self, request: web.Request) -> web.Response:
        query = request.query
        fault = FAULTS.get(query["appArgs"][-4:])
        if fault is not None:
            self._spoilt.add(query["channelId"])
            return self._spoil(request, fault)
        body = await request.json() if request.can_read_body else {}
        channel = self.exchange.create(
            query["endpoint"], query["channelId"], query["appArgs"], body.get("variables", {})
        )
        return web.json_response(channel.as_json())

    def _spoil(self, request: web.Request, fault: str) -> web.Response:
        if fault == "busy":
            return web.Response(status=429, headers={"Retry-After": "7"})
        if fault == "reset" and request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response(await self.channels())

    async def _channel(self, request: web.Request) -> web.Response:
        if request.match_info["id"] in self._spoilt:
            return web.Response(status=503)
        channel = self.exchange.find(request.match_info["id"])
        if request.method == "GET":
            return web.json_response(channel.as_json())
        self.exchange.end(channel, int(request.query.get("reason_code", "16")), soft=True)
        return web.Response(status=204)

    async def _verb(self, request: web.Request) -> web.Response:
        exchange, query = self.exchange, request.query
        verb, name = request.match_info["verb"], request.match_info["id"]
        if verb == "variable" and request.method == "GET":
            channel = exchange.find(name)
            return web.json_response({"value": exchange.variable(channel, query["variable"])})
        channel = exchange.in_stasis(name)
        if request.method == "POST":
            self._act(channel, verb, dict(query))
        return web.Response(status=204)

    def _act(self, channel: Channel, verb: str, query: dict[str, str]) -> None:
        exchange = self.exchange
        match verb:
            case "variable":
                exchange.set_variable(channel, query["variable"], query["value"])
            case "dial":
                caller = exchange.channels.get(query.get("caller", ""))
                exchange.dial(channel, float(query.get("timeout", "30")), caller)
            case "answer" if channel.call is not None and not channel.call.up:
                exchange.answered(channel.call, 200)
            case "continue":
                exchange.go_on(channel)
            case "mute" if channel.as_json()["state"] != "Up":
                raise Refused(412, "Channel in invalid state")
            case "dtmf" if channel.call is not None:
                channel.call.media.digits.extend(query["dtmf"])

    async def _bridges(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response([b.as_json() for b in self.exchange.bridges.values()])
        name = request.query["bridgeId"]
        bridge = self.exchange.bridges.setdefault(name, Bridge(name))
        return web.json_response(bridge.as_json())

    def _found(self, name: str) -> Bridge:
        bridge = self.exchange.bridges.get(name)
        if bridge is None:
            raise Refused(404, "Bridge not found")
        return bridge

    async def _bridge(self, request: web.Request) -> web.Response:
        bridge = self._found(request.match_info["id"])
        self.exchange.drop(bridge)
        return web.Response(status=204)

    async def _membership(self, request: web.Request) -> web.Response:
        bridge = self._found(request.match_info["id"])
        if request.match_info["verb"] == "record":
            self.exchange.record(bridge, request.query["name"])
            return web.json_response({"name": request.query["name"]}, status=201)
        names = request.query["channel"].split(",")
        channels = [self.exchange.in_stasis(name, 422) for name in names]
        for channel in channels:
            if request.match_info["verb"] == "addChannel":
                self.exchange.enter(bridge, channel)
            else:
                self.exchange.leave(channel)
        return web.Response(status=204)

    async def _music(self, request: web.Request) -> web.Response:
        bridge = self._found(request.match_info["id"])
        if request.method == "DELETE" and not bridge.plays_music:
            raise Refused(409, "Bridge isn't playing music")
        bridge.plays_music = request.method == "POST"
        return web.Response(status=204)

    async def _recording(self, request: web.Request) -> web.Response:
        name, verb = request.match_info["name"], request.match_info.get("verb", "")
        self.exchange.recorded(name)
        if verb == "stop":
            self.exchange.stop(name)
        elif verb == "pause":
            self.exchange.pause(name, on=request.method == "POST")
        paused = name in self.exchange.recordings and self.exchange.recordings[name][1]
        return web.json_response({"name": name, "state": "paused" if paused else "recording"})

    async def _stored(self, request: web.Request) -> web.Response:
        if not self.exchange.has_recordings:
            raise Refused(500, "Allocation failed")
        return web.json_response([])

    async def _subscribe(self, request: web.Request) -> web.Response:
        kind, _, name = request.query["eventSource"].partition(":")
        if kind == "channel":
            self.exchange.find(name).subscribed = True
        elif name.partition("/")[2] not in {*AGENTS, *self.exchange.phones}:
            raise Refused(422, "Event source does not exist")
        else:
            self.exchange.endpoints.add(name)
        return web.json_response({"name": APP})

    async def _applications(self, request: web.Request) -> web.Response:
        return web.json_response([{"name": APP}] if self.exchange.served else [])

    async def _user_event(self, request: web.Request) -> web.Response:
        if self.exchange.served is None:
            raise Refused(404, "Application does not exist")
        self.exchange.send({"type": "ChannelUserevent", "application": APP})
        return web.Response(status=204)

    async def _endpoint(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in {*AGENTS, *self.exchange.registered}:
            raise Refused(404, "Endpoint not found")
        state = "online" if self.exchange.registered.get(name) else "offline"
        endpoint = {"technology": "PJSIP", "resource": name, "state": state}
        return web.json_response(endpoint)

    async def _endpoints(self, request: web.Request) -> web.Response:
        states = {
            name: "online" if self.exchange.registered.get(name) else "offline"
            for name in {*AGENTS, *self.exchange.registered}
        }
        endpoints = [{"technology": "PJSIP", "resource": n, "state": s} for n, s in states.items()]
        return web.json_response(endpoints)

    async def _device_state(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if request.method == "GET":
            state = self.exchange.device_states.get(name, "UNKNOWN")
            return web.json_response({"name": name, "state": state})
        self.exchange.set_device_state(name, request.query["deviceState"])
        return web.Response(status=204)

    async def _info(self, request: web.Request) -> web.Response:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        info = {"system": {"version": self.version}, "status": {"startup_time": now}}
        return web.json_response(info)


async def _pump(queue: asyncio.Queue[str], socket: web.WebSocketResponse) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            await socket.send_str(await queue.get())


@asynccontextmanager
async def stand_in(folder: Path | None = None) -> AsyncIterator[StandIn]:
    """Run a stand-in with a trunk."""
    made = StandIn(folder)
    made.phone("trunk")
    await made.start()
    try:
        yield made
    finally:
        await made.close()
