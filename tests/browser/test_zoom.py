"""Small panels and large letters: nothing is cut off sideways, everything can be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Tab
from tests.browser.states import ADA, GRACE, LONG, NUMBER, a_stage, by_hand, walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = [(400, 240), (200, 550), (200, 275), (400, 2560)]
"""The last but one is what 200 % zoom makes of 400 by 550."""

# A frame that forbids eval cannot be asked by wait_for_function.
RESIZED = """width => new Promise(done => {
  const look = () => innerWidth === width ? done() : requestAnimationFrame(look);
  look();
})"""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
MEASURE = """() => ({
  sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  unreachable: [...document.querySelectorAll('button, input, select, textarea')]
    .filter(e => e.getClientRects().length)
    .filter(e => {
      e.scrollIntoView({block: 'center'});
      const box = e.getBoundingClientRect();
      return box.left < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
    }).map(e => e.outerHTML.slice(0, 90)),
})"""

RESIZE = "(e, [w, h]) => { e.style.width = `${w}px`; e.style.height = `${h}px`; }"


async def until_drawn(tab: Tab, width: int) -> None:
    """Wait until the frame has that width again and both pages are drawn.

    A click into a frame that is still moving goes to where it was, and is lost without a word.
    """
    await tab.phone.evaluate(RESIZED, width)
    await tab.page.evaluate(DRAWN)
    await tab.phone.evaluate(DRAWN)


@pytest.mark.timeout(300)  # All states, one after the other.
async def test_every_state_fits_every_size_in_both_directions(tmp_path: Path) -> None:
    """240 px high, 200 px wide, 200 % zoom, right to left: no sideways scrolling."""
    found = {}
    async with a_stage(tmp_path) as org:
        async for name, tab in walk(org):
            frame, own = tab.page.locator("iframe"), await tab.phone.evaluate("innerWidth")
            for width, height in SIZES:
                for direction in ("ltr", "rtl"):
                    if await frame.count():
                        await frame.evaluate(
                            RESIZE,
                            [width, height],
                        )
                    else:
                        await tab.page.set_viewport_size({"width": width, "height": height})
                    await tab.phone.evaluate(RESIZED, width)
                    await tab.phone.evaluate("d => document.documentElement.dir = d", direction)
                    seen = await tab.phone.evaluate(MEASURE)
                    if seen["sideways"] > 0 or seen["unreachable"]:
                        found[f"{name} {width}x{height} {direction}"] = seen
            await tab.phone.evaluate("document.documentElement.dir = 'ltr'")
            if await frame.count():
                await frame.evaluate("e => { e.style.width = e.style.height = ''; }")
                await until_drawn(tab, own)
    assert found == {}


ROOM_LEFT = """() => {
  const input = document.querySelector('.number-box input');
  const box = getComputedStyle(input), words = getComputedStyle(input, '::placeholder');
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = `${words.fontWeight} ${words.fontSize} ${words.fontFamily}`;
  const taken = pen.measureText(input.placeholder).width;
  return input.clientWidth - parseFloat(box.paddingLeft) - parseFloat(box.paddingRight) - taken;
}"""
"""Pixels beside the words that say what may be typed into the search."""


@pytest.mark.parametrize("language", ["de", "es", "fr", "ja", "pt"])
async def test_the_panel_speaks_the_browsers_language(tmp_path: Path, language: str) -> None:
    """By the browser's wish alone, no English among its labels, and in a narrow panel, too."""
    async with a_stage(tmp_path, browsing={"locale": language}) as org:
        tab = await org.tab(ADA)
        shown = await tab.phone.evaluate(
            "[document.documentElement.lang, document.querySelector('.availability').textContent]"
        )
        assert shown[0] == language
        assert shown[1] not in {"Ready", ""}
        await tab.page.locator("iframe").evaluate(RESIZE, [200, 550])
        await tab.phone.evaluate(RESIZED, 200)
        assert await tab.phone.evaluate(ROOM_LEFT) >= 0


SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "ja", "pt"])
async def test_a_call_fits_a_narrow_panel_in_the_language(tmp_path: Path, language: str) -> None:
    """Words of other languages are longer than English ones: none makes the panel scroll."""
    async with a_stage(tmp_path, browsing={"locale": language}) as org:
        await org.plays("+12025559000", outcome="answered", **LONG)
        tab = await org.tab(ADA)
        await tab.page.locator("iframe").evaluate(RESIZE, [200, 550])
        await tab.phone.evaluate(RESIZED, 200)
        await tab.click(GRACE, NUMBER)
        await tab.until("ringing-user-devices")
        too_wide = {"ringing": await tab.phone.evaluate(SIDEWAYS)}
        await by_hand(org, "pick_up")
        await tab.until("dialing-destination")
        too_wide["dialing"] = await tab.phone.evaluate(SIDEWAYS)
        await by_hand(org, "answer")
        await tab.until("bridged")
        too_wide["bridged"] = await tab.phone.evaluate(SIDEWAYS)
        assert not any(too_wide.values()), too_wide
