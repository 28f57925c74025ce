"""The board's socket, on real ones: who is let in, what comes unasked, and when it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from adapter.app import drain
from adapter.runtime.tasks import Tasks
from adapter.storage.port import Session
from adapter.web.board import live as boardlive
from adapter.web.board.feed import BoardFeeds
from adapter.web.board.live import MOST_PER_AGENT, BoardLive
from adapter.web.board.page import day_of
from adapter.web.http.middleware import Refused
from adapter.web.signin.sessions import SESSION_MS
from tests.fakes.page import FakePage
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import World, a_world
from tests.web.board.test_feed import Readings
from tests.web.conftest import SetClock


async def a_cookie(world: World, name: str = "boss") -> FakePage:
    """Somebody who is signed in, without a softphone."""
    page = world.another_page(name)
    await page.sign_in()
    return page


@asynccontextmanager
async def a_board(
    world: World, cookie: str, *, origin: str = "", query: str = "since=0"
) -> AsyncIterator[ClientConnection]:
    """An open socket of a board; raises InvalidStatus where none is let in."""
    socket = await connect(
        f"{world.url.replace('http', 'ws', 1)}/api/board/live?{query}",
        origin=origin or world.url,  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie} if cookie else {},
        proxy=None,
    )
    async with socket:
        yield socket


async def next_frame(socket: ClientConnection) -> dict[str, Any]:
    """The next frame."""
    frame: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 20))
    return frame


async def until_closed(socket: ClientConnection) -> int | None:
    """Why it ended."""
    async with asyncio.timeout(20):
        await socket.wait_closed()
    return socket.close_code


async def refusal(world: World, cookie: str, **how: str) -> tuple[int, str]:
    """Status and code of the answer to who is not let in."""
    with pytest.raises(InvalidStatus) as refused:
        async with a_board(world, cookie, **how):
            pass
    response = refused.value.response
    return response.status_code, json.loads(response.body)["error"]["code"]


async def test_a_change_arrives_without_asking(world: World) -> None:
    """The whole report at once; then, when an agent comes, another, uncompressed."""
    boss = await a_cookie(world)
    async with a_board(world, boss.cookie) as socket:
        first = await next_frame(socket)
        assert (first["type"], first["report"]["agents"]) == ("report", [])
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        await world.page("ada")
        async with asyncio.timeout(20):
            while not (frame := await next_frame(socket))["report"]["agents"]:
                pass
    assert [agent["name"] for agent in frame["report"]["agents"]] == ["ada"]
    assert frame["now"] >= first["now"]


async def test_the_socket_and_the_http_address_give_the_same_board(world: World) -> None:
    """The same report, but for its time."""
    boss = await a_cookie(world)
    async with (
        a_board(world, boss.cookie) as socket,
        httpx.AsyncClient(base_url=world.url, headers={"Cookie": boss.cookie}) as http,
    ):
        told = (await next_frame(socket))["report"]
        asked = (await http.get("/api/board?since=0")).json()
    assert asked.keys() - told.keys() == {"now"}
    assert told["calls"] == asked["calls"]


async def test_the_live_board_needs_the_orgs_session_and_our_origin(world: World) -> None:
    """No cookie, another org, a foreign page with a good cookie: all refused."""
    boss = await a_cookie(world)
    assert await refusal(world, "") == (401, "signed-out")
    query = "since=0&org=00D00000000000c"
    assert await refusal(world, boss.cookie, query=query) == (401, "signed-out")
    for foreign in ("https://evil.example", world.url + "0", "null"):
        assert await refusal(world, boss.cookie, origin=foreign) == (403, "foreign-origin")
    assert world.app.boards.everyone() == []


async def test_who_may_not_read_the_board_may_not_watch_it() -> None:
    """Whatever refuses the numbers refuses the socket, in the same words."""

    async def nobody(_request: web.Request) -> Session:
        raise Refused(403, "not-a-supervisor", "No.")

    tasks = Tasks()
    live = BoardLive(
        BoardFeeds(Readings().report, tasks), nobody, day_of, tasks=tasks, own_origin="https://ours"
    )
    request = make_mocked_request("GET", "/api/board/live", headers={"Origin": "https://ours"})
    with pytest.raises(Refused) as refused:
        await live.connect(request)
    assert refused.value.answer.status == 403


@pytest.fixture
def no_watch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends a socket is the sign-out itself, not the look at sessions that its hint starts."""

    async def look_at(_sessions: object) -> None: ...

    monkeypatch.setattr(world.app.watch, "look_at", look_at)


