"""Colleagues, favorites and note templates: what an agent needs for the sixtieth call of a day."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab, an_org
from tests.browser.states import LONG, by_hand
from tests.browser.test_zoom import RESIZED

pytestmark = pytest.mark.browser

NOTES = """
[[note]]
name = "Voicemail"
text = "Left a voicemail for {name}."
"""


async def to_the_end(tab: Tab) -> None:
    """Of a call that ends by itself, and its wrap-up."""
    await tab.until("wrapup")
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.until("idle", "on")


async def test_a_colleague_is_found_by_name_and_called_by_keyboard_alone(org: Org) -> None:
    """The extension is dialed; what they do is said before."""
    tab = await org.tab()
    grace = await org.world.page("grace")
    await grace.send(type="availability", status="away")
    await tab.phone.get_by_label("Phone number").fill("grace h")
    row = tab.phone.locator(".row").filter(has_text="Grace Hopper")
    await expect(row).to_contain_text("1002 · Away")
    await tab.phone.get_by_label("Phone number").press("ArrowDown")
    await expect(row.get_by_role("button", name="Call Grace Hopper")).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await tab.until("ringing-user-devices")
    placed = next(post for post in await org.posts() if post["path"] == "/v1/calls")
    assert placed["body"]["dial_string"] == "1002"


async def test_the_panel_says_that_salesforce_is_being_searched_below_its_matches(org: Org) -> None:
    """A colleague is there at once; whoever is meant may be among those to come."""
    tab = await org.tab()
    await tab.page.evaluate("demoOrg.hold('runApex', {before: true})")
    await tab.phone.get_by_label("Phone number").fill("grace")
    await expect(tab.phone.locator(".row").filter(has_text="Grace Hopper")).to_be_visible()
    await expect(tab.phone.get_by_text("Searching Salesforce…")).to_be_visible()


async def test_enter_after_a_name_selects_the_match_and_a_second_enter_calls(org: Org) -> None:
    """Though the name itself cannot be dialed, so that the box's own button is off."""
    tab = await org.tab()
    box = tab.phone.get_by_label("Phone number")
    await box.fill("Grace Ok")
    found = tab.phone.get_by_role("button", name="Call Grace Okafor").first
    await expect(found).to_be_visible()
    await box.press("Enter")
    await expect(found).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await tab.until("ringing-user-devices")


async def test_a_call_is_handed_to_a_colleague_by_name(org: Org) -> None:
    """Typed, chosen by arrow, sent by Enter."""
    await org.plays("+12025559000", outcome="answered", **LONG)
    tab = await org.tab()
    await tab.click("Grace Okafor", "+1 202-555-9000")
    await tab.until("ringing-user-devices")
    await by_hand(org, "pick_up")
    await tab.until("dialing-destination")
    await by_hand(org, "answer")
    await tab.until("bridged")
    await tab.phone.get_by_role("button", name="Transfer", exact=True).click()
    target = tab.phone.get_by_label("Number or extension")
    await target.fill("linus")
    colleague = tab.phone.get_by_role("button", name="Linus Torvalds")
    await expect(colleague).to_contain_text("1003")
    await target.press("ArrowDown")
    await expect(colleague).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await expect(target).to_have_value("1003")
    await expect(target).to_be_focused()
    await expect(colleague).to_be_hidden()
    await tab.page.keyboard.press("Enter")
    told = tab.phone.get_by_text("The call was transferred.")
    await expect(told).to_be_visible()
    # Nobody has to dismiss good news.
    await expect(told).to_have_count(0, timeout=30_000)


async def test_a_favorite_is_kept_by_the_server_with_its_record(tmp_path: Path) -> None:
    """Seen in every tab, listed on its own, called from there, and let go again."""
    async with an_org(tmp_path, confirm_repeat_seconds=0) as org:
        await org.plays("+12025559000", outcome="busy")
        tab, other = await org.tab(), await org.tab()
        await tab.click("Grace Okafor", "+1 202-555-9000")
        await to_the_end(tab)
        row = tab.phone.locator(".row").filter(has_text="Grace Okafor")
        star = row.get_by_role("button", name="Favorite: Grace Okafor")
        # As with a mouse: the star is in sight where that is.
        await row.hover()
        await star.click()
        await other.phone.get_by_role("button", name="Favorites").click()
        kept = other.phone.locator(".row").filter(has_text="Grace Okafor")
        await expect(kept).to_have_count(1)
        await kept.get_by_role("button", name="Call Grace Okafor").click()
        await to_the_end(other)
        assert [task.get("WhoId") for task in await other.until_tasks(2)][-1]
        await tab.phone.get_by_role("button", name="Favorites").click()
        await expect(star).to_have_attribute("aria-pressed", "true")
        await star.click()
        await expect(row).to_have_count(0)
        await expect(other.phone.get_by_text("No favorites yet.")).to_be_visible()


async def test_a_number_in_a_narrow_panel_keeps_its_last_digits(org: Org) -> None:
    """Beside a favorite's star, too, where there is least room."""
    await org.plays("+12025550188", outcome="busy")
    tab = await org.tab()
    await tab.phone.get_by_label("Phone number").fill("+12025550188")
    await tab.phone.get_by_role("button", name="Call", exact=True).click()
    await to_the_end(tab)
    name = tab.phone.locator(".row-name").filter(has_text="555-0188")
    await name.hover()
    await tab.phone.get_by_role("button", name="Favorite: (202) 555-0188").click()
    await expect(tab.phone.locator('.star[aria-pressed="true"]')).to_be_visible()
    await tab.page.locator("iframe").evaluate("e => { e.style.width = '200px'; }")
    await tab.phone.evaluate(RESIZED, 200)
    assert await name.evaluate("e => e.scrollWidth <= e.clientWidth")


async def test_an_admins_template_goes_into_the_notes(tmp_path: Path) -> None:
    """With the caller's name, saved as if it had been typed."""
    words = tmp_path / "panel.toml"
    words.write_text(NOTES)
    async with an_org(tmp_path, panel_file=words) as org:
        await org.plays("+12025559000", outcome="busy")
        tab = await org.tab()
        await tab.click("Grace Okafor", "+1 202-555-9000")
        await tab.until("wrapup")
        await tab.phone.get_by_label("Insert a template").select_option("Voicemail")
        notes = tab.phone.get_by_label("Notes")
        await expect(notes).to_have_value("Left a voicemail for Grace Okafor.")
        await expect(notes).to_be_focused()
        await tab.phone.get_by_role("button", name="Save and done").click()
        await tab.until("idle")
        (task,) = await tab.until_tasks(1)
        await tab.page.wait_for_function("demoOrg.tasks[0].Description?.includes('voicemail')")
        assert task["Id"]


async def test_the_agent_chooses_the_caller_id_among_the_orgs_numbers(tmp_path: Path) -> None:
    """Once for this browser; the provider is told with each call."""
    async with an_org(tmp_path, caller_ids=("+12025550100", "+12025550101")) as org:
        tab = await org.tab()
        await tab.phone.get_by_label("Number shown").select_option("(202) 555-0101")
        await tab.page.reload()
        await tab.until("idle", "on")
        await expect(tab.phone.get_by_label("Number shown")).to_have_value("+12025550101")
        await tab.click("Grace Okafor", "+1 202-555-9000")
        await tab.until("ringing-user-devices")
        (placed,) = [post for post in await org.posts() if post["path"] == "/v1/calls"]
        assert placed["body"]["did"] == "+12025550101"
