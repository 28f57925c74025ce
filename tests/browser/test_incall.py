"""What an agent does in a call from the panel, where the provider can."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import expect

from adapter.telephony.dialstack.driver import DialStackDriver
from adapter.telephony.port import Action
from tests.browser.conftest import Org, Tab
from tests.browser.states import LONG, by_hand
from tests.browser.test_not_sent import lose

pytestmark = pytest.mark.browser


async def talking(org: Org) -> Tab:
    """A tab in the middle of a call."""
    await org.plays("+12025559000", outcome="answered", **LONG)
    tab = await org.tab()
    await tab.click("Grace Okafor", "+1 202-555-9000")
    await tab.until("ringing-user-devices", "off")
    await by_hand(org, "pick_up")
    await tab.until("dialing-destination")
    await by_hand(org, "answer")
    await tab.until("bridged")
    return tab


async def test_a_target_that_cannot_be_dialed_is_refused_before_it_is_sent(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason stands beneath, the button is off; with a good target the call is handed over."""
    targets: list[str] = []
    real = DialStackDriver.transfer

    async def transfer(self: DialStackDriver, call: str, target: str) -> None:
        targets.append(target)
        await real(self, call, target)

    monkeypatch.setattr(DialStackDriver, "transfer", transfer)
    tab = await talking(org)
    control = tab.phone.locator('[data-action="transfer"]')
    await control.click()
    target = tab.phone.get_by_label("Number or extension")
    await expect(target).to_be_focused()
    await target.fill("+1 900 555 0100")
    reason = tab.phone.locator(".transfer [role=status]")
    await expect(reason).to_contain_text("premium-rate")
    send = tab.phone.locator(".transfer [type=submit]")
    await expect(send).to_be_disabled()
    await target.press("Enter")
    await target.fill("1001")
    await expect(reason).to_be_empty()
    await send.click()
    await tab.until("wrapup")
    assert targets == ["1001"]


async def test_the_keypad_and_hold_are_offered_only_if_the_provider_has_them(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DialStack cannot: no such button. One that can hears each key; hold is taken back."""
    heard: list[tuple[Action, str | None]] = []

    async def control(_self: Any, _call: str, action: Action, value: str | None = None) -> None:
        heard.append((action, value))

    monkeypatch.setattr(DialStackDriver, "control", control)
    tab = await talking(org)
    await expect(tab.phone.locator('[data-action="transfer"]')).to_be_visible()
    for absent in ("digits", "hold", "mute"):
        await expect(tab.phone.locator(f'[data-action="{absent}"]')).to_have_count(0)

    driver = org.world.app.tenants.all[0].telephony.driver
    assert isinstance(driver, DialStackDriver)
    driver.capabilities = replace(driver.capabilities, digits=True, hold=True)
    await tab.phone.get_by_label("Notes").fill("Presses one.")
    await tab.phone.get_by_role("button", name="Keypad").click()
    for key in "1#":
        await tab.phone.locator(f'.in-call [data-key="{key}"]').click()
    await expect(tab.phone.locator(".pressed")).to_have_text("1#")
    await expect(tab.phone.locator(".pressed")).to_have_attribute("aria-live", "off")
    await tab.page.keyboard.type("7a*")
    await expect(tab.phone.locator(".pressed")).to_have_text("1#7*")
    await tab.phone.get_by_role("button", name="Hold").click()
    await tab.phone.get_by_role("button", name="Resume").click()
    await expect(tab.phone.get_by_role("button", name="Hold")).to_be_visible()
    assert heard == [
        (Action.DIGITS, "1"),
        (Action.DIGITS, "#"),
        (Action.DIGITS, "7"),
        (Action.DIGITS, "*"),
        (Action.HOLD, ""),
        (Action.RESUME, ""),
    ]


async def test_a_key_that_was_not_sent_is_not_shown_as_pressed(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an agent would believe that half a card number arrived whole."""
    monkeypatch.setattr(DialStackDriver, "control", nothing)
    driver = org.world.app.tenants.all[0].telephony.driver
    assert isinstance(driver, DialStackDriver)
    driver.capabilities = replace(driver.capabilities, digits=True)
    tab = await talking(org)
    await tab.phone.get_by_role("button", name="Keypad").click()
    await tab.phone.locator('.in-call [data-key="1"]').click()
    pressed = tab.phone.locator(".pressed")
    await expect(pressed).to_have_text("1")
    await lose(org, tab)
    # The keypad is hidden by now; in the first seconds it is not.
    await tab.phone.locator('.in-call [data-key="2"]').dispatch_event("click")
    await expect(tab.phone.get_by_text("No connection right now. Use your phone.")).to_be_visible()
    await expect(pressed).to_have_text("1")


async def nothing(_self: Any, _call: str, _action: Action, _value: str | None = None) -> None:
    """The provider does as it is asked, and nothing is noted."""


async def test_a_waiting_button_shows_it_and_cannot_be_pressed_twice(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps the focus meanwhile, and is a button again when the answer is here."""
    heard: list[Action] = []
    answered = asyncio.Event()

    async def control(_self: Any, _call: str, action: Action, value: str | None = None) -> None:
        heard.append(action)
        await answered.wait()

    monkeypatch.setattr(DialStackDriver, "control", control)
    tab = await talking(org)
    driver = org.world.app.tenants.all[0].telephony.driver
    assert isinstance(driver, DialStackDriver)
    driver.capabilities = replace(driver.capabilities, hold=True)
    await tab.phone.get_by_label("Notes").fill("Waits.")
    hold = tab.phone.locator('[data-action="hold"]')
    await hold.focus()
    await tab.page.keyboard.press("Enter")
    await tab.page.keyboard.press("Enter")
    await expect(hold).to_have_attribute("aria-disabled", "true")
    await expect(hold).to_be_focused()
    answered.set()
    await expect(tab.phone.get_by_role("button", name="Resume")).to_be_enabled()
    await expect(tab.phone.locator(".phase")).to_have_text("On hold")
    await expect(tab.phone.locator(".sr-only[role=status]")).to_have_text("On hold")
    assert heard == [Action.HOLD]


async def test_escape_closes_what_opened_below_the_buttons(org: Org) -> None:
    """Its button says whether it is open, and has the focus again when it is not."""
    tab = await talking(org)
    transfer = tab.phone.locator('[data-action="transfer"]')
    await transfer.click()
    await expect(transfer).to_have_attribute("aria-expanded", "true")
    await expect(tab.phone.get_by_label("Number or extension")).to_be_focused()
    await tab.page.keyboard.press("Escape")
    await expect(tab.phone.get_by_label("Number or extension")).to_be_hidden()
    await expect(transfer).to_be_focused()
    await expect(transfer).to_have_attribute("aria-expanded", "false")