async def test_signing_out_closes_only_that_sign_ins_board(world: World, no_watch: None) -> None:
    """4003, and the cookie opens no other."""
    boss, other = await a_cookie(world), await a_cookie(world, "other")
    async with a_board(world, boss.cookie) as socket, a_board(world, other.cookie) as kept:
        await next_frame(socket)
        await next_frame(kept)
        await boss.sign_out()
        assert await until_closed(socket) == 4003
        assert [viewer.session for viewer in world.app.boards.everyone()] != []
        await kept.ping()
    assert await refusal(world, boss.cookie) == (401, "signed-out")


async def test_signing_out_everywhere_closes_the_board(world: World, no_watch: None) -> None:
    """From another browser of the same person."""
    here, there = await a_cookie(world), await a_cookie(world)
    async with a_board(world, here.cookie) as socket:
        await next_frame(socket)
        async with httpx.AsyncClient(base_url=world.url) as http:
            headers = {"Origin": world.url, "Cookie": there.cookie}
            body = {"everywhere": True}
            (await http.post("/auth/sign-out", json=body, headers=headers)).raise_for_status()
        assert await until_closed(socket) == 4003


async def test_an_expired_session_closes_the_board(world: World, clock: SetClock) -> None:
    """At the watch's next look; until then the open board keeps it in use."""
    boss = await a_cookie(world)
    async with a_board(world, boss.cookie) as socket:
        await next_frame(socket)
        await world.app.watch.look()
        assert len(world.app.boards.everyone()) == 1
        clock.later = SESSION_MS
        await world.app.watch.look()
        assert await until_closed(socket) == 4003


async def test_a_sign_out_at_another_replica_closes_the_board(world: World) -> None:
    """The hint has the sign-ins of the agent looked at, though no softphone of theirs is here."""
    boss = await a_cookie(world)
    async with a_board(world, boss.cookie) as socket:
        await next_frame(socket)
        (viewer,) = world.app.boards.everyone()
        await world.app.watch.sessions.store.drop_sessions(viewer.agent)
        world.app.watch.hinted(viewer.agent, 0)
        assert await until_closed(socket) == 4003


async def test_a_draining_replica_closes_its_boards_and_accepts_none(world: World) -> None:
    """4001, and 503 for who comes back too early."""
    boss = await a_cookie(world)
    async with a_board(world, boss.cookie) as socket:
        await next_frame(socket)
        await drain(world.app, grace=0)
        assert await until_closed(socket) == 4001
    assert await refusal(world, boss.cookie) == (503, "draining")


@pytest.mark.parametrize(("frame", "code"), [("{}", 4009), ("x" * 65, 1009)])
async def test_a_board_that_sends_anything_is_closed(world: World, frame: str, code: int) -> None:
    """A board only listens; what is long is not even read."""
    boss = await a_cookie(world)
    async with a_board(world, boss.cookie) as socket:
        await next_frame(socket)
        await socket.send(frame)
        assert await until_closed(socket) == code


async def test_an_agents_boards_are_limited(world: World) -> None:
    """The next is refused, also by another sign-in; another's is not; a closed one makes room."""
    boss, other = await a_cookie(world), await a_cookie(world, "other")
    again_boss = await a_cookie(world)
    async with AsyncExitStack() as stack:
        for _ in range(MOST_PER_AGENT):
            socket = await stack.enter_async_context(a_board(world, boss.cookie))
            await next_frame(socket)
        assert await refusal(world, boss.cookie) == (429, "too-many")
        assert await refusal(world, again_boss.cookie) == (429, "too-many")
        async with a_board(world, other.cookie) as another:
            await next_frame(another)
    async with asyncio.timeout(20):
        while world.app.boards.everyone():  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.02)
    async with a_board(world, boss.cookie) as again:
        await next_frame(again)


async def test_the_boards_of_a_process_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever they are."""
    monkeypatch.setattr(boardlive, "MOST_BOARDS", 1)
    async with a_world(tmp_path, provider=FakeProvider().app()) as world:
        boss, other = await a_cookie(world), await a_cookie(world, "other")
        async with a_board(world, boss.cookie) as socket:
            await next_frame(socket)
            assert await refusal(world, other.cookie) == (429, "too-many")
