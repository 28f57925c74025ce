"""The main job in a stand-in for Salesforce Classic, where each navigation reloads the panel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab, an_org
from tests.browser.states import LONG

pytestmark = pytest.mark.browser

GRACE, GRACE_NUMBER, GRACE_ID = "Grace Okafor", "+1 202-555-9000", "003Hp0000000001IAA"


async def classic_tab(org: Org, query: str = "") -> Tab:
    """A tab of Classic, signed in and ready to dial."""
    tab = Tab(await org.context.new_page())
    tab.page.on("pageerror", lambda error: tab.problems.append(str(error)))
    org.tabs.append(tab)
    await tab.page.goto(f"{org.url}/classic/?agent=ada{query}")
    await tab.until_dialable()
    return tab


async def opens(tab: Tab, name: str) -> None:
    """Follow the link to a record: the whole page is loaded anew, the panel with it."""
    await tab.page.locator("#records").get_by_text(name, exact=True).click()
    await tab.page.locator("#page h1", has_text=name).wait_for()
    softphone = tab.page.frame_locator("#frame iframe").locator("#softphone[data-state]")
    await softphone.wait_for(state="attached")


async def calls_of(tab: Tab, method: str) -> list[list[Any]]:
    """The arguments of every call of a method that this tab's softphones have made."""
    found: list[list[Any]] = await tab.page.evaluate(
        "m => demoOrg.messages.filter(one => one.method === m).map(one => one.args)", method
    )
    return found


async def test_a_call_that_survives_navigations_becomes_one_task(org: Org) -> None:
    """A click, two page loads in mid-call, notes typed across one of them, wrap-up, one Task."""
    await org.plays("+12025559000", outcome="answered", talk_seconds=6)
    tab = await classic_tab(org)
    await opens(tab, GRACE)
    await tab.until_dialable()
    await tab.page.locator("#page").get_by_text(GRACE_NUMBER).click()
    await tab.until("bridged", "off")
    await opens(tab, "Leo Brandt")
    await tab.until("bridged", "off")
    await tab.phone.get_by_label("Notes").fill("Wants twenty units.")
    await opens(tab, "Acme Freight")
    await tab.until("bridged", "off")
    await tab.until("wrapup", "off")
    await tab.until_tasks(1)
    await expect(tab.phone.get_by_label("Notes")).to_have_value("Wants twenty units.")
    await _picture(tab)
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.page.wait_for_function("demoOrg.tasks[0].Description === 'Wants twenty units.'")
    await tab.until_dialable()

    (post,) = await org.posts()
    assert post["body"] == {"user": "user_ada", "dial_string": "+12025559000"}
    (task,) = await tab.tasks()
    (call,) = (await org.world.history())["calls"]
    assert task["CallDurationInSeconds"] == round((call["ended"] - call["connected"]) / 1000)
    assert task["Subject"] == "Call to Grace Okafor"
    assert (task["Status"], task["TaskSubtype"]) == ("Completed", "Call")
    assert (task["CallType"], task["CallDisposition"]) == ("Outbound", "Connected")
    assert task["WhoId"] == GRACE_ID
    creates = [args for args in await calls_of(tab, "saveLog") if "Id=00T" not in args[1]]
    assert len(creates) == 1
    assert await calls_of(tab, "refreshPage") == []
    assert ["Activity"] in await calls_of(tab, "refreshRelatedList")


async def test_the_panel_greets_classic_in_its_own_words(org: Org) -> None:
    """After a load: ready is told once, the record in view and the directory are asked for."""
    tab = await classic_tab(org)
    for method in ("notifyInitializationComplete", "getPageInfo", "getSoftphoneLayout"):
        assert len(await calls_of(tab, method)) == 1, method
    assert await calls_of(tab, "setSoftphoneHeight") != []
    await tab.phone.get_by_label("Phone number").fill("service")
    await expect(tab.phone.get_by_text("Service desk")).to_be_visible()


