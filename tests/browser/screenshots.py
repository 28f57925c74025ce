"""`make screenshots`: every state from the running product, light and dark, into docs/images/."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Locator

from adapter import observability
from tests.browser.conftest import Org, Tab
from tests.browser.states import ADA, GRACE, LONG, NUMBER, a_stage, by_hand, walk

IMAGES = Path(__file__).parents[2] / "docs" / "images"
AGENTS = ("Grace Hopper", "Linus Torvalds", "Radia Perlman", "Alan Turing")
ENDS = (
    ("answered", 4),
    ("busy", None),
    ("answered", 7),
    ("no-answer", None),
    ("voicemail", 2),
    ("answered", 3),
)
LOAD_SECONDS = 45.0
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main() -> int:
    """Photograph what the arguments ask for; the files' names are told."""
    observability.set_up("warning", "", sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots")
    parser.add_argument("--into", type=Path, default=IMAGES, help="the folder")
    parser.add_argument("--only", default="", help="states whose name holds this")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    asyncio.run(_photograph(options.into, options.only))
    return 0


async def _photograph(into: Path, only: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with a_stage(Path(folder)) as org:
            async for name, tab in walk(org):
                if only in name:
                    await _both(into, f"panel-{name}", tab, await _panel(tab))
            if only in "board":
                await _board(org, into)
    with tempfile.TemporaryDirectory() as folder:
        async with a_stage(Path(folder)) as org:
            if only in "main-job":
                await _main_job(org, into)


async def _panel(tab: Tab) -> Locator:
    frame = tab.page.locator("iframe")
    return frame if await frame.count() else tab.page.locator("body")


async def _both(into: Path, name: str, tab: Tab, what: Locator) -> None:
    for theme in THEMES:
        await tab.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        await what.screenshot(path=into / f"{name}-{theme}.png", animations="disabled")
    sys.stdout.write(f"{name}\n")
    sys.stdout.flush()
    await tab.page.emulate_media(color_scheme="light")


async def _main_job(org: Org, into: Path) -> None:
    """The picture in the README: a call in wrap-up, its Task saved."""
    await org.plays("+12025559000", outcome="answered", **LONG)
    tab = await org.tab(ADA)
    await tab.click(GRACE, NUMBER)
    await tab.until("ringing-user-devices")
    await by_hand(org, "pick_up")
    await tab.until("dialing-destination")
    await by_hand(org, "answer")
    await tab.until("bridged")
    await asyncio.sleep(7)  # a talk that lasts, for the picture's sake
    await by_hand(org, "hang_up")
    await tab.until("wrapup")
    await tab.until_tasks(1)
    await tab.phone.get_by_label("Notes").fill("Wants 20 units, call back Tuesday.")
    await tab.page.screenshot(path=into / "main-job.png", animations="disabled")
    await tab.page.close()


async def _board(org: Org, into: Path) -> None:
    """The board during a small load of calls, on a desk and on a phone."""
    load = asyncio.create_task(_load(org))
    tab = Tab(await org.context.new_page())
    await tab.page.goto(f"{org.world.url}/board")
    await tab.page.get_by_label("Your name").fill(ADA)
    await tab.page.get_by_role("button", name="Sign in").click()
    await tab.page.locator('#board[data-state="live"]').wait_for()
    await asyncio.sleep(LOAD_SECONDS)
    for name, width, height in (("board", 1280, 900), ("board-phone", 390, 844)):
        await tab.page.set_viewport_size({"width": width, "height": height})
        await tab.page.evaluate("dispatchEvent(new Event('resize'))")
        await _both(into, name, tab, tab.page.locator("body"))
    load.cancel()
    await asyncio.gather(load, return_exceptions=True)
    await tab.page.close()


async def _load(org: Org) -> None:
    """A few agents who call without a pause, each number with its own end."""
    for last, (outcome, talk) in enumerate(ENDS):
        await org.plays(
            f"+1202555010{last}",
            outcome=outcome,
            pick_up_seconds=0.8,
            ring_seconds=1.2,
            talk_seconds=talk,
        )
    async with asyncio.TaskGroup() as agents:
        for number, name in enumerate(AGENTS):
            agents.create_task(_agent(org, name, number))


async def _agent(org: Org, name: str, number: int) -> None:
    page = await org.world.page(name)
    while True:
        number += 1
        await page.dial(f"+1202555010{number % len(ENDS)}")
        view = await page.until(lambda view: view["wrapups"])
        await asyncio.sleep(0.7)
        call_id = view["wrapups"][0]["call_id"]
        await page.send(type="wrapup", call_id=call_id, notes="As agreed.", done=True)
        await page.until(lambda view: view["state"] == "idle")


if __name__ == "__main__":
    sys.exit(main())
