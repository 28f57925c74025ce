"""The door of our sockets: who is let in, who is told why not, and that a place is given back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, WSServerHandshakeError, web
from aiohttp.test_utils import TestServer

from adapter.runtime.clock import SystemClock
from adapter.web.socketdoor import SocketDoor

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


async def test_only_our_own_pages_are_let_in(url: str) -> None:
    """An origin is compared as a whole."""
    async with ClientSession() as session:
        assert await refusal(session, url, f"{OURS}.evil.example") == 403
        assert await refusal(session, url, "null") == 403
        async with session.ws_connect(url, origin=OURS):
            pass


async def test_who_leaves_an_address_makes_room_for_the_next(door: SocketDoor, url: str) -> None:
    """One too many is refused, and nothing of those who went is kept."""
    async with ClientSession() as session:
        async with session.ws_connect(url, origin=OURS):
            assert await refusal(session, url) == 429
        async with session.ws_connect(url, origin=OURS):
            assert len(door._sockets) == 1


async def test_nobody_is_let_in_while_it_leaves(door: SocketDoor, url: str) -> None:
    """They come back, to another replica."""
    door.draining = True
    async with ClientSession() as session:
        assert await refusal(session, url) == 503
