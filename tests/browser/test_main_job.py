"""Issue: a click becomes a call and exactly one Task, seen in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab, an_org

pytestmark = pytest.mark.browser

GRACE, GRACE_NUMBER, GRACE_ID = "Grace Okafor", "+1 202-555-9000", "003Hp0000000001IAA"


async def done(tab: Tab) -> None:
    """Finish the wrap-up."""
    await tab.phone.get_by_role("button", name="Save and done").click()


async def test_a_click_on_a_contact_becomes_a_call_and_one_task(org: Org) -> None:
    """Two tabs: both off from the click to the end of wrap-up, both on again, one Task."""
    await org.plays("+12025559000", outcome="answered")
    first, second = await org.tab(), await org.tab()
    await first.page.bring_to_front()
    await first.watch_states()
    before = len(await first.toggles()), len(await second.toggles())

    await first.click(GRACE, GRACE_NUMBER)
    await second.until_dialable(on=False)
    await first.until("wrapup", "off")
    await second.until("wrapup", "off")
    await first.until_tasks(1)
    await first.phone.get_by_label("Notes").fill("Wants twenty units.")
    await done(first)
    await first.until_dialable()
    await second.until_dialable()

    assert await first.states() == [
        "idle",
        "ringing-user-devices",
        "dialing-destination",
        "bridged",
        "wrapup",
        "idle",
    ]
    assert (await first.toggles())[before[0] :] == ["disable", "enable"]
    assert (await second.toggles())[before[1] :] == ["disable", "enable"]
    (post,) = await org.posts()
    assert post["body"] == {"user": "user_ada", "dial_string": "+12025559000"}
    await first.page.wait_for_function("demoOrg.tasks[0].Description")
    (task,) = await first.tasks()
    (call,) = (await org.world.history())["calls"]
    talked = round((call["ended"] - call["connected"]) / 1000)
    assert task["CallDurationInSeconds"] == talked == 2
    assert task["Subject"] == "Call to Grace Okafor"
    assert (task["Status"], task["TaskSubtype"]) == ("Completed", "Call")
    assert (task["CallType"], task["CallDisposition"]) == ("Outbound", "Connected")
    assert task["WhoId"] == GRACE_ID
    assert task["CallObject"].startswith("call_")
    assert task["Description"] == "Wants twenty units."


@pytest.mark.parametrize(
    ("outcome", "disposition"),
    [("busy", "Busy"), ("no-answer", "No Answer"), ("voicemail", "Left Voicemail")],
)
async def test_a_call_that_nobody_answers_is_logged_as_unanswered(
    org: Org, outcome: str, disposition: str
) -> None:
    """Busy, no answer (which ends as "completed") and voicemail: each its own disposition."""
    await org.plays("+12025559000", outcome=outcome)
    tab = await org.tab()
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("wrapup", "off")
    (task,) = await tab.until_tasks(1)
    assert task["CallDisposition"] == disposition
    if outcome != "voicemail":
        assert task["CallDurationInSeconds"] == 0
    await done(tab)
    await tab.until_dialable()
    assert len(await tab.tasks()) == 1


async def test_phones_that_nobody_answers_stop_at_our_own_timeout(org: Org) -> None:
    """No event ever comes: idle again, told in words, no Task."""
    await org.plays("+12025559000", outcome="nobody-picks-up")
    tab = await org.tab()
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("ringing-user-devices", "off")
    await tab.until("idle", "on")
    await tab.until_dialable()
    await expect(tab.phone.get_by_text("did not pick up").first).to_be_visible()
    assert await tab.tasks() == []
    assert len(await org.posts()) == 1


async def test_a_pick_up_after_our_timeout_still_finds_its_record(org: Org) -> None:
    """The late call is bound to its placement: the Task is on the Contact."""
    await org.plays("+12025559000", outcome="answered", pick_up_seconds=3.5)
    tab = await org.tab()
    await tab.watch_states()
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("ringing-user-devices", "off")
    await tab.until("idle", "on")
    await tab.until("bridged", "off")
    (task,) = await tab.until_tasks(1)
    assert task["WhoId"] == GRACE_ID
    assert task["CallDurationInSeconds"] == 2
    assert len(await org.posts()) == 1


async def test_a_number_that_cannot_be_dialed_is_refused_with_its_reason(org: Org) -> None:
    """Nothing is sent, the agent reads why, click-to-dial stays on."""
    tab = await org.tab()
    fired = await tab.page.evaluate("demoOrg.click({number: '+1 202-555-01'})")
    assert fired is True
    await expect(tab.phone.get_by_text("This number cannot exist").first).to_be_visible()
    await tab.until("idle", "on")
    assert await org.posts() == []


async def test_a_provider_that_is_down_costs_the_agent_one_sentence(tmp_path: Path) -> None:
    """Nothing listens there: surely no call, the agent reads so, click-to-dial comes back."""
    async with an_org(
        tmp_path, dialstack_url="http://127.0.0.1:1", directory_file=book(tmp_path)
    ) as org:
        tab = await org.tab()
        await tab.click(GRACE, GRACE_NUMBER)
        await expect(tab.phone.get_by_text("refused the call").first).to_be_visible()
        await tab.until("idle", "on")
        assert await tab.tasks() == []


async def test_a_softphone_outside_salesforce_says_what_is_missing(org: Org) -> None:
    """Opened in a tab of its own: which start-up condition failed, in words."""
    page = await org.context.new_page()
    await page.goto(f"{org.world.url}/softphone")
    await page.locator('#softphone[data-state="blocked"]').wait_for()
    text = await page.locator("#softphone").inner_text()
    assert "Salesforce" in text


async def test_what_was_written_survives_a_reload_in_wrap_up(org: Org) -> None:
    """Notes typed before the panel reloads are there after it, and end in the Task."""
    await org.plays("+12025559000", outcome="answered")
    tab = await org.tab()
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("bridged", "off")
    await tab.phone.get_by_label("Notes").fill("Said in mid-call.")
    await tab.until("wrapup", "off")
    await tab.until_tasks(1)
    await tab.page.evaluate("demoOrg.reloadPanel()")
    await tab.until("wrapup", "off")
    await expect(tab.phone.get_by_label("Notes")).to_have_value("Said in mid-call.")
    await done(tab)
    await tab.page.wait_for_function("demoOrg.tasks[0].Description === 'Said in mid-call.'")
    assert len(await tab.tasks()) == 1


def book(folder: Path) -> Path:
    """A directory file, for when the provider cannot be asked who is whom."""
    path = folder / "directory.toml"
    path.write_text('[[agent]]\nemail = "ada@example.com"\nprovider_user = "user_ada"\n')
    return path
