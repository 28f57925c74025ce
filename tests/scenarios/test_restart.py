"""SIGKILL in each phase, the provider living on: the call goes on, and one Task is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from adapter.telephony.simulator.chaos import Dice
from tests.fakes.page import FakePage
from tests.fakes.process import AdapterProcess
from tests.scenarios.conftest import Scene, a_scene, environment_of

pytestmark = pytest.mark.slow

CONTACT = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}
NUMBER = "(202) 555-0143"


@dataclass
class Killable:
    """A scene, its adapter's process, and a page that always comes back."""

    scene: Scene
    adapter: AdapterProcess
    page: FakePage

    async def restart(self) -> None:
        """SIGKILL, and up again on the same port and the same file."""
        await self.adapter.kill()
        await self.start()

    async def start(self) -> None:
        """Up again, and the page is back."""
        seen = len(self.page.views)
        await self.adapter.start()
        await self.page.until(lambda _: len(self.page.views) > seen)

    async def finish(self) -> dict[str, Any]:
        """End the wrap-up when it comes, and see the one Task and click-to-dial again."""
        view = await self.page.until(
            lambda v: v["state"] == "wrapup" and bool(v["wrapups"][0]["deadline"])
        )
        call_id = view["wrapups"][0]["call_id"]
        await self.page.until(lambda v: v["state"] == "wrapup")
        task = await self.scene.until_task()
        await self.page.send(type="wrapup", call_id=call_id, done=True)
        await self.page.until(lambda v: v["click_to_dial"] and not v["tray"])
        assert task["CallObject"] == call_id
        assert len(self.scene.salesforce.tasks) == 1
        return task

    async def posts(self) -> int:
        """How often the provider was asked for a call."""
        return len((await self.scene.history())["posts"])


@asynccontextmanager
async def a_killable(folder: Path, **wishes: str) -> AsyncIterator[Killable]:
    """An adapter in a process of its own, with one page signed in."""
    async with a_scene() as (scene, port):
        environment = {
            **environment_of(scene, port, folder),
            "SOFTPHONE_WRAP_UP_SECONDS": "30",
            "SOFTPHONE_OUTCOME_SECONDS": "0.5",
            **wishes,
        }
        adapter = AdapterProcess(scene.url, environment, folder / "adapter.log")
        await adapter.start()
        try:
            async with scene.stack:
                page = await scene.another_page().open()
                await page.stay()
                yield Killable(scene, adapter, page)
        finally:
            await adapter.kill()


def seed_in_which_a_hanging_request(has_a_call: bool) -> int:
    """The dice decide whether a request that hangs was carried out all the same."""
    fractions = ((s, Dice(s).fraction("and-yet-a-call", "post-1")) for s in count())
    return next(seed for seed, fraction in fractions if (fraction < 0.5) is has_a_call)


async def test_a_kill_before_the_provider_accepted_places_nothing_twice(
    tmp_path: Path,
) -> None:
    """Nobody knows what became of the request: unconfirmed, then idle; one POST, no Task."""
    async with a_killable(tmp_path, SOFTPHONE_RING_SECONDS="2") as it:
        seed = seed_in_which_a_hanging_request(has_a_call=False)
        await it.scene.chaos(seed=seed, hang=1.0, hang_seconds=2)
        await it.page.dial(NUMBER, CONTACT)
        await it.scene.until_history(lambda h: len(h["posts"]) == 1)
        await it.restart()
        view = await it.page.until(lambda v: v["click_to_dial"])
        assert {n["code"] for n in view["notices"]} >= {"not-picked-up"}
        assert await it.posts() == 1
        assert it.scene.salesforce.tasks == {}


async def test_a_kill_after_the_provider_accepted_leaves_the_call_running(tmp_path: Path) -> None:
    """The answer never came, but the call did: it binds to its placement and its record."""
    async with a_killable(tmp_path) as it:
        await it.scene.scenario(
            outcome="answered", pick_up_seconds=2.5, ring_seconds=0.1, talk_seconds=1
        )
        seed = seed_in_which_a_hanging_request(has_a_call=True)
        await it.scene.chaos(seed=seed, hang=1.0, hang_seconds=2)
        await it.page.dial(NUMBER, CONTACT)
        await it.scene.until_history(lambda h: len(h["calls"]) == 1)
        await it.restart()
        task = await it.finish()
        assert (task["WhoId"], task["CallDurationInSeconds"]) == (CONTACT["id"], 1)
        assert await it.posts() == 1


