"""Floods and slow senders are shed; those who do their work do not notice."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from adapter.telephony.dialstack import signing
from adapter.wiring import UNSIGNED_PER_MINUTE
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import ACCOUNT, SECRET, World, a_world

STRANGER, PROVIDER = "203.0.113.9", "198.51.100.7"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An adapter behind a proxy (loopback) that lets two sockets in from one address."""
    async with a_world(tmp_path, provider=FakeProvider().app(), sockets_per_address=2) as made:
        yield made


async def deliver(http: httpx.AsyncClient, world: World, address: str, secret: str) -> int:
    """One delivery from there; the status."""
    event = {"id": f"evt-{time.time_ns()}", "type": "call.end", "account_id": ACCOUNT}
    body = json.dumps({**event, "data": {"call_id": "call_1"}}).encode()
    proof = signing.header([secret], int(time.time()), body)
    headers = {signing.HEADER: proof, "X-Forwarded-For": address}
    url = f"{world.url}/webhooks/dialstack"
    return (await http.post(url, content=body, headers=headers)).status_code


async def test_a_flood_of_unsigned_deliveries_is_shed_unread(world: World) -> None:
    """429 after a minute's worth, from that address; the provider's own still come in."""
    async with httpx.AsyncClient(trust_env=False) as http:
        statuses = [
            await deliver(http, world, STRANGER, "whsec_guess")
            for _ in range(UNSIGNED_PER_MINUTE + 20)
        ]
        assert statuses[0] == 401
        assert statuses[-1] == 429
        assert await deliver(http, world, STRANGER, SECRET) == 429
        assert await deliver(http, world, PROVIDER, SECRET) == 200


async def test_slow_senders_hold_up_nobody(world: World) -> None:
    """Two hundred connections that never finish their request; agents are served meanwhile."""
    async with AsyncExitStack() as stack:
        port = int(world.url.rsplit(":", 1)[1])
        head = b"POST /webhooks/dialstack HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n"
        for number in range(200):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(head + (b"\r\n{" if number % 2 else b"X-Slow: "))
            await writer.drain()
        page = await world.page()
        assert page.view["state"] == "idle"
        async with httpx.AsyncClient(trust_env=False) as http:
            assert await deliver(http, world, PROVIDER, SECRET) == 200


async def test_one_address_has_so_many_sockets(world: World) -> None:
    """The third is refused with 429; when one of the two goes, it may come."""

    def dial(address: str) -> connect:
        url = world.url.replace("http", "ws", 1) + "/ws"
        headers = {"X-Forwarded-For": address, "Origin": world.url}
        return connect(url, additional_headers=headers, proxy=None)

    first, second = await dial(STRANGER), await dial(STRANGER)
    with pytest.raises(InvalidStatus) as refused:
        await dial(STRANGER)
    assert refused.value.response.status_code == 429
    other = await dial(PROVIDER)
    bridge = world.app.bridge
    await first.close()
    async with asyncio.timeout(20):
        while bridge._sockets[STRANGER] > 1:  # noqa: ASYNC110 - the server's own pace
            await asyncio.sleep(0.01)
    third = await dial(STRANGER)
    for socket in (second, other, third):
        await socket.close()
