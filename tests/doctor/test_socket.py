"""The public /ws, dialed as a page would."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from adapter.doctor.findings import Finding, Grade
from adapter.doctor.socket import socket_finding
from adapter.settings.environment import load
from tests.doctor.conftest import Front
from tests.scenarios.conftest import World, free_port

PLAIN = ssl.create_default_context()


async def examined(url: str) -> Finding:
    """What is found at that public address."""
    return await socket_finding(load({}, public_url=url), PLAIN)


@asynccontextmanager
async def other(code: int | None) -> AsyncIterator[str]:
    """A WebSocket server that is not ours: it closes with that code, or answers any hello."""

    async def handle(socket: ServerConnection) -> None:
        hello = await socket.recv()
        if code is None:
            await socket.send(hello)
            await socket.wait_closed()
        else:
            await socket.close(code)

    async with serve(handle, "127.0.0.1", 0, subprotocols=None) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_an_adapter_refuses_an_unknown_page(world: World) -> None:
    """As far as the hello, and no further."""
    found = await examined(world.url)
    assert found.grade is Grade.OK, found


async def test_an_adapter_under_another_address_says_so(world: World) -> None:
    """Its pages would be refused as foreign."""
    found = await examined(world.url.replace("localhost", "127.0.0.1"))
    assert found.grade is Grade.FAIL
    assert "SOFTPHONE_PUBLIC_URL" in found.todo


async def test_an_unreachable_socket_fails() -> None:
    """Told with the address."""
    url = f"http://127.0.0.1:{free_port()}"
    found = await examined(url)
    assert found.grade is Grade.FAIL
    assert url.replace("http", "ws") in found.text


async def test_a_proxy_that_does_not_upgrade_is_named() -> None:
    """It answers as to any GET."""
    async with Front(hooks=200).listening() as settings:
        found = await examined(settings.public_url)
    assert found.grade is Grade.FAIL
    assert "WebSocket upgrades" in found.todo


@pytest.mark.parametrize("code", [1000, 1011, None])
async def test_a_socket_of_another_server_fails(code: int | None) -> None:
    """One that closes otherwise, one that lets anybody in."""
    async with other(code) as url:
        found = await examined(url)
    assert found.grade is Grade.FAIL


@pytest.mark.parametrize(
    ("url", "word"),
    [("https://no-such-host.invalid", "cannot be resolved"), ("", "Nothing listens")],
)
async def test_a_wrong_name_is_not_the_proxys_fault(url: str, word: str) -> None:
    """A name that nobody knows, and an address where nothing runs, each in its own words."""
    found = await examined(url or f"http://127.0.0.1:{free_port()}")
    assert found.grade is Grade.FAIL
    assert word in found.text
    assert "upgrades" not in found.todo
