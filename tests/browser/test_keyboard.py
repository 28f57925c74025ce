"""The keyboard alone: the main job, an inbound call, a wrap-up; the focus is never lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab
from tests.browser.states import ADA, LONG, a_stage, by_hand

pytestmark = pytest.mark.browser

MOST_TABS = 60


async def tab_to(tab: Tab, selector: str) -> None:
    """Press Tab until that element of the panel has the focus."""
    for _ in range(MOST_TABS):
        if await tab.phone.evaluate("s => document.activeElement?.matches(s)", selector):
            return
        await tab.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


async def has_focus(tab: Tab) -> bool:
    """Whether something visible of the panel has the focus."""
    return bool(
        await tab.phone.evaluate(
            "document.activeElement !== document.body"
            " && document.activeElement.getClientRects().length > 0"
        )
    )


async def talk(org: Org, tab: Tab) -> None:
    """The phone's part of a call: picked up, answered."""
    await tab.until("ringing-user-devices", "off")
    assert await has_focus(tab)
    await by_hand(org, "pick_up")
    await tab.until("dialing-destination")
    await by_hand(org, "answer")
    await tab.until("bridged")
    assert await has_focus(tab)


async def test_the_main_job_needs_no_mouse(tmp_path: Path) -> None:
    """A number typed, Enter, notes while talking, wrap-up saved by Enter, ready again."""
    async with a_stage(tmp_path) as org:
        await org.plays("+12025559000", outcome="answered", **LONG)
        tab = await org.tab(ADA)
        await tab_to(tab, "input[name=number]")
        await tab.page.keyboard.type("+12025559000")
        await tab.page.keyboard.press("Enter")
        await talk(org, tab)
        await tab_to(tab, "textarea[name=notes]")
        await tab.page.keyboard.type("Typed while talking.")
        await by_hand(org, "hang_up")
        await tab.until("wrapup")
        await tab.until_tasks(1)
        await tab_to(tab, "input[name=subject]")
        await tab.page.keyboard.type("Rates")
        await tab.page.keyboard.press("Enter")
        await tab.until("idle", "on")
        assert await has_focus(tab)
        await tab.page.wait_for_function("demoOrg.tasks[0].Subject === 'Rates'")
        (task,) = await tab.tasks()
        assert task["Description"] == "Typed while talking."


async def test_a_recent_call_is_redialed_by_keyboard(tmp_path: Path) -> None:
    """Inbound, missed, wrapped up with Ctrl+Enter from the notes, then called back."""
    async with a_stage(tmp_path) as org:
        tab = await org.tab(ADA)
        await tab_to(tab, "input[name=number]")
        await org.world.sandbox(
            user="user_ada", from_number="+12025559000", scenario={"outcome": "answered", **LONG}
        )
        await tab.until("ringing-inbound", "off")
        assert await has_focus(tab)
        await by_hand(org, "hang_up")
        await tab.until("wrapup")
        await tab_to(tab, "textarea[name=notes]")
        await tab.page.keyboard.type("First line.\nSecond line.")
        await tab.page.keyboard.press("Control+Enter")
        await tab.until("idle", "on")
        await tab_to(tab, ".call-again")
        await org.plays("+12025559000", outcome="answered", **LONG)
        await tab.page.keyboard.press("Enter")
        await talk(org, tab)
        await by_hand(org, "hang_up")
        await tab.until("wrapup")
        tasks = await tab.until_tasks(2)
        assert "First line.\nSecond line." in [task.get("Description") for task in tasks]


