"""Any replica may serve anything: real processes on one PostgreSQL, an agent's work spread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qa.replicas.fleet import Fleet, a_fleet
from tests.fakes.page import FakePage
from tests.storage.servers import Postgres

pytestmark = pytest.mark.slow

CONTACT = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}
NUMBER = "(202) 555-0143"
FAST = {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 0.5}


@pytest.fixture
async def fleet(tmp_path: Path, postgres: Postgres) -> AsyncIterator[Fleet]:
    """Three replicas."""
    async with a_fleet(tmp_path, postgres.database()) as made:
        yield made


async def finish(fleet: Fleet, page: FakePage) -> str:
    """End the wrap-up when it comes; the call's id, when click-to-dial is on again."""
    view = await page.until(lambda v: v["state"] == "wrapup")
    call_id: str = view["wrapups"][0]["call_id"]
    await page.send(type="wrapup", call_id=call_id, notes="Nice talk.", done=True)
    await page.until(lambda v: v["click_to_dial"] and not v["tray"])
    await fleet.scene.until_task(lambda task: task.get("Description") == "Nice talk.")
    return call_id


async def test_the_page_is_on_one_replica_and_the_webhooks_come_to_another(fleet: Fleet) -> None:
    """Click on the first, news at the second, the agent's other tab on the third: one Task."""
    fleet.webhooks_to(1)
    await fleet.scene.scenario(outcome="answered", **FAST)
    page = await fleet.page(0)
    other = await fleet.page(2, focused=False, accepts=False)
    await page.dial(NUMBER, CONTACT)
    await other.until(lambda v: not v["click_to_dial"])
    await other.until(lambda v: v["state"] == "bridged")
    call_id = await finish(fleet, page)
    await other.until(lambda v: v["click_to_dial"])
    (task,) = fleet.scene.salesforce.tasks.values()
    assert (task["CallObject"], task["WhoId"]) == (call_id, CONTACT["id"])
    assert len((await fleet.scene.history())["posts"]) == 1


async def test_a_deadline_is_kept_although_its_replica_died(fleet: Fleet) -> None:
    """Nobody picks up, the replica with the page is killed: another one turns the phone idle."""
    await fleet.scene.scenario(outcome="nobody-picks-up", pick_up_seconds=60)
    page = await fleet.page(0)
    watching = await fleet.page(1, focused=False)
    await page.dial(NUMBER, CONTACT)
    await watching.until(lambda v: v["state"] == "ringing-user-devices")
    await fleet.scene.until_history(lambda history: history["posts"])  # Only then does it ring.
    await asyncio.gather(fleet.replicas[0].kill(), watching.close())
    back = await fleet.page(2)
    await back.until(lambda v: v["click_to_dial"])
    assert len((await fleet.scene.history())["posts"]) == 1  # Nobody placed it again.


async def test_two_clicks_at_once_on_two_replicas_make_one_call(fleet: Fleet) -> None:
    """Both decide, one commits; the other one's agent is told that the phone is busy."""
    await fleet.scene.scenario(outcome="answered", **FAST)
    pages = [await fleet.page(0), await fleet.page(1, focused=False)]
    requests = await asyncio.gather(*(page.dial(NUMBER, CONTACT) for page in pages))
    both = zip(pages, requests, strict=True)
    answers = [(await page.until_answer(request))["code"] for page, request in both]
    assert len((await fleet.scene.history())["posts"]) == 1
    assert len([code for code in answers if code == "busy"]) == 1
    await finish(fleet, pages[0])


async def test_each_attempt_has_one_go_whatever_the_replicas_do(fleet: Fleet) -> None:
    """Each replica offers to its own page, all accept at once: one go, one Task, each time."""
    await fleet.scene.scenario(outcome="busy", pick_up_seconds=0.05, ring_seconds=0.05)
    pages = [await fleet.page(number) for number in range(3)]
    for round_number in range(1, 6):
        await pages[0].until(lambda v: v["click_to_dial"])
        await pages[0].dial(f"(202) 555-01{round_number:02d}", CONTACT)
        view = await pages[0].until(lambda v: v["state"] == "wrapup")
        done = view["wrapups"][0]["call_id"]
        await pages[0].send(type="wrapup", call_id=done, done=True)
        await pages[0].until(lambda v: v["click_to_dial"])
        await fleet.scene.until_tasks(round_number)
    goes = [
        (heard["log_id"], heard["attempt"])
        for page in pages
        for heard in page.heard
        if heard["type"] == "go"
    ]
    assert len(goes) == len(set(goes))
    assert len({task["CallObject"] for task in fleet.scene.salesforce.tasks.values()}) == 5
    assert len(fleet.scene.salesforce.tasks) == 5


async def test_one_agents_deliveries_at_all_replicas_at_once_end_in_one_history(
    fleet: Fleet,
) -> None:
    """Doubled, in disorder, by turns to each: every call ends in one Task, with its own facts."""
    fleet.balancer.routes.clear()
    await fleet.scene.chaos(duplicate=1.0, reorder=0.5, reorder_ms=50)
    await fleet.scene.scenario(outcome="answered", **FAST)
    names = ("ada", "grace", "linus", "radia", "alan")
    agents = [await fleet.page(number % 3, name) for number, name in enumerate(names)]
    dials = (p.dial(f"(202) 555-01{n:02d}", CONTACT) for n, p in enumerate(agents))
    await asyncio.gather(*dials)
    for page in agents:
        view = await page.until(lambda v: v["state"] == "wrapup" and v["wrapups"][0]["deadline"])
        call_id = view["wrapups"][0]["call_id"]
        await page.send(type="wrapup", call_id=call_id, done=True)
        await page.until(lambda v: v["click_to_dial"] and not v["tray"])
    await fleet.scene.until_tasks(5)
    tasks = fleet.scene.salesforce.tasks.values()
    assert {task["CallDisposition"] for task in tasks} == {"Connected"}
    assert len({task["CallObject"] for task in tasks}) == len(tasks) == 5


async def test_a_lost_hint_is_only_a_delay(tmp_path: Path, postgres: Postgres) -> None:
    """No hint ever arrives: the page still sees every state that lasts, and saves the Task."""
    async with a_fleet(tmp_path, postgres.database(), 2, module="qa.replicas.deaf") as fleet:
        fleet.webhooks_to(1)
        slow = {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 6}
        await fleet.scene.scenario(outcome="answered", **slow)
        page = await fleet.page(0)
        await page.dial(NUMBER, CONTACT)
        await page.until(lambda v: v["state"] == "bridged")
        await finish(fleet, page)
