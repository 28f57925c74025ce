"""A client that knows docs/protocol.md and nothing else signs in, calls, wraps up and saves."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.scenarios.conftest import World, a_world

Frame = dict[str, Any]


@dataclass
class Client:
    """Says what the page lists; keeps every frame, and the newest view."""

    socket: ClientConnection
    frames: list[Frame] = field(default_factory=list)
    view: Frame = field(default_factory=dict)

    async def say(self, kind: str, **fields: Any) -> None:
        """One message."""
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def until(self, fits: Callable[[Frame], Any]) -> Frame:
        """Read on up to a frame that fits; an offer is taken and a go saved on the way."""
        async with asyncio.timeout(20):
            while True:
                frame: Frame = json.loads(await self.socket.recv())
                self.frames.append(frame)
                await self._serve(frame)
                if fits(frame):
                    return frame

    async def _serve(self, frame: Frame) -> None:
        match frame:
            case {"type": "view"}:
                self.view = frame
            case {"type": "offer", "log_id": log_id}:
                await self.say("accept", log_id=log_id)
            case {"type": "go"}:
                go = {name: frame[name] for name in ("log_id", "attempt", "nonce")}
                await self.say("result", **go, outcome="ok", task_id="00T000000000001AAA")
            case {"type": "probe", "nonce": nonce}:
                await self.say("probe", nonce=nonce)
            case _:
                pass

    def frames_of(self, kind: str) -> list[Frame]:
        """The frames of that type."""
        return [frame for frame in self.frames if frame["type"] == kind]


async def signed_in(http: httpx.AsyncClient, url: str) -> None:
    """Sign in by name; the cookie stays with the client."""
    answer = await http.post("/auth/dev", json={"name": "ada"}, headers={"Origin": url})
    answer.raise_for_status()
    assert answer.json()["user"].keys() == {"org_id", "user_id", "name"}
    http.headers["Cookie"] = answer.headers["set-cookie"].split(";")[0]


async def connected(url: str, **wishes: Any) -> ClientConnection:
    """A socket at /ws, from our own origin."""
    address = url.replace("http", "ws", 1) + "/ws"
    return await connect(address, origin=url, compression=None, proxy=None, **wishes)  # type: ignore[arg-type]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The adapter and a simulated provider, whose calls last two seconds."""
    async with a_world(tmp_path) as made:
        await made.scenario(
            outcome="answered", pick_up_seconds=0.1, ring_seconds=0.1, talk_seconds=2.0
        )
        yield made


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Requests to the adapter, without an Origin unless one is named."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as made:
        yield made


@pytest.fixture
async def client(world: World, http: httpx.AsyncClient) -> AsyncIterator[Client]:
    """Signed in, with a ticket traded for a view."""
    await signed_in(http, world.url)
    answer = await http.post("/api/ws-ticket", headers={"Origin": world.url})
    socket = await connected(world.url, subprotocols=["softphone.v1"])
    assert socket.subprotocol == "softphone.v1"
    made = Client(socket)
    await made.say("hello", ticket=answer.json()["ticket"], page_id="load-1")
    first = await made.until(lambda frame: frame["type"] == "view")
    assert (type(first["epoch"]), type(first["version"])) == (str, int)
    yield made
    await socket.close()


async def test_the_document_suffices_to_call_and_to_save(client: Client) -> None:
    """Dial, matches, check, follow-up, offer, go, result: each as it is written."""
    now = time.time_ns() // 1_000_000
    await client.say("dial", request_id="r-1", number="(202) 555-0143", clicked_at=now, sent_at=now)
    await client.until(lambda f: f["type"] == "view" and f["answers"])
    (answer,) = client.view["answers"]
    assert (answer["request_id"], answer["code"], answer["tone"]) == ("r-1", "placed", "quiet")

    await client.until(lambda f: f["type"] == "view" and f["state"] == "bridged")
    call_id = client.view["calls"][0]["call_id"]
    found = [{"id": f"00300000000000{n}", "name": f"Ann {n}"} for n in (1, 2)]
    await client.say("matches", call_id=call_id, records=found)
    await client.until(lambda f: f["type"] == "view" and f["calls"][0]["matches"])
    assert [one["id"] for one in client.view["calls"][0]["matches"]] == [r["id"] for r in found]

    await client.say("control", request_id="r-2", call_id=call_id, action="check")
    await client.until(lambda f: f["type"] == "view" and f["notices"])
    assert [one["code"] for one in client.view["notices"]] == ["still-up"]
    assert "r-2" not in [one["request_id"] for one in client.view["answers"]]

    await client.until(lambda f: f["type"] == "view" and f["wrapups"])
    await client.say("wrapup", call_id=call_id, notes="Nice talk.", follow_up=True)
    await client.until(lambda f: f["type"] == "view" and f["wrapups"][0]["draft"])
    draft = client.view["wrapups"][0]["draft"]
    assert (draft["notes"], draft["follow_up"]) == ("Nice talk.", True)
    await client.say("wrapup", call_id=call_id, done=True)
    await client.until(lambda f: f["type"] == "view" and f["click_to_dial"])
    assert client.frames_of("go")[0]["call"]["method"] == "saveLog"


async def test_a_binary_frame_is_malformed_and_costs_nothing(client: Client) -> None:
    """Even where its bytes would be a message; the socket stays."""
    await client.socket.send(b'{"type": "presence", "visible": true, "focused": true}')
    assert (await client.until(lambda f: f["type"] == "error"))["code"] == "malformed"
    await client.say("presence", visible=True, focused=True)
    await client.say("hello", ticket="t", page_id="p")
    assert (await client.until(lambda f: f["type"] == "error"))["code"] == "malformed"


@pytest.mark.parametrize("names", [None, ["another.v1"]])
async def test_a_socket_without_the_subprotocol_is_served_without_one(
    world: World, http: httpx.AsyncClient, names: list[str] | None
) -> None:
    """Whether it names no subprotocol or another one."""
    await signed_in(http, world.url)
    answer = await http.post("/api/ws-ticket", headers={"Origin": world.url})
    socket = await connected(world.url, subprotocols=names)
    assert socket.subprotocol is None
    client = Client(socket)
    await client.say("hello", ticket=answer.json()["ticket"], page_id="load-1")
    await client.until(lambda f: f["type"] == "view")
    await socket.close()


async def test_a_binary_hello_ends_the_socket(world: World) -> None:
    """4002, as any first frame that is no hello."""
    socket = await connected(world.url)
    await socket.send(b'{"type": "hello"}')
    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(socket.recv(), 20)
    assert socket.close_code == 4002


@pytest.mark.parametrize(
    "path",
    [
        "/auth/dev",
        "/api/ws-ticket",
        "/api/number",
        "/api/history",
        "/api/blocked",
        "/auth/sign-out",
    ],
)
@pytest.mark.parametrize("origin", [None, "https://evil.example"])
async def test_a_post_without_our_origin_is_refused(
    http: httpx.AsyncClient, path: str, origin: str | None
) -> None:
    """403, with the code that the page lists."""
    answer = await http.post(path, headers={"Origin": origin} if origin else {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign-origin")
