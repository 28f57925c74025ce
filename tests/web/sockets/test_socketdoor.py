"""The door of our sockets: who is let in, who is told why not, and that a place is given back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from unittest.mock import Mock

import pytest
from aiohttp import ClientSession, WSServerHandshakeError, web
from aiohttp.test_utils import TestServer, make_mocked_request

from adapter.runtime.clock import SystemClock
from adapter.web.sockets import socketdoor
from adapter.web.sockets.socketdoor import FLOODS_PER_MINUTE, SocketDoor
from tests.web.conftest import SetClock

OURS = "https://phone.example.com"


@pytest.fixture
async def door() -> SocketDoor:
    """With room for one."""
    return SocketDoor("phones", clock=SystemClock(), own_origin=OURS, sockets_per_address=1)


@pytest.fixture
async def url(door: SocketDoor) -> AsyncIterator[str]:
    """Where it is; whoever is let in stays until they leave."""

    async def stay(request: web.Request, _address: str) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async def knock(request: web.Request) -> web.StreamResponse:
        return await door.let_in(request, stay)

    app = web.Application()
    app.router.add_get("/", knock)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def refusal(session: ClientSession, url: str, origin: str = OURS) -> int:
    """The status of the answer."""
    with pytest.raises(WSServerHandshakeError) as caught:
        await session.ws_connect(url, origin=origin)
    return caught.value.status


async def test_only_our_own_pages_are_accepted(url: str) -> None:
    """An origin is compared as a whole."""
    async with ClientSession() as session:
        assert await refusal(session, url, f"{OURS}.evil.example") == 403
        assert await refusal(session, url, "null") == 403
        async with session.ws_connect(url, origin=OURS):
            pass


async def test_a_closed_socket_makes_room_at_its_address(door: SocketDoor, url: str) -> None:
    """One too many is refused, and nothing of those who went is kept."""
    async with ClientSession() as session:
        async with session.ws_connect(url, origin=OURS):
            assert await refusal(session, url) == 429
        async with session.ws_connect(url, origin=OURS):
            assert len(door._sockets) == 1


async def test_no_socket_is_accepted_while_draining(door: SocketDoor, url: str) -> None:
    """They come back, to another replica."""
    door.draining = True
    async with ClientSession() as session:
        assert await refusal(session, url) == 503


async def test_a_repeated_flooder_waits_and_others_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody is refused: an office shares an address."""
    monkeypatch.setattr(socketdoor, "LATE_SECONDS", 3600)
    door = SocketDoor("phones", clock=SetClock(), own_origin=OURS)

    async def let_in(peer: str) -> web.StreamResponse:
        transport = Mock()
        transport.get_extra_info.side_effect = {"peername": (peer, 1)}.get
        knock = make_mocked_request("GET", "/", headers={"Origin": OURS}, transport=transport)
        return await door.let_in(knock, serve)

    async def serve(_request: web.Request, address: str) -> web.Response:
        return web.Response(headers={"Address": address})

    for _ in range(FLOODS_PER_MINUTE):
        await let_in("192.0.2.1")
        door.note_flood("192.0.2.1")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await let_in("192.0.2.1")
    assert (await let_in("192.0.2.2")).headers["Address"] == "192.0.2.2"
