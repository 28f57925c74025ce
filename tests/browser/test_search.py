"""Name or number: people of the org, older calls, all of it by keyboard; and the list of calls."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab

pytestmark = pytest.mark.browser

GRACE, NUMBER = "Grace Okafor", "+1 202-555-9000"


async def called(org: Org, tab: Tab) -> None:
    """One call to Grace, wrapped up."""
    await org.plays("+12025559000", outcome="busy")
    await tab.click(GRACE, NUMBER)
    await tab.until("wrapup")
    await tab.until_tasks(1)
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.until("idle", "on")


async def test_a_person_is_found_by_name_and_called_by_keyboard_alone(org: Org) -> None:
    """The call carries the record that was found, so its Task is on the person."""
    await org.plays("+12025559000", outcome="busy")
    tab = await org.tab()
    await tab.phone.get_by_label("Phone number").focus()
    await tab.page.keyboard.type("okaf")
    row = tab.phone.locator(".row", has_text="+1 202-555-9000")
    await expect(row).to_contain_text("Head of Procurement · Phone")
    await expect(tab.phone.get_by_role("button", name="Call", exact=True)).to_be_disabled()
    await tab.page.keyboard.press("ArrowDown")
    await tab.page.keyboard.press("Enter")
    await tab.until("wrapup")
    (task,) = await tab.until_tasks(1)
    assert str(task["WhoId"]).startswith("003")


async def test_the_panel_says_if_nobody_matches_or_search_is_not_set_up(org: Org) -> None:
    """No hint says that a name can be dialed."""
    tab = await org.tab()
    box = tab.phone.get_by_label("Phone number")
    await box.fill("Zebedee")
    await expect(tab.phone.get_by_text("No one by this name")).to_be_visible()
    refusal = {
        "success": False,
        "returnValue": None,
        "errors": [{"code": "SERVER_ERROR", "description": "no access", "details": None}],
    }
    await tab.page.evaluate("reply => demoOrg.fail('runApex', reply)", refusal)
    await box.fill("Zebedees")
    await expect(tab.phone.get_by_text("not set up for you")).to_be_visible()


async def test_the_list_of_calls_is_filtered_and_a_row_opens_its_record(org: Org) -> None:
    """Missed, outgoing, about this record; calling again keeps the record."""
    tab = await org.tab()
    await called(org, tab)
    row = tab.phone.locator(".row", has_text=GRACE)
    await expect(row).to_contain_text("Busy")
    await tab.phone.get_by_role("button", name="Missed").click()
    await expect(tab.phone.get_by_text("No matching calls.")).to_be_visible()
    await tab.phone.get_by_role("button", name="Outgoing").click()
    await expect(row).to_be_visible()
    await tab.page.locator("#records").get_by_text("Bruno Silva", exact=True).click()
    await tab.phone.get_by_role("button", name="This record").click()
    await expect(tab.phone.get_by_text("No matching calls.")).to_be_visible()
    await tab.phone.get_by_role("button", name="All", exact=True).click()
    await row.get_by_role("button").first.click()
    await expect(tab.page.locator("#page h1")).to_have_text(GRACE)
    await row.get_by_role("button", name=f"Call {GRACE}").click()
    await tab.until("wrapup")
    tasks = await tab.until_tasks(2)
    assert [str(task["WhoId"])[:3] for task in tasks] == ["003", "003"]
