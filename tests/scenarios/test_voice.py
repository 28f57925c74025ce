"""Salesforce Voice over real sockets: the backend writes the record, whatever is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapter.core.events import SurfaceChosen
from adapter.core.model import AgentKey
from adapter.core.route import Route
from adapter.runtime.clock import SystemClock
from tests.fakes.page import FakePage
from tests.fakes.voicecalls import CENTER, ORG, VoiceCalls, key_pair, voice_calls
from tests.scenarios.conftest import World, a_world

FAST = {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 1.2}
PANEL = "lightning"


@dataclass
class Org:
    """A world whose org has a contact center."""

    world: World
    api: VoiceCalls

    async def until_record(self, call_id: str) -> dict[str, Any]:
        """The call's record, once it is completed."""
        async with asyncio.timeout(25):
            while "isActiveCall" not in self.api.records.get(call_id, {}):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return self.api.records[call_id]


@pytest.fixture
async def org(tmp_path: Path) -> AsyncIterator[Org]:
    """The adapter, the provider, and Salesforce's API."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(voice_calls())
        told: dict[str, Any] = {
            "org_id": ORG,
            "voice_url": api.url,
            "voice_contact_center": CENTER,
            "voice_key": key_pair()[0],
        }
        yield Org(await stack.enter_async_context(a_world(tmp_path, **told)), api)


async def test_a_call_becomes_one_completed_record_though_the_first_answer_is_lost(
    org: Org,
) -> None:
    """No page saves anything, and no Task is made."""
    await org.world.scenario(outcome="answered", **FAST)
    page = await org.world.page(surface="voice")
    assert page.view["agent"]["surface"] == "voice"
    org.api.faults = ["lost"]
    await page.dial("(202) 555-0143")
    await page.until(lambda v: v["state"] == "wrapup")
    call_id = page.view["wrapups"][0]["call_id"]
    await page.send(type="wrapup", call_id=call_id, notes="Nice talk.", done=True)
    record = await org.until_record(call_id)
    said = json.loads(record["callAttributes"])
    assert (said["softphoneNotes"], said["softphoneTalkSeconds"]) == ("Nice talk.", 1)
    assert record["disconnectReason"] == {"value": "Connected", "isError": False}
    assert record["acceptTime"] < record["endTime"]
    assert set(org.api.records) == {call_id}
    assert org.world.salesforce.tasks == {}
    assert not any(frame["type"] in {"offer", "go", "pop"} for frame in page.heard)


async def test_the_record_of_an_inbound_call_is_created_while_it_rings(org: Org) -> None:
    """Once; the page is told its id, to tell Salesforce of the call by it."""
    page = await org.world.page(surface="voice")
    await org.world.sandbox(
        user="user_ada",
        direction="inbound",
        from_number="+12025550199",
        scenario={"outcome": "answered", "pick_up_seconds": 10},
    )
    await page.until(lambda v: any(call.get("host_record") for call in v["calls"]))
    (call,) = page.view["calls"]
    assert call["host_record"] == "0LQ000000000001AAA"
    posts = [body for method, _, body in org.api.asked if method == "POST"]
    assert [body["vendorCallKey"] for body in posts] == [call["call_id"]]


async def test_a_page_of_the_other_surface_sees_no_call_and_cannot_dial(org: Org) -> None:
    """It is told where to call from; nothing rings."""
    await org.world.scenario(outcome="answered", pick_up_seconds=0.1, ring_seconds=20)
    voice = await org.world.page(surface="voice")
    await voice.dial("(202) 555-0143")
    await voice.until(lambda v: v["state"] == "dialing-destination")
    panel = await org.world.page(surface=PANEL)
    assert panel.view["calls"] == []
    assert panel.view["click_to_dial"] is False
    assert [notice["code"] for notice in panel.view["notices"]] == ["other-surface"]
    await panel.dial("(202) 555-0177")
    async with asyncio.timeout(5):
        while not any(frame["type"] == "error" for frame in panel.heard):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert len((await org.world.history())["posts"]) == 1


async def test_an_agent_is_moved_to_voice_and_back(org: Org) -> None:
    """No log is lost: each is finished the way that it was begun, and in one place alone."""
    world = org.world
    await world.scenario(outcome="answered", **FAST)
    panel = await world.page(surface=PANEL)
    await panel.dial("(202) 555-0143")
    await panel.until(lambda v: v["state"] == "bridged")
    assert await moved(panel, world, "voice", Route.BACKEND) == ["in a call"]
    await panel.until(lambda v: v["state"] == "wrapup")
    first = panel.view["wrapups"][0]["call_id"]
    await panel.close()

    assert await moved(panel, world, "voice", Route.BACKEND) == []
    voice = await world.page(surface="voice")
    await voice.dial("(202) 555-0177")
    await voice.until(lambda v: v["state"] == "dialing-destination")
    second = voice.view["calls"][0]["call_id"]
    await voice.until(lambda v: any(card["call_id"] == second for card in v["wrapups"]))
    await voice.send(type="wrapup", call_id=second, notes="By Voice.", done=True)
    await voice.send(type="wrapup", call_id=first, notes="Before.", done=True)
    record = await org.until_record(second)
    assert json.loads(record["callAttributes"])["softphoneNotes"] == "By Voice."

    guest = await world.page(surface=PANEL)
    assert [notice["code"] for notice in guest.view["notices"]] == ["other-surface"]
    await world.until_tasks(1)
    assert await moved(panel, world, "open-cti", Route.PAGE) == []
    await guest.until(lambda v: not v["notices"])
    await guest.dial("(202) 555-0199")
    await guest.until(lambda v: v["state"] == "bridged")
    third = guest.view["calls"][0]["call_id"]
    await world.until_tasks(2)
    assert {task["CallObject"] for task in world.salesforce.tasks.values()} == {first, third}
    assert set(org.api.records) == {second}
    assert org.api.book.refused == []


async def moved(page: FakePage, world: World, surface: str, route: Route) -> list[str]:
    """What `python -m adapter surface` does; what was ignored of it."""
    agent = page.view["agent"]
    key = AgentKey(agent["org_id"], agent["user_id"])
    chosen = SurfaceChosen(SystemClock().now(), surface, route)
    return (await world.app.agents.handle(key, chosen)).ignored
