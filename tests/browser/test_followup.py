"""A task for later: Salesforce's own form, filled in, after the wrap-up that asked for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab, an_org

pytestmark = pytest.mark.browser

ASK = "Plan a follow-up"


async def wrapping_up(org: Org) -> Tab:
    """A tab in wrap-up of a call to a contact, whose Task is saved."""
    await org.plays("+12025559000", outcome="busy")
    tab = await org.tab()
    await tab.click("Grace Okafor", "+1 202-555-9000")
    await tab.until("wrapup")
    await tab.until_tasks(1)
    return tab


async def pops(tab: Tab) -> list[dict[str, Any]]:
    """Type and parameters of each screen pop in this tab."""
    found: list[dict[str, Any]] = await tab.page.evaluate(
        "demoOrg.pops.map(({type, params}) => ({type, params}))"
    )
    return found


async def test_the_form_for_a_follow_up_opens_once_and_the_call_keeps_its_one_task(
    org: Org,
) -> None:
    """Ticked, reloaded, saved: the form names the person; another tab opens none."""
    tab = await wrapping_up(org)
    other = await org.tab(ready=False)
    await other.page.locator("iframe").wait_for()
    await other.until("wrapup")
    await tab.phone.get_by_label(ASK).check()
    await expect(other.phone.get_by_label(ASK)).to_be_checked()
    await tab.phone.evaluate("location.reload()")
    await tab.until("wrapup")
    await expect(tab.phone.get_by_label(ASK)).to_be_checked()
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.page.wait_for_function("demoOrg.pops.length > 0")
    await tab.until("idle", "on")
    await other.until("idle", "on")
    (form,) = await pops(tab)
    assert form["type"] == "newRecord"
    assert form["params"] == {
        "entityName": "Task",
        "defaultFieldValues": {
            "Subject": "Follow up: Grace Okafor",
            "WhoId": "003Hp0000000001IAA",
        },
    }
    assert await pops(other) == []
    assert len(await tab.tasks()) == 1


async def test_a_follow_up_survives_a_wrap_up_that_timed_out(tmp_path: Path) -> None:
    """The time is up: the form opens in the tab in which it was asked for, and in no other."""
    async with an_org(tmp_path, wrap_up_seconds=4) as org:
        tab = await wrapping_up(org)
        other = await org.tab(ready=False)
        await other.page.locator("iframe").wait_for()
        await other.until("wrapup")
        await tab.phone.get_by_label(ASK).check()
        await tab.page.wait_for_function("demoOrg.pops.length > 0")
        await other.until("idle", "on")
        assert [pop["type"] for pop in await pops(tab)] == ["newRecord"]
        assert await pops(other) == []


async def test_without_the_checkbox_no_form_opens(org: Org) -> None:
    """Ticked and taken back is as never ticked."""
    tab = await wrapping_up(org)
    box = tab.phone.get_by_label(ASK)
    await box.check()
    await box.uncheck()
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.until("idle", "on")
    assert await pops(tab) == []
