"""What a page says is answered, and hurts nobody."""

from __future__ import annotations

import asyncio

from tests.fakes.page import FakePage
from tests.scenarios.conftest import World


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


async def test_whether_a_page_is_looked_at_says_which_one_saves_best(world: World) -> None:
    """The one in front of the agent, and not the one that came last."""
    first, second = await world.page(), await world.page()
    await second.send(type="presence", visible=False, focused=False)
    await first.send(type="presence", visible=True, focused=True)
    (key,) = world.app.pages.keys()
    async with asyncio.timeout(5):
        while world.app.pages.of(key)[0].page_id != first.page_id:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
