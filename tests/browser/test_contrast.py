"""High contrast, as Windows has it: colours are taken away, and nothing that they said is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Tab
from tests.browser.states import ADA, GRACE, LONG, NUMBER, a_stage, by_hand

pytestmark = pytest.mark.browser

LOST = """() => {
  if (!matchMedia('(forced-colors: active)').matches) return ['colours are not forced'];
  const seen = e => e.getClientRects().length > 0;
  const all = what => [...document.querySelectorAll(what)].filter(seen);
  const edged = e => {
    const style = getComputedStyle(e);
    const of = (side, part) => style[`border${side}${part}`];
    return ['Top', 'Right', 'Bottom', 'Left'].every(side => parseFloat(of(side, 'Width')) >= 1
      && of(side, 'Style') !== 'none' && of(side, 'Color') !== style.backgroundColor);
  };
  const named = e => e.outerHTML.slice(0, 90);
  const shapeless = all('.button, .key, .call, select, textarea, .field input, .number-box')
    .filter(e => !edged(e)).map(named);
  const unmarked = all('[aria-pressed=true]')
    .filter(e => parseFloat(getComputedStyle(e).outlineWidth) < 2).map(named);
  const page = getComputedStyle(document.body).backgroundColor;
  const blank = all('.icon').filter(e => getComputedStyle(e).visibility === 'visible'
    && getComputedStyle(e).stroke === page).map(named);
  return [...shapeless, ...unmarked, ...blank];
}"""


UNMARKED = """() => {
  const drawn = one => {
    const { outlineStyle, outlineWidth, outlineColor, ...style } = getComputedStyle(one);
    const outline = outlineStyle === 'none' ? '' : outlineStyle + outlineWidth + outlineColor;
    const border = parseFloat(style.borderTopWidth) > 0 ? style.borderTopColor : '';
    return [outline, border, style.backgroundColor].join();
  };
  const look = e => [e, e.closest('.number-box') ?? e].map(drawn).join();
  const may = 'button:enabled, input:enabled, select:enabled, textarea:enabled, summary, a[href]';
  const found = [];
  for (const e of document.querySelectorAll(may)) {
    if (e.getClientRects().length === 0) continue;
    e.blur();
    const before = look(e);
    e.focus();
    if (e !== document.activeElement || !e.matches(':focus-visible')) found.push('unfocused');
    if (look(e) === before) found.push(e.outerHTML.slice(0, 90));
  }
  return found;
}"""
"""The controls that look the same with the keyboard's focus and without."""


async def lost(tab: Tab, name: str) -> list[str]:
    """What cannot be told apart any more; a picture where CONTRAST_PICTURES says."""
    found: list[str] = []
    for theme in ("light", "dark"):
        await tab.page.emulate_media(color_scheme=theme, forced_colors="active")
        found += [f"{name} {theme}: {one}" for one in await tab.phone.evaluate(LOST)]
        if folder := os.environ.get("CONTRAST_PICTURES"):
            panel = tab.page.locator("iframe")
            await panel.screenshot(path=Path(folder) / f"contrast-{name}-{theme}.png")
    # By keyboard, as only then a button that has the focus is marked.
    await tab.phone.locator("body").press("Tab")
    found += [f"{name} focus: {one}" for one in await tab.phone.evaluate(UNMARKED)]
    return found


async def test_without_colors_every_control_has_an_edge_and_every_choice_a_mark(
    tmp_path: Path,
) -> None:
    """Idle with the dial pad, in a call, in wrap-up with a pause, light and dark."""
    async with a_stage(tmp_path) as org:
        await org.plays("+12025559000", outcome="answered", **LONG)
        tab = await org.tab(ADA)
        found = await lost(tab, "idle")
        await tab.click(GRACE, NUMBER)
        await tab.until("ringing-user-devices")
        found += await lost(tab, "ringing")
        await by_hand(org, "pick_up")
        await tab.until("dialing-destination")
        await by_hand(org, "answer")
        await tab.until("bridged")
        await tab.phone.locator('[data-action="transfer"]').click()
        await expect(tab.phone.locator(".transfer")).to_be_visible()
        found += await lost(tab, "bridged")
        await by_hand(org, "hang_up")
        await tab.until("wrapup")
        await tab.phone.get_by_role("button", name="Pause").click()
        found += await lost(tab, "wrapup")
        assert found == []
