"""What an agent presses while the connection is away: the panel says that it was not done."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab, an_org
from tests.browser.states import LONG, by_hand
from tests.browser.test_panel import GRACE, NUMBER, refused

pytestmark = pytest.mark.browser

NOT_DONE = "Not done: no connection right now."


async def lose(org: Org, tab: Tab) -> None:
    """The connection is gone, and does not come back."""
    await tab.page.route("**/api/ws-ticket", lambda route: route.abort())
    for page in org.world.app.pages.everyone():
        page.close(1012, "the test ends it")
    await tab.until("offline")


async def test_a_decision_about_an_unlogged_call_is_not_lost(org: Org) -> None:
    """The row stays as it was; when the connection is back, the button works again."""
    tab = await refused(org)
    await lose(org, tab)
    again = tab.phone.locator('.tray-row [data-action="save_again"]')
    await again.click()
    await expect(tab.phone.get_by_text(NOT_DONE)).to_be_visible()
    await tab.page.unroute("**/api/ws-ticket")
    await tab.until("idle")
    await expect(tab.phone.get_by_text(NOT_DONE)).to_be_hidden()
    await tab.page.evaluate("demoOrg.hold('saveLog')")
    await again.click()
    await expect(again).to_have_text("Saving…")


async def test_another_record_stays_to_be_picked(org: Org) -> None:
    """The list stays open: what looks picked is picked."""
    await org.plays("+12025559000", outcome="answered", **LONG)
    tab = await org.tab()
    await tab.click(GRACE, NUMBER)
    await tab.until("ringing-user-devices")
    await by_hand(org, "pick_up")
    await tab.until("dialing-destination")
    await lose(org, tab)
    await tab.phone.locator('[data-action="related"]').click()
    await tab.phone.locator('[data-action="none"]').click()
    await expect(tab.phone.get_by_text(NOT_DONE)).to_be_visible()
    await expect(tab.phone.locator('[data-action="none"]')).to_be_visible()


async def test_a_wrap_up_is_not_paused_without_a_connection(org: Org) -> None:
    """The server, which nobody told, would end it at its time."""
    await org.plays("+12025559000", outcome="busy")
    tab = await org.tab()
    await tab.click(GRACE, NUMBER)
    await tab.until("wrapup")
    await lose(org, tab)
    await tab.phone.get_by_role("button", name="Pause").click()
    await expect(tab.phone.get_by_text(NOT_DONE)).to_be_visible()
    await expect(tab.phone.locator(".pause")).to_have_attribute("aria-pressed", "false")


async def test_an_availability_chosen_elsewhere_is_shown_where_the_choice_has_the_focus(
    tmp_path: Path,
) -> None:
    """In both tabs, with a reason that holds the character between state and reason."""
    words = tmp_path / "panel.toml"
    words.write_text('away_reasons = ["Lunch/Break"]\n')
    async with an_org(tmp_path, panel_file=words) as org:
        tab, other = await org.tab(), await org.tab()
        mine, theirs = (one.phone.get_by_label("Your availability") for one in (tab, other))
        await mine.focus()
        await mine.select_option(label="Away: Lunch/Break")
        await expect(theirs).to_have_value("away/Lunch/Break")
        await theirs.select_option(label="Available")
        await expect(mine).to_have_value("available")
