"""A phone number is read, compared and dictated: it stays in one piece, from left to right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Frame, Page, expect

from tests.browser.conftest import Tab
from tests.browser.states import ADA, LONG, a_stage, by_hand
from tests.browser.test_zoom import RESIZE, RESIZED

pytestmark = pytest.mark.browser

SHOWN, DIALED = "(202) 555-0147", "+12025550147"

BROKEN = r"""number => {
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const at = text.data.indexOf(number);
    const hidden = text.parentElement.closest('.sr-only');
    if (at < 0 || hidden || !text.parentElement.getClientRects().length) continue;
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + number.length);
    const style = getComputedStyle(text.parentElement);
    const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
    const whole = lines.size === 1 && style.direction === 'ltr';
    if (!whole) found.push(text.parentElement.parentElement.outerHTML);
  }
  return { found, seen: document.body.innerText.includes(number) };
}"""
"""Where that number is shown over two lines, or from right to left."""


IN_SIGHT = 360
"""From this width a number is in sight without scrolling the list sideways."""

SEEN = """number => {
  const [own, list] = [number, number.closest('.sideways')].map(e => e.getBoundingClientRect());
  return own.left >= list.left && own.right <= list.right;
}"""


async def broken(page: Page | Frame) -> list[str]:
    """The places at which the number is not in one piece; it is shown at least once."""
    shown: dict[str, Any] = await page.evaluate(BROKEN, SHOWN)
    assert shown["seen"]
    return list(shown["found"])


@pytest.mark.parametrize("language", ["en", "de", "ar"])
async def test_a_number_does_not_wrap_in_a_narrow_panel(tmp_path: Path, language: str) -> None:
    """While it is dialed, in wrap-up and in the list, at each width from 240 to 400."""
    found: dict[str, list[str]] = {}
    async with a_stage(tmp_path, browsing={"locale": language}) as org:
        await org.plays(DIALED, outcome="answered", **LONG)
        tab = await org.tab(ADA)
        await tab.phone.locator(".number-box input").fill(DIALED)
        await tab.phone.locator(".number-box .call").click()
        await tab.until("ringing-user-devices")
        found["ringing"] = await swept(tab)
        await by_hand(org, "pick_up")
        await tab.until("dialing-destination")
        found["dialing"] = await swept(tab)
        await by_hand(org, "hang_up")
        await tab.until("wrapup")
        found["wrapup"] = await swept(tab)
        await tab.phone.locator(".form-foot .brand").click()
        await tab.until("idle")
        found["idle"] = await swept(tab)
    assert found == {"ringing": [], "dialing": [], "wrapup": [], "idle": []}


async def swept(tab: Tab) -> list[str]:
    """The same at all widths that a panel usually has."""
    found: list[str] = []
    for width in range(240, 401, 10):
        await tab.page.locator("iframe").evaluate(RESIZE, [width, 550])
        await tab.phone.evaluate(RESIZED, width)
        found += [f"{width}: {one}" for one in await broken(tab.phone)]
    return found


async def test_pointing_at_truncated_text_shows_all_of_it(tmp_path: Path) -> None:
    """So is what an icon stands for; and nothing is repeated of what can be read as it is."""
    async with a_stage(tmp_path) as org:
        tab = await org.tab("Maximiliane Friederike von Hohenstein-Falkenburg", ready=False)
        await tab.until("idle")
        name = tab.phone.locator(".bar-name")
        await tab.page.locator("iframe").evaluate(RESIZE, [240, 550])
        await tab.phone.evaluate(RESIZED, 240)
        out = tab.phone.get_by_role("button", name="Sign out")
        await out.hover()
        await expect(out).to_have_attribute("title", "Sign out")
        await name.hover()
        await expect(name).to_have_attribute("title", re.compile("Falkenburg$"))
        await tab.page.locator("iframe").evaluate(RESIZE, [900, 550])
        await tab.phone.evaluate(RESIZED, 900)
        await tab.phone.locator(".number-box").hover()
        await name.hover()
        await expect(name).to_have_attribute("title", "")


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_number_does_not_wrap_on_a_phones_board(tmp_path: Path, language: str) -> None:
    """Beside the name of whom an agent talks with, or alone."""
    async with a_stage(tmp_path, browsing={"locale": language}) as org:
        await org.plays(DIALED, outcome="answered", **LONG)
        agent = await org.world.page(ADA)
        await agent.dial(DIALED)
        await agent.until(lambda view: view["calls"])
        page = await org.context.new_page()
        await page.goto(f"{org.world.url}/board")
        await page.locator("input[name=name]").fill("Boss")
        await page.locator(".door .button").click()
        await expect(page.locator("td.with")).to_contain_text(SHOWN)
        for width in range(300, 401, 20):
            await page.set_viewport_size({"width": width, "height": 700})
            assert await broken(page) == []
            assert width < IN_SIGHT or await page.locator("td.with bdi").evaluate(SEEN)