@pytest.mark.parametrize(
    ("phase", "times"),
    [
        ("ringing-user-devices", {"pick_up_seconds": 2, "ring_seconds": 0.2, "talk_seconds": 1}),
        ("dialing-destination", {"pick_up_seconds": 0.1, "ring_seconds": 2, "talk_seconds": 1}),
        ("bridged", {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 3}),
        # Everything happens while we are down, and is told again when we are up.
        ("dialing-destination", {"pick_up_seconds": 0, "ring_seconds": 0.1, "talk_seconds": 0.6}),
    ],
)
async def test_a_kill_during_a_call_leaves_the_call_running(
    tmp_path: Path, phase: str, times: dict[str, float]
) -> None:
    """The page comes back to the call as it is by then; the Task is one, and right."""
    async with a_killable(tmp_path) as it:
        await it.scene.scenario(outcome="answered", **times)
        await it.page.dial(NUMBER, CONTACT)
        await it.page.until(lambda v: v["state"] == phase)
        if phase == "ringing-user-devices":
            await it.scene.until_history(lambda h: any(p.get("status") == 202 for p in h["posts"]))
        await it.restart()
        task = await it.finish()
        assert task["WhoId"] == CONTACT["id"]
        assert task["CallDisposition"] == "Connected"
        assert task["CallDurationInSeconds"] == round(times["talk_seconds"])
        assert await it.posts() == 1


QUICK = {"outcome": "answered", "pick_up_seconds": 0, "ring_seconds": 0, "talk_seconds": 0.6}


async def test_a_kill_between_end_and_save_only_delays_the_save(tmp_path: Path) -> None:
    """The log waits in the store; the page that comes back saves it."""
    async with a_killable(tmp_path) as it:
        await it.scene.scenario(**QUICK)
        it.page.accepts = False
        await it.page.dial(NUMBER, CONTACT)
        await it.page.until_heard("offer")
        await it.adapter.kill()
        assert it.scene.salesforce.saves == 0
        it.page.accepts = True
        await it.start()
        assert (await it.finish())["WhoId"] == CONTACT["id"]


async def test_a_kill_before_the_save_was_reported_makes_no_second_task(tmp_path: Path) -> None:
    """ATTEMPTING: the page's journal tells the new process, and no second Task is made."""
    async with a_killable(tmp_path) as it:
        await it.scene.scenario(**QUICK)
        it.page.reports = False
        await it.page.dial(NUMBER, CONTACT)
        await it.page.until_heard("go")
        await it.adapter.kill()
        it.page.reports = True
        await it.start()
        await it.finish()
        await it.page.until(lambda _: not it.page.journal)


async def test_a_kill_before_the_go_reached_the_page_loses_nothing(tmp_path: Path) -> None:
    """ATTEMPTING: the same page load knows nothing of the go, so that it may have another."""
    async with a_killable(tmp_path) as it:
        await it.scene.scenario(**QUICK)
        it.page.deaf_to_goes = True
        await it.page.dial(NUMBER, CONTACT)
        await it.page.until_heard("go")
        await it.adapter.kill()
        it.page.deaf_to_goes = False
        await it.start()
        await it.finish()
        assert [m["attempt"] for m in it.page.heard if m["type"] == "go"][:2] == [1, 2]


async def test_after_a_kill_of_adapter_and_browser_the_agent_is_asked(tmp_path: Path) -> None:
    """ATTEMPTING, and the page is gone with the outcome: never a second create, but the tray."""
    wishes = {"SOFTPHONE_REPORT_SECONDS": "0.5", "SOFTPHONE_JOURNAL_SECONDS": "0.5"}
    async with a_killable(tmp_path, **wishes) as it:
        await it.scene.scenario(**QUICK)
        it.page.saves = False
        await it.page.dial(NUMBER, CONTACT)
        await it.page.until_heard("go")
        await it.adapter.kill()
        await it.page.close()
        await it.adapter.start()
        other = await it.scene.another_page().open()
        view = await other.until(lambda v: bool(v["tray"]))
        assert view["tray"][0]["reason"] == "not-confirmed"
        assert it.scene.salesforce.tasks == {}
        assert [m for m in other.heard if m["type"] == "go"] == []
        log_id = view["tray"][0]["log_id"]
        await other.send(type="tray", log_id=log_id, action="save_again")
        await other.until(lambda v: not v["tray"])
        await it.scene.until_task(lambda task: task["CallObject"] == log_id)


async def test_sigterm_ends_the_process_cleanly_with_sockets_open(tmp_path: Path) -> None:
    """The page is told to come back, does, and finds its call when the next one is up."""
    async with a_killable(tmp_path) as it:
        await it.scene.scenario(
            outcome="answered", pick_up_seconds=0, ring_seconds=0, talk_seconds=6
        )
        await it.page.dial(NUMBER, CONTACT)
        await it.page.until(lambda v: v["state"] == "bridged")
        status = await it.adapter.end()
        assert status == 0
        await it.page.until_heard("drain")
        await it.start()
        task = await it.finish()
        assert task["CallDurationInSeconds"] == 6
        text = it.adapter.logs.read_text()
        assert "Traceback" not in text
        assert "task.failed" not in text
