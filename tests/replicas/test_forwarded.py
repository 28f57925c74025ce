"""Deliveries go to the replica with the page: real processes, one of which is not there."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from qa.replicas.fleet import Fleet, a_fleet
from tests.fakes.page import FakePage
from tests.storage.servers import Postgres

pytestmark = pytest.mark.slow

CONTACT = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}
NUMBER = "(202) 555-0143"
FAST = {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 0.5}
SLOW = {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 6}
PATIENCE_SECONDS = 60


async def metric(fleet: Fleet, replica: int, sample: str) -> float:
    """One sample of a replica's metrics; 0 where it has none."""
    async with httpx.AsyncClient(base_url=fleet.replicas[replica].url) as client:
        text = (await client.get("/metrics")).text
    found = (line for line in text.splitlines() if line.startswith(sample + " "))
    return next((float(line.rpartition(" ")[2]) for line in found), 0.0)


async def until_metric(fleet: Fleet, replica: int, sample: str, least: float) -> None:
    """Wait until it is so much."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await metric(fleet, replica, sample) < least:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def linked(fleet: Fleet, *replicas: int) -> None:
    """Each of them has found one other."""
    for replica in replicas:
        await until_metric(fleet, replica, "softphone_linked_replicas", 1)


async def finish(fleet: Fleet, page: FakePage) -> None:
    """End the wrap-up when it comes: there is one call and one Task."""
    view = await page.until(lambda v: v["state"] == "wrapup")
    call_id = view["wrapups"][0]["call_id"]
    await page.send(type="wrapup", call_id=call_id, notes="Nice talk.", done=True)
    await page.until(lambda v: v["click_to_dial"] and not v["tray"])
    await fleet.scene.until_task(lambda task: task.get("Description") == "Nice talk.")
    (task,) = fleet.scene.salesforce.tasks.values()
    assert task["CallObject"] == call_id
    assert len((await fleet.scene.history())["posts"]) == 1


def answered(outcome: str) -> str:
    """The sample of forwarded deliveries that came to this."""
    return f'softphone_forwarded_deliveries_total{{outcome="{outcome}"}}'


async def test_deliveries_are_decided_where_the_page_is(tmp_path: Path, postgres: Postgres) -> None:
    """They come to the second replica, and the first one, which has the page, takes them all."""
    async with a_fleet(tmp_path, postgres.database(), 2, links=True) as fleet:
        await linked(fleet, 0, 1)
        fleet.webhooks_to(1)
        await fleet.scene.scenario(outcome="answered", **FAST)
        page = await fleet.page(0)
        await page.dial(NUMBER, CONTACT)
        await finish(fleet, page)
        taken = await metric(fleet, 0, answered("taken"))
        assert taken >= 3
        assert await metric(fleet, 1, answered("answered")) == taken
        assert await metric(fleet, 1, answered("unanswered")) == 0


@asynccontextmanager
async def a_bridged_call(
    tmp_path: Path, postgres: Postgres
) -> AsyncIterator[tuple[Fleet, FakePage]]:
    """Of a page at the first replica, while its webhooks reach the second."""
    async with a_fleet(tmp_path, postgres.database(), 2, links=True) as fleet:
        await linked(fleet, 0, 1)
        fleet.webhooks_to(1)
        await fleet.scene.scenario(outcome="answered", **SLOW)
        page = await fleet.page(0)
        await page.dial(NUMBER, CONTACT)
        await page.until(lambda v: v["state"] == "bridged")
        yield fleet, page


async def test_a_page_s_replica_that_does_not_answer_loses_and_doubles_nothing(
    tmp_path: Path, postgres: Postgres
) -> None:
    """It is stopped in a call: the other one decides by itself; then it goes on, and shows all."""
    async with a_bridged_call(tmp_path, postgres) as (fleet, page):
        process = fleet.replicas[0].process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            await until_metric(fleet, 1, answered("unanswered"), 1)
        finally:
            process.send_signal(signal.SIGCONT)
        await finish(fleet, page)


async def test_a_page_s_replica_that_is_killed_loses_nothing(
    tmp_path: Path, postgres: Postgres
) -> None:
    """Its page comes back at the other replica, which has decided meanwhile."""
    async with a_bridged_call(tmp_path, postgres) as (fleet, _page):
        await fleet.replicas[0].kill()
        await finish(fleet, await fleet.page(1))


async def test_replicas_with_and_without_links_work_together(
    tmp_path: Path, postgres: Postgres
) -> None:
    """The first, with the page, knows nothing of links, as a release before them."""
    database = postgres.database()
    async with a_fleet(tmp_path, database, 2, links=True, unlinked=(0,)) as fleet:
        fleet.webhooks_to(1)
        await fleet.scene.scenario(outcome="answered", **FAST)
        page = await fleet.page(0)
        other = await fleet.page(1, focused=False, accepts=False)
        await page.dial(NUMBER, CONTACT)
        await other.until(lambda v: v["state"] == "bridged")
        await finish(fleet, page)
        await other.until(lambda v: v["click_to_dial"])
        assert await metric(fleet, 1, "softphone_linked_replicas") == 0
