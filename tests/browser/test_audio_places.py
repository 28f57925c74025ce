"""Where the audio is: one tab, one browser; and what is said where there can be none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from adapter.core.events import SurfaceChosen
from adapter.core.route import Route
from adapter.runtime.clock import SystemClock
from qa.asterisk.handset import PICK_UP
from tests.browser.audio import (
    WATCH,
    a_talk,
    a_talking_office,
    customers,
    marks,
    one_task,
    show,
    speak,
    until_audio,
    until_heard,
)
from tests.browser.conftest import Tab
from tests.browser.test_asterisk import CALLER, Office
from tests.browser.test_main_job import GRACE, GRACE_NUMBER
from tests.fakes.voicecalls import CENTER, ORG, key_pair, voice_calls

pytestmark = marks
NO_FRAME_HAS_IT = "Object.defineProperty(HTMLIFrameElement.prototype, 'allow', {set() {}});"
PULLED_OUT = """async () => {
  navigator.mediaDevices.enumerateDevices = async () => [];
  const none = new DOMException('', 'NotFoundError');
  navigator.mediaDevices.getUserMedia = () => Promise.reject(none);
  for (const {track} of peers.at(-1).getSenders()) {
    track.stop();
    track.dispatchEvent(new Event('ended'));
  }
  navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
}"""


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """One for each test."""
    async with a_talking_office(tmp_path) as made:
        yield made


async def contacts(office: Office) -> list[dict[str, Any]]:
    """The phones in browsers that ring at this moment."""
    return [one for one in await office.bench.channels() if "web-ada" in str(one["name"])]


async def test_one_of_two_tabs_rings_and_either_can_answer(office: Office) -> None:
    """The tab without the audio is a remote control of the one that has it."""
    tab = await office.org.tab()
    await until_audio(tab, "ready")
    other = await office.org.tab()
    await until_audio(other, "elsewhere", "ready")
    outside = await office.trunk.dial("2001", CALLER)
    await other.until("ringing-inbound", "off")
    async with asyncio.timeout(30):
        while not (ringing := await contacts(office)):  # noqa: ASYNC110 - another program's
            await asyncio.sleep(0.02)
    assert len(ringing) == 1
    await show(other)
    await other.phone.get_by_role("button", name="Answer").click()
    await tab.until("bridged", "off")
    await until_audio(tab, "talking")
    await until_heard(office)
    peers = [await one.phone.evaluate("peers.length") for one in (tab, other)]
    assert sorted(peers) == [0, 1]
    await outside.hang_up()


async def test_a_second_browser_takes_the_phone_when_the_agent_confirms(office: Office) -> None:
    """In the talk: its audio moves, the first says where it is; and it comes back the same way."""
    tab = await a_talk(office)
    context = await office.org.browser.new_context(permissions=["microphone"])
    await context.add_init_script(WATCH)
    second = Tab(await context.new_page())
    await second.page.goto(f"{office.org.url}/?agent=ada")
    await until_audio(second, "taken")
    await until_audio(tab, "talking")
    for here, there in ((second, tab), (tab, second)):
        await show(here)
        await here.phone.get_by_role("button", name="Use it here").click()
        await until_audio(here, "talking")
        await until_audio(there, "taken")
        await until_heard(office)
    await context.close()
    await one_task(office, tab)


async def test_an_agent_of_salesforce_voice_talks_in_a_panel_that_shows_no_calls(
    tmp_path: Path,
) -> None:
    """Omni-Channel has the calls, and this panel the audio: it is picked up here, and reloads."""
    async with voice_calls() as api:
        voice: dict[str, Any] = {
            "org_id": ORG,
            "voice_url": api.url,
            "voice_contact_center": CENTER,
            "voice_key": key_pair()[0],
        }
        async with a_talking_office(tmp_path, **voice) as office:
            tab = await office.org.tab()
            await until_audio(tab, "ready")
            app = office.org.world.app
            (page,) = app.pages.everyone()
            chosen = SurfaceChosen(SystemClock().now(), "voice", Route.BACKEND)
            await app.agents.handle(page.key, chosen)
            await tab.until_dialable(on=False)
            await show(tab)
            await office.trunk.dial("2001", CALLER)
            await tab.phone.get_by_role("button", name="Pick up").click()
            await until_audio(tab, "talking")
            speak(office)
            await until_heard(office)
            before = await customers(office)
            await tab.page.reload()
            await until_audio(tab, "talking")
            await until_heard(office)
            assert await customers(office) == before
            await office.trunk.live[0].hang_up()
            await until_audio(tab, "ready")
            assert len(api.records) == 1


@pytest.mark.parametrize(
    ("how", "said"),
    [("prompt", "Allow the microphone"), ("policy", "does not let this panel use the microphone")],
)
async def test_without_a_microphone_the_panel_says_why_and_the_desk_phone_rings(
    tmp_path: Path, how: str, said: str
) -> None:
    """Refused by the agent, or by the page around us: nothing is registered, everything else is."""
    async with a_talking_office(tmp_path, browsing={}) as office:
        if how == "policy":
            await office.org.context.add_init_script(NO_FRAME_HAS_IT)
        office.ada.plan = lambda number: PICK_UP
        tab = await office.org.tab()
        await show(tab)
        await expect(tab.phone.get_by_text(said)).to_be_visible()
        if how == "prompt":
            await tab.phone.get_by_role("button", name=said).click()
            await expect(tab.phone.get_by_text("The microphone is blocked")).to_be_visible()
        await tab.click(GRACE, GRACE_NUMBER)
        await tab.until("bridged", "off")
        assert len(office.ada.live) == 1
        await one_task(office, tab)


async def test_without_a_microphone_in_the_frame_our_own_window_has_the_phone(
    office: Office,
) -> None:
    """The frame steers it, a reload changes nothing, and a closed window can be opened anew."""
    await office.org.context.add_init_script(NO_FRAME_HAS_IT)
    tab = await office.org.tab()
    await show(tab)
    window = await open_window(office, tab)
    await until_audio(tab, "window")
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("bridged", "off")
    await expect(window.locator('[data-audio="talking"]')).to_be_attached()
    assert await tab.phone.evaluate("peers.length") == 0
    speak(office)
    await until_heard(office)
    before = await customers(office)
    await tab.page.locator("#reload").click()
    await until_audio(tab, "window")
    await tab.until("bridged", "off")
    await until_heard(office)
    await window.close()
    await show(tab)
    again = await open_window(office, tab)
    await expect(again.locator('[data-audio="talking"]')).to_be_attached()
    await until_heard(office)
    assert await customers(office) == before
    await one_task(office, tab)
    await expect(again.locator('[data-audio="ready"]')).to_be_attached()


async def open_window(office: Office, tab: Tab) -> Page:
    """Press the button; the window, once there is something in it."""
    async with office.org.context.expect_page() as coming:
        await tab.phone.get_by_role("button", name="Open in a window").click()
    window = await coming.value
    await expect(window.get_by_text("Your audio is in this window")).to_be_visible()
    return window


async def test_an_unplugged_microphone_is_reported_and_the_talk_goes_on(
    office: Office,
) -> None:
    """The agent still hears, and reads why nobody hears them; the next call rings at the desk."""
    tab = await a_talk(office)
    await tab.phone.evaluate(PULLED_OUT)
    await show(tab)
    await expect(tab.phone.get_by_text("No microphone was found")).to_be_visible()
    await tab.until("bridged", "off")
    await one_task(office, tab)
    await expect(tab.phone.get_by_text("No microphone was found")).to_be_visible()
    office.ada.plan = lambda number: PICK_UP
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.until("idle", "on")
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("bridged", "off")
    assert len(office.ada.live) == 1


async def test_the_microphone_is_tried(office: Office) -> None:
    """How loud the agent is, and which microphone it is."""
    tab = await office.org.tab()
    await until_audio(tab, "ready")
    await show(tab)
    await tab.phone.get_by_role("button", name="Test the microphone").click()
    meter = tab.phone.locator("meter")
    await expect(meter).to_be_visible()
    async with asyncio.timeout(20):
        while float(await meter.evaluate("node => node.value")) < 0.3:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await expect(tab.phone.get_by_label("Microphone", exact=True)).to_be_visible()
    await tab.phone.get_by_role("button", name="End the test").click()
    await expect(meter).to_be_hidden()
