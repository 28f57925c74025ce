"""An agent who wants no calls: in the panel, at the phone system, on the board."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Org, Tab, an_org

pytestmark = pytest.mark.browser

CHOICE = "Your availability"
REASONS = 'away_reasons = ["Lunch", "Training"]\n'


async def of_ada(org: Org, what: str = "") -> dict[str, Any]:
    """What the phone system knows of Ada."""
    told: dict[str, Any] = (await org.world.provider.get(f"/v1/users/user_ada{what}")).json()
    return told


async def a_board(org: Org) -> Locator:
    """The row of Ada on a board that is open."""
    page = await org.context.new_page()
    await page.goto(f"{org.world.url}/board")
    await page.get_by_label("Your name").fill("Boss")
    await page.get_by_role("button", name="Sign in").click()
    await page.locator('#board[data-state="live"]').wait_for()
    return page.get_by_role("row", name="ada")


async def choose(tab: Tab, option: str) -> None:
    """As the agent does, and until it is known what the phone system makes of it."""
    await tab.phone.get_by_label(CHOICE).select_option(label=option)
    status = {"Available": "available", "Do not disturb": "do-not-disturb"}.get(option, "away")
    shown = tab.phone.locator(f'.bar:has([data-status="{status}"])')
    await expect(shown.locator('.bar-choice:not([data-applied="asked"])')).to_be_visible()


async def test_an_agent_who_is_away_is_skipped_and_shown_as_away(tmp_path: Path) -> None:
    """With the reason, in every tab, and until they are back."""
    words = tmp_path / "panel.toml"
    words.write_text(REASONS)
    async with an_org(tmp_path, panel_file=words) as org:
        tab, other = await org.tab(), await org.tab()
        row = await a_board(org)
        await choose(tab, "Away: Lunch")
        await expect(row).to_contain_text("Away · Lunch")
        await expect(other.phone.get_by_label(CHOICE)).to_have_value("away/Lunch")
        await tab.page.reload()
        await tab.until("idle", "on")
        await expect(tab.phone.get_by_label(CHOICE)).to_have_value("away/Lunch")
        queues = await of_ada(org, "/queue-agent")
        assert (queues["status"], queues["pause_reason"]) == ("paused", "Lunch")
        await choose(tab, "Available")
        await expect(row).to_contain_text("Ready")
        await expect(row).not_to_contain_text("Lunch")


async def test_do_not_disturb_silences_the_phones_and_is_shown(org: Org) -> None:
    """A click is answered at once, where the phone would stay silent."""
    tab = await org.tab()
    silent = tab.phone.get_by_text("Your phones do not ring, not even for calls you start.")
    await choose(tab, "Do not disturb")
    await expect(silent).to_be_visible()
    assert (await of_ada(org))["do_not_disturb"] is True
    await tab.click("Grace Okafor", "+1 202-555-9000")
    await expect(
        tab.phone.get_by_text("Do not disturb keeps your phone from ringing")
    ).to_be_visible()
    assert [post for post in await org.posts() if post["path"] == "/v1/calls"] == []
    await choose(tab, "Available")
    await expect(silent).to_have_count(0)
    await expect(tab.phone.locator(".bar-note")).to_be_hidden()
    assert (await of_ada(org))["do_not_disturb"] is False


async def test_the_panel_says_what_the_phone_system_cannot_do(org: Org) -> None:
    """Ada is in no queue: that she is away is only shown."""
    await org.world.provider.post("/v1/test_helpers/users/user_ada", json={"queues": None})
    tab = await org.tab()
    await choose(tab, "Away")
    await expect(tab.phone.get_by_text("Only your team sees this")).to_be_visible()


async def test_signing_out_asks_about_states_that_the_phone_system_keeps(org: Org) -> None:
    """And has it turned off by the same click."""
    tab = await org.tab()
    await choose(tab, "Do not disturb")
    await tab.phone.get_by_role("button", name="Sign out").click()
    asked = tab.phone.get_by_text("“Do not disturb” stays on in the phone system")
    await expect(asked).to_be_visible()
    assert (await of_ada(org))["do_not_disturb"] is True
    await tab.phone.get_by_role("button", name="Turn it off and sign out").click()
    await tab.phone.locator('#softphone[data-state="signed-out"]').wait_for()
    assert (await of_ada(org))["do_not_disturb"] is False
