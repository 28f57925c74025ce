"""Floods and slow senders are shed; those who do their work do not notice."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from adapter.frontends import UNSIGNED_PER_MINUTE
from adapter.telephony.dialstack import signing
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import ACCOUNT, SECRET, World, a_world

STRANGER, PROVIDER = "203.0.113.9", "198.51.100.7"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An adapter behind a proxy (loopback) that lets two sockets in from one address."""
    async with a_world(tmp_path, provider=FakeProvider().app(), sockets_per_address=2) as made:
        yield made


async def deliver(
    http: httpx.AsyncClient, world: World, address: str | list[str], secret: str
) -> int:
    """One delivery from there (a proxy may write several lines); the status."""
    event = {"id": f"evt-{time.time_ns()}", "type": "call.end", "account_id": ACCOUNT}
    body = json.dumps({**event, "data": {"call_id": "call_1"}}).encode()
    proof = signing.header([secret], int(time.time()), body)
    lines = [address] if isinstance(address, str) else address
    headers = [(signing.HEADER, proof), *(("X-Forwarded-For", line) for line in lines)]
    url = f"{world.url}/webhooks/dialstack"
    return (await http.post(url, content=body, headers=headers)).status_code


async def is_shed_in_the_end(
    http: httpx.AsyncClient, world: World, address: Callable[[int], str | list[str]]
) -> bool:
    """Whether forgeries from there are refused unread at last; the bucket refills meanwhile."""
    assert await deliver(http, world, address(0), "whsec_guess") == 401
    for number in range(1, UNSIGNED_PER_MINUTE * 8):
        if await deliver(http, world, address(number), "whsec_guess") == 429:
            return number >= UNSIGNED_PER_MINUTE - 1
    return False


async def test_a_flood_of_unsigned_deliveries_is_shed_and_silences_nobody(world: World) -> None:
    """429 after a minute's worth; what the provider signed comes in, from the same address too."""
    async with httpx.AsyncClient(trust_env=False) as http:
        assert await is_shed_in_the_end(http, world, lambda n: STRANGER)
        assert await deliver(http, world, STRANGER, SECRET) == 200
        assert await deliver(http, world, PROVIDER, SECRET) == 200


async def test_a_thousand_forgeries_beside_a_hundred_deliveries_lose_none(world: World) -> None:
    """The provider's own address, as where the proxy before us is not told of."""
    async with httpx.AsyncClient(trust_env=False) as http:
        signed = []
        for number in range(1_100):
            secret = "whsec_guess" if number % 11 else SECRET
            status = await deliver(http, world, PROVIDER, secret)
            if secret == SECRET:
                signed.append(status)
        assert signed == [200] * 100


@pytest.mark.parametrize(
    "spelling",
    [
        lambda n: [f"192.0.2.{n}", STRANGER],  # a line of the client's own before the proxy's
        lambda n: f"192.0.2.{n}, {STRANGER}",
        lambda n: f"{STRANGER}:{40_000 + n}",
        lambda n: f"2001:db8::{n:x}",
        lambda n: f"nobody-{n}",
        lambda n: [],
    ],
)
async def test_no_spelling_of_an_address_escapes_its_limit(
    world: World, spelling: Callable[[int], str | list[str]]
) -> None:
    """Claims, ports, the addresses of one IPv6 network, rubbish, nothing at all."""
    async with httpx.AsyncClient(trust_env=False) as http:
        assert await is_shed_in_the_end(http, world, spelling)


async def test_the_sockets_of_one_address_are_limited(world: World) -> None:
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
        while bridge.door._sockets[STRANGER] > 1:  # noqa: ASYNC110 - the server's own pace
            await asyncio.sleep(0.01)
    third = await dial(STRANGER)
    for socket in (second, other, third):
        await socket.close()
