"""One Task per call, whatever tabs and Salesforce do: seen in a real browser.

What each ended like is left as a picture under `var/seen/`, for people to look at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab, an_org

pytestmark = pytest.mark.browser

GRACE, GRACE_NUMBER = "Grace Okafor", "+1 202-555-9000"
SEEN = Path("var/seen")
SOON: dict[str, Any] = {
    "report_seconds": 1,
    "journal_seconds": 1,
    "read_back_seconds": "1,2,11,12",
    "wrap_up_seconds": 60,
}
"""The gate's patience in a hurry; the last read-back is later than a page's own five seconds."""

REFUSED = {
    "success": False,
    "returnValue": None,
    "errors": [
        {
            "code": "SERVER_ERROR",
            "description": "An error occurred on the server.",
            "details": {
                "fieldErrors": {
                    "Subject": [
                        {
                            "statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                            "message": "Say what the call was about.",
                            "fieldLabel": "Subject",
                        }
                    ]
                }
            },
        }
    ],
}


@pytest.fixture
async def hurried(tmp_path: Path) -> AsyncIterator[Org]:
    """A stage whose gate waits for seconds only, with the read-back class deployed."""
    async with an_org(tmp_path, read_back=True, **SOON) as made:
        await made.plays("+12025559000", outcome="answered")
        yield made


@pytest.fixture
async def unread(tmp_path: Path) -> AsyncIterator[Org]:
    """The same where nobody can look into Salesforce."""
    async with an_org(tmp_path, **SOON) as made:
        await made.plays("+12025559000", outcome="answered")
        yield made


async def take_picture(tab: Tab, name: str) -> None:
    """Leave a picture."""
    await tab.page.screenshot(path=SEEN / f"{name}.png")  # makes the folder, too


async def until_saved(tab: Tab) -> None:
    """Wait until the wrap-up card says that the Task is there; not that it waits to be saved."""
    await expect(tab.phone.get_by_text("Saved in Salesforce", exact=True)).to_be_visible(
        timeout=40_000
    )


async def test_two_windows_save_one_task(hurried: Org) -> None:
    """Both see the call and its end; one of them saves."""
    first, second = await hurried.tab(), await hurried.tab()
    await first.click(GRACE, GRACE_NUMBER)
    await first.until("wrapup")
    await second.until("wrapup")
    await until_saved(first)
    await until_saved(second)
    assert len(await first.tasks()) == 1
    await take_picture(second, "two-windows")


async def test_a_reload_between_hang_up_and_save_loses_nothing(hurried: Org) -> None:
    """The panel is away when the call ends; the log waits for it."""
    tab = await hurried.tab()
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("bridged")
    await tab.page.goto("about:blank")
    while not any(call["ended"] for call in (await hurried.world.history())["calls"]):
        await tab.page.wait_for_timeout(100)
    await tab.page.goto(hurried.url + "/?agent=ada")
    await tab.page.wait_for_selector("iframe")
    await tab.until("wrapup")
    await until_saved(tab)
    assert len(await tab.tasks()) == 1
    await take_picture(tab, "reload-before-save")


async def test_without_browser_storage_the_agent_is_warned_and_the_task_is_saved(
    hurried: Org,
) -> None:
    """Storage is full, and cookies are not taken: what a reload would lose is said once."""
    await hurried.context.add_init_script("""
        if (location.pathname.startsWith('/softphone')) {
          Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };
          Object.defineProperty(document, 'cookie', { get: () => '', set() {} });
        }
    """)
    tab = await hurried.tab()
    await tab.click(GRACE, GRACE_NUMBER)
    await until_saved(tab)
    told = tab.phone.get_by_text("do not reload this page while one is being saved")
    await expect(told).to_have_count(1)
    assert len(await tab.tasks()) == 1
    await take_picture(tab, "nothing-kept")


async def test_a_tab_closed_during_the_save_saves_no_second_time(hurried: Org) -> None:
    """The Task was made, nobody heard of it: Salesforce is asked, and knows it."""
    first, second = await hurried.tab(), await hurried.tab()
    await first.page.bring_to_front()
    await first.page.evaluate("demoOrg.hold('saveLog')")
    await second.page.evaluate("demoOrg.hold('saveLog')")
    await first.click(GRACE, GRACE_NUMBER)
    await first.until_tasks(1)
    saver, other = await _who_saved(first, second)
    await saver.page.close()
    hurried.tabs.remove(saver)
    await until_saved(other)
    assert len(await other.tasks()) == 1
    await take_picture(other, "closed-during-save")


async def _who_saved(first: Tab, second: Tab) -> tuple[Tab, Tab]:
    asked = await first.page.evaluate(
        "demoOrg.messages.some(m => m.message.methodName === 'saveLog')"
    )
    return (first, second) if asked else (second, first)


async def test_a_save_that_never_answers_is_looked_for_before_it_is_repeated(hurried: Org) -> None:
    """Nothing was saved and nothing was said: asked until the end, then saved once."""
    tab = await hurried.tab()
    await tab.page.evaluate("demoOrg.hold('saveLog', {before: true})")
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("wrapup")
    await tab.page.wait_for_timeout(1500)
    await take_picture(tab, "never-answers-meanwhile")
    assert await tab.tasks() == []
    await until_saved(tab)
    assert len(await tab.tasks()) == 1
    asked = await tab.page.evaluate(
        "demoOrg.messages.filter(m => m.direction === 'in' && m.message.methodName === 'runApex')"
        ".length"
    )
    assert asked >= 4
    await take_picture(tab, "never-answers-in-the-end")


async def test_the_agent_decides_about_a_save_that_cannot_be_confirmed(unread: Org) -> None:
    """No way to look into Salesforce: the tray says so, and the agent says it is there."""
    tab = await unread.tab()
    await tab.page.evaluate("demoOrg.hold('saveLog')")
    await tab.click(GRACE, GRACE_NUMBER)
    await expect(tab.phone.get_by_text("It is not certain")).to_be_visible(timeout=40_000)
    await take_picture(tab, "not-confirmed")
    await tab.phone.get_by_role("button", name="It is there").first.click()
    await tab.phone.locator(".tray-asks").get_by_role("button", name="It is there").click()
    await expect(tab.phone.get_by_text("It is not certain")).to_have_count(0)
    assert len(await tab.tasks()) == 1


async def test_a_validation_error_is_shown_by_field_and_corrected_by_the_agent(
    hurried: Org,
) -> None:
    """The tray names the field and the reason; saved again, there is one Task."""
    tab = await hurried.tab()
    await tab.page.evaluate("refusal => demoOrg.fail('saveLog', refusal)", REFUSED)
    await tab.click(GRACE, GRACE_NUMBER)
    await expect(tab.phone.get_by_text("Say what the call was about.").first).to_be_visible(
        timeout=40_000
    )
    await take_picture(tab, "refused")
    assert await tab.tasks() == []
    await tab.phone.get_by_role("button", name="Save again").first.click()
    await tab.until_tasks(1)
    assert len(await tab.tasks()) == 1


async def test_a_refused_log_is_edited_in_the_tray_and_saved(hurried: Org) -> None:
    """After the wrap-up, too: the words that were missing are written, and the Task has them."""
    tab = await hurried.tab()
    await tab.page.evaluate("refusal => demoOrg.fail('saveLog', refusal)", REFUSED)
    await tab.click(GRACE, GRACE_NUMBER)
    row = tab.phone.locator(".tray-row")
    await expect(row).to_be_visible(timeout=40_000)
    await tab.phone.locator(".card").get_by_role("button", name="Save and done").click()
    await tab.until("idle", "on")
    await row.get_by_role("button", name="Edit").click()
    await row.get_by_label("Subject").fill("Asked for an offer")
    await row.get_by_label("Notes").fill("Twenty units.")
    await take_picture(tab, "edited")
    await row.get_by_role("button", name="Save again").click()
    await tab.until_tasks(1)
    await expect(row).to_have_count(0)
    (task,) = await tab.tasks()
    assert (task["Subject"], task["Description"]) == ("Asked for an offer", "Twenty units.")


async def test_a_frozen_tab_is_skipped_and_saves_nothing_when_it_wakes(hurried: Org) -> None:
    """The frozen one keeps socket and offer; the other tab saves; waking changes nothing."""
    first, second = await hurried.tab(), await hurried.tab()
    await first.page.bring_to_front()
    await first.click(GRACE, GRACE_NUMBER)
    await first.until("bridged")
    devtools = await hurried.context.new_cdp_session(first.page)
    await devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    await second.until("wrapup")
    await until_saved(second)
    await devtools.send("Page.setWebLifecycleState", {"state": "active"})
    await first.page.bring_to_front()
    await until_saved(first)
    assert len(await second.tasks()) == 1
    await take_picture(first, "thawed")
