"""Three replicas behind the Caddy that is deployed: balanced, encrypted, left and come back to."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from qa.replicas.caddy import Caddy, caddy
from qa.replicas.fleet import Fleet, a_fleet
from tests.fakes.page import FakePage
from tests.storage.servers import Postgres

pytestmark = pytest.mark.slow

CONTACT = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}
NAMES = ("ada", "grace", "linus", "radia", "alan", "ada")
FAST = {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 0.5}


@pytest.fixture
async def fleet(tmp_path: Path, postgres: Postgres) -> AsyncIterator[Fleet]:
    """Three replicas; every page and every webhook goes through Caddy."""
    async with a_fleet(tmp_path, postgres.database(), front=caddy) as made:
        yield made


async def sockets(fleet: Fleet) -> list[int]:
    """How many pages each replica has; a replica that is gone has none."""
    found = []
    async with httpx.AsyncClient(trust_env=False) as http:
        for replica in fleet.replicas:
            try:
                text = (await http.get(f"{replica.url}/metrics")).text
            except httpx.TransportError:
                found.append(0)
                continue
            (line,) = (one for one in text.splitlines() if one.startswith("softphone_sockets "))
            found.append(int(float(line.split()[1])))
    return found


async def until_sockets(fleet: Fleet, total: int, elsewhere_than: int) -> None:
    """All these pages are connected, none of them to that replica."""
    async with asyncio.timeout(30):
        while True:
            found = await sockets(fleet)
            if sum(found) == total and found[elsewhere_than] == 0:
                return
            await asyncio.sleep(0.05)


async def call(fleet: Fleet, page: FakePage, number: str) -> None:
    """A whole call, to its Task."""
    before = len(fleet.scene.salesforce.tasks)
    await page.dial(number, CONTACT)
    view = await page.until(lambda v: v["state"] == "wrapup")
    call_id = view["wrapups"][0]["call_id"]
    await page.send(type="wrapup", call_id=call_id, done=True)
    await page.until(lambda v: v["click_to_dial"] and not v["wrapups"])
    await fleet.scene.until_tasks(before + 1)


async def test_pages_are_spread_and_calls_come_through(fleet: Fleet) -> None:
    """Each replica has some of the sockets; click, webhooks and views pass wherever they land."""
    await fleet.scene.scenario(outcome="answered", **FAST)
    pages = [await fleet.scene.page(name) for name in NAMES]
    found = await sockets(fleet)
    assert sum(found) == len(pages)
    assert min(found) >= 1
    for number, page in enumerate(pages[:3]):
        await call(fleet, page, f"(202) 555-010{number}")
    assert len((await fleet.scene.history())["posts"]) == 3


async def test_a_replica_that_leaves_is_given_nothing_and_its_pages_go_on_elsewhere(
    fleet: Fleet,
) -> None:
    """SIGTERM, then SIGKILL for another one: nobody is refused, and it is used again afterwards."""
    await fleet.scene.scenario(outcome="answered", **FAST)
    pages = [await fleet.scene.page(name) for name in NAMES[:5]]
    for page in pages:
        await page.stay()
    leaving, dying = fleet.replicas[0], fleet.replicas[1]
    assert await leaving.end(signal.SIGTERM) == 0
    await until_sockets(fleet, len(pages), elsewhere_than=0)
    await call(fleet, pages[0], "(202) 555-0100")
    await leaving.start()
    await dying.kill()
    await until_sockets(fleet, len(pages), elsewhere_than=1)
    assert (await sockets(fleet))[0] >= 1
    await call(fleet, pages[1], "(202) 555-0101")
    assert len((await fleet.scene.history())["posts"]) == 2


async def test_the_outer_address_is_encrypted_and_keeps_the_metrics_in(fleet: Fleet) -> None:
    """Page and socket over TLS by Caddy's own authority; /metrics is not there from outside."""
    assert isinstance(fleet.front, Caddy)
    trust, url = fleet.front.trust(), f"https://localhost:{fleet.front.tls_port}"
    async with httpx.AsyncClient(base_url=url, verify=trust, trust_env=False) as http:
        assert (await http.get("/softphone")).status_code == 200
        assert (await http.get("/readyz")).status_code == 200
        assert (await http.get("/metrics")).status_code == 404
    async with connect(
        f"{url.replace('https', 'wss', 1)}/ws",
        ssl=trust,
        origin=fleet.scene.url,  # type: ignore[arg-type]
        subprotocols=["softphone.v1"],  # type: ignore[list-item]
        proxy=None,
    ) as socket:
        assert socket.subprotocol == "softphone.v1"
        await socket.send('{"type":"nothing we know"}')
        await socket.wait_closed()
    assert socket.close_code == 4002
