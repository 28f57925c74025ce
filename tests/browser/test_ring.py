"""A call comes in, and two tabs are open: one of them rings, one of them notifies."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PATIENCE_SECONDS, Tab, an_org
from tests.browser.states import LONG, by_hand

pytestmark = pytest.mark.browser

# Chromium lets a frame of somebody else's page show no notification: this one may, and is counted.
# The sound is the browser's own; each ring begins with a gain of its own.
COUNTED = """
window.heard = {rings: 0, shown: [], open: 0};
const make = AudioContext.prototype.createGain;
AudioContext.prototype.createGain = function () { heard.rings++; return make.call(this); };
window.Notification = class {
  static permission = 'granted';
  static requestPermission = async () => 'granted';
  constructor(title, {tag}) { heard.shown.push(tag); heard.open++; }
  close() { heard.open--; }
};
"""


async def notifications_of(tab: Tab) -> dict[str, Any]:
    """What this tab has let its agent hear and see."""
    told: dict[str, Any] = await tab.phone.evaluate("heard")
    return told


async def choose(tab: Tab) -> None:
    """Ring and notification, by clicks: the browser plays nothing in a frame without one."""
    await tab.phone.get_by_role("button", name="Your account").click()
    for label in ("Ring in this browser", "Show a desktop notification"):
        await tab.phone.get_by_label(label).check()
    await expect(tab.phone.get_by_text("click once in this panel")).to_be_hidden()


async def until_one_rings(first: Tab, second: Tab) -> tuple[Tab, Tab]:
    """The tab that rings, and the other; waits until one does, and one has notified."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            told = [await notifications_of(tab) for tab in (first, second)]
            if any(one["rings"] for one in told) and any(one["shown"] for one in told):
                return (first, second) if told[0]["rings"] else (second, first)
            await first.page.wait_for_timeout(50)


async def test_one_of_two_tabs_rings_and_notifies_and_the_other_takes_over(tmp_path: Path) -> None:
    """As long as it rings, also when the tab that rang is closed; nobody hears it after that."""
    async with an_org(tmp_path, profile=tmp_path / "profile") as org:
        await org.context.add_init_script(COUNTED)
        first, second = await org.tab(), await org.tab()
        for tab in (first, second):
            await choose(tab)
        await org.world.sandbox(
            user="user_ada", from_number="+12025559000", scenario={"outcome": "answered", **LONG}
        )
        for tab in (first, second):
            await tab.until("ringing-inbound")
        loud, still = await until_one_rings(first, second)
        told = [await notifications_of(tab) for tab in (loud, still)]
        assert sum(len(one["shown"]) for one in told) == 1, told
        assert told[1]["rings"] == 0
        await loud.page.close()
        org.tabs.remove(loud)
        await still.phone.wait_for_function("heard.rings > 0 && heard.open === 1")
        await by_hand(org, "hang_up")
        await still.until("wrapup")
        await still.phone.wait_for_function("heard.open === 0")