async def test_a_pop_that_reloads_the_panel_does_not_disturb_the_inbound_call(org: Org) -> None:
    """It rings, the caller's record is opened, which loads all anew; the talk ends in one Task."""
    # Another record is in view: only the new page has Grace's name for its heading. The old page's
    # panel shows the ringing too, and goes in the middle of whatever is asked of it.
    tab = await classic_tab(org)
    await opens(tab, "Leo Brandt")
    await tab.until_dialable()
    call = await org.world.sandbox(
        user="user_ada", from_number="+12025559000", scenario={"outcome": "answered", **LONG}
    )
    await tab.page.locator("#page h1", has_text=GRACE).wait_for()
    await (
        tab.page.frame_locator("#frame iframe").locator('[data-state="ringing-inbound"]').wait_for()
    )
    await expect(tab.phone.get_by_role("heading", name=GRACE)).to_be_visible()
    assert await calls_of(tab, "screenPop") == [[f"/{GRACE_ID}", True]]
    path = f"/v1/test_helpers/calls/{call}"
    (await org.world.provider.post(f"{path}/answer")).raise_for_status()
    await tab.until("bridged", "off")
    await opens(tab, "Leo Brandt")
    await tab.until("bridged", "off")
    (await org.world.provider.post(f"{path}/hang_up")).raise_for_status()
    await tab.until("wrapup", "off")
    (task,) = await tab.until_tasks(1)
    assert (task["CallType"], task["WhoId"]) == ("Inbound", GRACE_ID)
    assert await calls_of(tab, "screenPop") == [[f"/{GRACE_ID}", True]]


async def test_a_navigation_in_the_middle_of_a_save_makes_no_second_task(tmp_path: Path) -> None:
    """Classic saved, and its answer never came: the next load tells, the read-back finds it."""
    hurried: dict[str, Any] = {"report_seconds": 1, "journal_seconds": 1, "wrap_up_seconds": 60}
    schedule = "1,2,11,12"
    async with an_org(tmp_path, read_back=True, read_back_seconds=schedule, **hurried) as org:
        await org.plays("+12025559000", outcome="busy")
        tab = await classic_tab(org)
        await tab.page.evaluate("demoOrg.silence('saveLog')")
        await tab.page.locator("#page").get_by_text(GRACE_NUMBER).click()
        await tab.until("wrapup", "off")
        await tab.until_tasks(1)
        await opens(tab, "Leo Brandt")
        await tab.until("wrapup", "off")
        saved = tab.phone.get_by_text("Saved in Salesforce", exact=True)
        await expect(saved).to_be_visible(timeout=40_000)
        await tab.phone.get_by_label("Notes").fill("Not there.")
        await tab.phone.get_by_role("button", name="Save and done").click()
        await tab.page.wait_for_function("demoOrg.tasks[0].Description === 'Not there.'")
        assert len(await tab.tasks()) == 1
        creates = [args for args in await calls_of(tab, "saveLog") if "Id=00T" not in args[1]]
        assert len(creates) == 1


async def test_the_width_that_an_admin_asks_for_is_set(org: Org) -> None:
    """As in Lightning, from the call center's definition."""
    said = {
        "softphone_url": f"{org.world.url}/softphone",
        "agent": "ada",
        "settings": {"/softphone/panelWidth": "320"},
    }
    await org.context.route("**/demo-config.json", lambda route: route.fulfill(json=said))
    tab = await classic_tab(org)
    await tab.page.wait_for_function("demoOrg.messages.some(m => m.method === 'setSoftphoneWidth')")
    assert await calls_of(tab, "setSoftphoneWidth") == [[320]]


async def test_in_the_console_the_page_is_refreshed_and_the_panel_is_shown(org: Org) -> None:
    """There neither costs the panel its life: refreshPage after the save, setVisible on a click."""
    await org.plays("+12025559000", outcome="busy")
    tab = await classic_tab(org, "&console")
    await tab.page.locator("#page").get_by_text(GRACE_NUMBER).click()
    await tab.until("wrapup", "off")
    await tab.until_tasks(1)
    await tab.page.wait_for_function("demoOrg.messages.some(one => one.method === 'refreshPage')")
    assert await calls_of(tab, "setVisible") == [[True]]
    assert await calls_of(tab, "refreshRelatedList") == []


async def _picture(tab: Tab) -> None:
    """Keep a screenshot where CLASSIC_PICTURE says, for those who want to look."""
    if path := os.environ.get("CLASSIC_PICTURE"):
        await tab.page.screenshot(path=path)
