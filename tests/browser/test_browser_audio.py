"""The panel is a telephone: Chromium, a real Asterisk, a SIP phone; audio counted at both ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser.audio import a_talk, a_talking_office, marks, one_task, until_audio, until_heard
from tests.browser.test_asterisk import Office

pytestmark = marks


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """One for each test."""
    async with a_talking_office(tmp_path) as made:
        yield made


async def customers(office: Office) -> list[str]:
    """The channels of the phone network's side."""
    return [str(one["id"]) for one in await office.bench.channels() if "trunk" in str(one["name"])]


async def test_a_click_is_picked_up_by_itself_and_is_one_task(office: Office) -> None:
    """No phone on the desk is picked up: the page answers, and the customer hears the agent."""
    tab = await a_talk(office)
    task = await one_task(office, tab)
    assert (task["CallType"], task["CallDisposition"]) == ("Outbound", "Connected")
    await until_audio(tab, "ready")


async def test_a_reload_in_the_talk_brings_the_audio_back(office: Office) -> None:
    """The customer's channel is the same, and so is the one Task."""
    tab = await a_talk(office)
    before = await customers(office)
    await tab.page.locator("#reload").click()
    await until_audio(tab, "talking")
    await until_heard(office)
    assert await customers(office) == before
    await one_task(office, tab)
