"""Two whole adapters on one PostgreSQL and one Asterisk: the one that steers is killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qa.asterisk.bench import IDENTITY, Bench, imitated, plans, real
from qa.asterisk.engine import APP, USER
from qa.asterisk.handset import IGNORE, PICK_UP, Handset, Plan
from qa.replicas.fleet import Fleet, a_fleet
from tests.contracts.asterisks import KINDS
from tests.fakes.page import FakePage
from tests.storage.servers import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

NUMBER = "+12025550143"
TAKEOVER_SECONDS = 60
"""A lease lasts for 15 s; the rest is the busy machine's."""


@dataclass
class Pair:
    """Both, with the exchange, ada's phone, and her page at the one that does not steer."""

    fleet: Fleet
    bench: Bench
    ada: Handset
    steering: int
    page: FakePage

    async def kill_the_steering_one(self) -> None:
        """SIGKILL."""
        await self.fleet.replicas[self.steering].kill()

    async def until_taken_over(self) -> None:
        """Wait until the other one steers."""
        await until_steers(self.fleet, 1 - self.steering)

    async def until_empty(self) -> None:
        """Wait until nothing is left at the exchange."""
        async with asyncio.timeout(TAKEOVER_SECONDS):
            while await self.bench.channels():  # noqa: ASYNC110 - another program's state
                await asyncio.sleep(0.1)


def steers(fleet: Fleet, replica: int) -> bool:
    """Whether it has ever been connected to the exchange."""
    logs = fleet.replicas[replica].logs
    return logs.exists() and "asterisk.connected" in logs.read_text()


async def until_steers(fleet: Fleet, *replicas: int) -> int:
    """Wait until one of them is connected; which."""
    async with asyncio.timeout(TAKEOVER_SECONDS):
        while True:
            for replica in replicas:
                if steers(fleet, replica):
                    return replica
            await asyncio.sleep(0.1)


@pytest.fixture(params=KINDS)
async def pair(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres
) -> AsyncIterator[Pair]:
    """One of each kind."""
    opened = real if request.param == "real" else imitated
    async with opened(tmp_path) as bench:
        book = tmp_path / "agents.toml"
        book.write_text('[[agent]]\nemail = "ada@example.com"\nprovider_user = "ada"\n')
        told = {
            "PROVIDER": "asterisk",
            "ASTERISK_URL": bench.world.url,
            "ASTERISK_USER": USER,
            "ASTERISK_SECRET": bench.world.secret,
            "ASTERISK_APP": APP,
            "ASTERISK_IDENTITY": IDENTITY,
            "ASTERISK_DIAL_SECONDS": "5",
            "DIRECTORY_FILE": str(book),
            "RING_SECONDS": "20",
            "WRAP_UP_SECONDS": "0",
        }
        wishes: dict[str, Any] = {f"SOFTPHONE_{name}": value for name, value in told.items()}
        async with a_fleet(tmp_path, postgres.database(), 2, **wishes) as fleet:
            steering = await until_steers(fleet, 0, 1)
            page = await fleet.page(1 - steering)
            yield Pair(fleet, bench, await bench.phone("ada"), steering, page)


async def test_a_talk_survives_its_steering_process(pair: Pair) -> None:
    """The other one goes on with it, tells its end, and one Task has the true talk."""
    plans(pair.bench, pair.ada)
    await pair.page.dial(NUMBER)
    theirs = await pair.bench.trunk.until_talks()
    await pair.page.until(lambda view: bool(view["state"] == "bridged"))
    await pair.kill_the_steering_one()
    await pair.until_taken_over()
    assert not theirs.ended
    await theirs.hang_up()
    await pair.page.until(lambda view: bool(view["click_to_dial"]))
    await pair.until_empty()
    task = await pair.fleet.scene.until_task()
    assert task["CallDisposition"] == "Connected"
    assert abs(task["CallDurationInSeconds"] - theirs.talked) <= 1
    assert [call.number for call in pair.bench.trunk.calls] == [NUMBER]


async def test_a_phone_that_is_picked_up_while_nobody_steers_is_connected_once(pair: Pair) -> None:
    """The customer is called by who takes over, and only then."""
    plans(pair.bench, pair.ada, IGNORE, Plan(talk=1.5))
    await pair.page.dial(NUMBER)
    mine = await pair.ada.until_rings()
    await pair.kill_the_steering_one()
    await mine.pick_up()
    await pair.bench.trunk.until(lambda call: bool(call.ended), TAKEOVER_SECONDS)
    await pair.until_empty()
    task = await pair.fleet.scene.until_task()
    (theirs,) = pair.bench.trunk.calls
    assert abs(task["CallDurationInSeconds"] - theirs.talked) <= 1


async def test_a_call_that_ended_without_a_steering_process_is_one_task(pair: Pair) -> None:
    """The agent is free, and nobody is left at the exchange."""
    plans(pair.bench, pair.ada, PICK_UP, PICK_UP)
    await pair.page.dial(NUMBER)
    theirs = await pair.bench.trunk.until_talks()
    await pair.page.until(lambda view: bool(view["state"] == "bridged"))
    await pair.kill_the_steering_one()
    await theirs.hang_up()
    await pair.until_taken_over()
    await pair.page.until(lambda view: bool(view["click_to_dial"]))
    await pair.until_empty()
    await pair.ada.until_over()
    task = await pair.fleet.scene.until_task()
    assert task["CallDisposition"] == "Connected"
    assert task["CallDurationInSeconds"] >= int(theirs.talked)
