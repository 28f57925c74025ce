"""The panel is a telephone: Chromium, a real Asterisk, a SIP phone; audio counted at both ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from qa.asterisk.tones import pitch, tone
from tests.browser.audio import (
    MINE,
    MUSIC,
    THEIRS,
    a_talk,
    a_talking_office,
    is_all_of_it,
    marks,
    one_task,
    packets_a_second,
    show,
    speak,
    until_audio,
    until_browser_hears,
    until_heard,
)
from tests.browser.conftest import Tab
from tests.browser.test_asterisk import CALLER, Office
from tests.browser.test_main_job import GRACE, GRACE_NUMBER

pytestmark = marks
SECONDS = 10


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """One for each test."""
    async with a_talking_office(tmp_path) as made:
        yield made


@pytest.mark.slow
async def test_a_click_is_answered_automatically_and_both_hear_each_other(office: Office) -> None:
    """Nobody touches a phone: each end hears the other's tone, packet after packet, for 10 s."""
    tab = await a_talk(office)
    await until_browser_hears(tab)
    rates = await packets_a_second(office, tab, SECONDS)
    assert is_all_of_it(rates)
    shown = await on_the_board(tab)
    assert shown["lost"] < 0.5
    assert {"jitter_ms", "round_trip_ms"} < set(shown)
    task = await one_task(office, tab)
    assert (task["CallType"], task["CallDisposition"]) == ("Outbound", "Connected")
    await until_audio(tab, "ready")


async def on_the_board(tab: Tab) -> dict[str, Any]:
    """What supervisors see of this agent's audio, once the page has told of it."""
    async with asyncio.timeout(40):
        while True:
            report = await tab.phone.evaluate("fetch('/api/board').then((answer) => answer.json())")
            if shown := report["agents"][0].get("audio"):
                return dict(shown)
            await asyncio.sleep(0.5)


async def test_a_caller_is_answered_in_the_panel(office: Office) -> None:
    """The call's card has the button; the desk phone stops ringing; both hear each other."""
    tab = await office.org.tab()
    await until_audio(tab, "ready")
    outside = await office.trunk.dial("2001", CALLER)
    await tab.until("ringing-inbound", "off")
    await show(tab)
    await tab.phone.get_by_role("button", name="Answer").click()
    await tab.until("bridged", "off")
    await until_audio(tab, "talking")
    async with asyncio.timeout(20):
        while not outside.up:  # noqa: ASYNC110 - another program's
            await asyncio.sleep(0.02)
    speak(office)
    await until_heard(office)
    await until_browser_hears(tab)
    await office.ada.until_over()
    task = await one_task(office, tab)
    assert (task["CallType"], task["CallDisposition"]) == ("Inbound", "Connected")


async def test_a_caller_is_declined_in_the_panel(office: Office) -> None:
    """The browser rings no more; the phone on the desk goes on."""
    tab = await office.org.tab()
    await until_audio(tab, "ready")
    outside = await office.trunk.dial("2001", CALLER)
    await tab.until("ringing-inbound", "off")
    await show(tab)
    await tab.phone.get_by_role("button", name="Decline").click()
    await until_audio(tab, "ready")
    await expect(tab.phone.get_by_role("button", name="Answer")).to_have_count(0)
    assert len(office.ada.live) == 1
    await outside.hang_up()


async def test_the_talk_is_held_muted_and_given_digits(office: Office) -> None:
    """By the panel's buttons: music, silence (also after a reload) and digits are heard."""
    tab = await a_talk(office)
    await show(tab)
    press = tab.phone.get_by_role("button", name="Hold", exact=True)
    await press.click()
    await until_heard(office, MUSIC)
    await tab.phone.get_by_role("button", name="Resume", exact=True).click()
    await until_heard(office, MINE)
    await tab.phone.get_by_role("button", name="Mute", exact=True).click()
    await expect(tab.phone.get_by_role("button", name="Unmute", exact=True)).to_be_visible()
    async with tab.page.expect_event("framenavigated"):
        await tab.page.locator("#reload").click()
    await until_audio(tab, "talking")
    (customer,) = office.trunk.live
    async with asyncio.timeout(20):
        while True:
            customer.media.heard.clear()
            await asyncio.sleep(0.6)
            if not customer.media.heard:
                break
    await tab.phone.get_by_role("button", name="Unmute", exact=True).click()
    await until_heard(office, MINE)
    await tab.phone.get_by_role("button", name="Keypad", exact=True).click()
    for digit in "42":
        await tab.phone.locator(".keys").get_by_role("button", name=digit, exact=True).click()
    async with asyncio.timeout(20):
        while "".join(customer.media.digits) != "42":  # noqa: ASYNC110 - packets
            await asyncio.sleep(0.05)
    await one_task(office, tab)


async def test_the_first_caller_waits_with_music_while_a_second_is_answered(
    office: Office,
) -> None:
    """Both legs stay in the page; the agent returns to the first by a button."""
    tab = await a_talk(office)
    await show(tab)
    (first,) = office.trunk.live
    answer = tab.phone.get_by_role("button", name="Answer")
    second = await office.trunk.dial("2001", CALLER)
    await expect(answer).to_be_visible()
    await second.hang_up()
    await until_audio(tab, "talking")
    second = await office.trunk.dial("2001", CALLER)
    await answer.click()
    async with asyncio.timeout(20):
        while pitch(first.media.heard) != MUSIC or pitch(second.media.heard) != MINE:
            first.media.heard.clear()
            await asyncio.sleep(0.3)
    await second.hang_up()
    await tab.phone.get_by_role("button", name="Resume", exact=True).click()
    await until_heard(office)
    await until_audio(tab, "talking")


async def test_the_talk_is_handed_over(office: Office) -> None:
    """The customer talks with the third; the browser is free."""
    tab = await a_talk(office)
    (customer,) = office.trunk.live
    await show(tab)
    await tab.phone.get_by_role("button", name="Transfer", exact=True).first.click()
    form = tab.phone.locator("form.transfer")
    await form.locator("input").fill("+12025559007")
    await form.locator("button[type=submit]").click()
    await tab.until("wrapup", "off")
    await until_audio(tab, "ready")
    async with asyncio.timeout(20):
        while len(office.trunk.live) < 2 or pitch(customer.media.heard) != 600:
            for call in office.trunk.live:
                call.media.voice = tone(THEIRS if call is customer else 600)
            await asyncio.sleep(0.1)


async def test_hanging_up_in_the_panel_ends_the_call(office: Office) -> None:
    """And the browser's phone is ready for the next."""
    tab = await a_talk(office)
    await show(tab)
    await tab.phone.get_by_role("button", name="Hang up", exact=True).click()
    await tab.until("wrapup", "off")
    await office.trunk.until_over()
    await until_audio(tab, "ready")
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.until("idle", "on")
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("bridged", "off")
    await until_audio(tab, "talking")
