"""What a page says is answered, and hurts nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from tests.fakes.page import FakePage
from tests.scenarios.conftest import World, a_world


async def error_of(page: FakePage) -> str:
    """The code of the first error that the page hears."""
    async with asyncio.timeout(5):
        while True:
            for frame in page.heard:
                if frame["type"] == "error":
                    return str(frame["code"])
            await asyncio.sleep(0.01)


async def test_a_second_hello_is_answered_and_changes_nothing(world: World) -> None:
    """It comes once, and first."""
    page = await world.page()
    await page.send(type="hello", ticket="t", page_id="other")
    assert await error_of(page) == "malformed"
    assert [one.page_id for one in world.app.pages.everyone()] == [page.page_id]


async def test_visibility_decides_which_page_saves(world: World) -> None:
    """The one in front of the agent, and not the one that came last."""
    first, second = await world.page(), await world.page()
    await second.send(type="presence", visible=False, focused=False)
    await first.send(type="presence", visible=True, focused=True)
    (key,) = world.app.pages.keys()
    async with asyncio.timeout(5):
        while world.app.pages.of(key)[0].page_id != first.page_id:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_the_outcome_of_each_save_is_logged(tmp_path: Path) -> None:
    """Whoever looks for a Task at night reads there that it is saved, or which code refused it."""
    refusal = {"code": "FIELD_INTEGRITY_EXCEPTION", "message": "Ada, +12025550143"}
    quick = {"outcome": "answered", "pick_up_seconds": 0, "ring_seconds": 0, "talk_seconds": 0.3}
    async with a_world(tmp_path) as world:
        world.salesforce.refuse = [[refusal, {"code": "of the call +12025550143"}]]
        await world.scenario(**quick)
        page = await world.page()
        with capture_logs() as lines:
            await page.dial("+12025550143")
            (log_id,) = [one["log_id"] for one in (await page.until(lambda v: v["tray"]))["tray"]]
            await page.send(type="tray", log_id=log_id, action="save_again")
            async with asyncio.timeout(20):
                while len(told := [one for one in lines if one["event"] == "log.result"]) < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
    assert [(line["call"], line["outcome"], line["codes"]) for line in told] == [
        (log_id, "refused", ["FIELD_INTEGRITY_EXCEPTION"]),
        (log_id, "ok", []),
    ]
    assert "5550143" not in str(told)