async def test_an_inbound_call_is_answered_and_wrapped_up_without_a_mouse(tmp_path: Path) -> None:
    """Answered on the phone; notes, outcome, follow-up and the save by keys alone."""
    async with a_stage(tmp_path) as org:
        tab = await org.tab(ADA)
        await tab_to(tab, "input[name=number]")
        await org.world.sandbox(
            user="user_ada", from_number="+12025559000", scenario={"outcome": "answered", **LONG}
        )
        await tab.until("ringing-inbound", "off")
        assert await has_focus(tab)
        await by_hand(org, "answer")
        await tab.until("bridged", "off")
        assert await has_focus(tab)
        await tab_to(tab, "textarea[name=notes]")
        await tab.page.keyboard.type("Called us.")
        await by_hand(org, "hang_up")
        await tab.until("wrapup")
        await tab.until_tasks(1)
        assert await has_focus(tab)
        await tab_to(tab, "select[name=disposition]")
        await tab.page.keyboard.type("Left")
        await tab_to(tab, "input[name=follow_up]")
        await tab.page.keyboard.press("Space")
        await tab_to(tab, "button[type=submit]")
        await tab.page.keyboard.press("Enter")
        await tab.until("idle", "on")
        await tab.page.wait_for_function("demoOrg.tasks[0].CallDisposition === 'Left Voicemail'")
        # Salesforce's form for the follow-up is a dialog: the focus is its, until it is closed.
        await tab.page.wait_for_function("document.activeElement.closest('dialog') !== null")
        await tab.page.keyboard.press("Escape")
        await tab_to(tab, "input[name=number]")
        (task,) = await tab.tasks()
        assert (task["CallType"], task["Description"]) == ("Inbound", "Called us.")
        assert task["WhoId"].startswith("003")


async def test_a_wrap_up_can_be_paused_and_resumed(tmp_path: Path) -> None:
    """Paused it outlives its deadline several times; resumed it ends by itself."""
    async with a_stage(tmp_path, wrap_up_seconds=1.5) as org:
        await org.plays("+12025559000", outcome="busy")
        tab = await org.tab(ADA)
        await tab_to(tab, "input[name=number]")
        await tab.page.keyboard.type("+12025559000")
        await tab.page.keyboard.press("Enter")
        await tab.until("wrapup")
        await tab_to(tab, ".pause")
        await tab.page.keyboard.press("Space")
        await expect(tab.phone.get_by_role("button", name="Paused")).to_be_visible()
        extended = """() => new Promise(resolve => {
          const first = Date.now();
          const timer = setInterval(() => {
            const state = document.querySelector('#softphone').dataset.state;
            if (state !== 'wrapup' || Date.now() - first > 4000) {
              clearInterval(timer);
              resolve(state);
            }
          }, 50);
        })"""
        assert await tab.phone.evaluate(extended) == "wrapup"
        await tab.page.keyboard.press("Space")
        await tab.until("idle", "on")


async def test_keyboard_focus_follows_a_sign_out_and_sign_in(org: Org) -> None:
    """The focus is in the form when that has come, and in the number's box when the panel has."""
    tab = await org.tab()
    await tab_to(tab, ".bar > .icon-button")
    await tab.page.keyboard.press("Enter")
    await tab.until("signed-out")
    await expect(tab.phone.locator("input[name=name]")).to_be_focused()
    await tab.page.keyboard.type("ada")
    await tab.page.keyboard.press("Enter")
    await tab.until("idle")
    await expect(tab.phone.locator("input[name=number]")).to_be_focused()


async def test_the_panel_says_before_the_click_why_a_number_cannot_be_dialed(
    tmp_path: Path,
) -> None:
    """The call button is off, the reason stands beneath, and goes when the number is right."""
    async with a_stage(tmp_path) as org:
        tab = await org.tab(ADA)
        await tab_to(tab, "input[name=number]")
        await tab.page.keyboard.type("+1202555")
        reason = tab.phone.locator("#dialer-reason")
        await expect(reason).to_contain_text("This number cannot exist")
        call = tab.phone.locator(".number-box .call")
        await expect(call).to_be_disabled()
        await tab.page.keyboard.type("9000")
        await expect(call).to_be_enabled()
        await expect(reason).to_be_hidden()
