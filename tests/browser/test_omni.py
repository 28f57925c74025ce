"""The demo's page with Omni-Channel: Salesforce's own library on plain loopback, the same agent."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, async_playwright

from adapter.demo import ACCOUNT, TOKEN
from tests.browser.conftest import ARGUMENTS, HEADLESS
from tests.test_demo import four_free_ports

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 60_000


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[int]:
    """`make demo`, on ports of its own; its first port."""
    port = four_free_ports()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapter", "demo", "--port", str(port), "--data", str(tmp_path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            await process.stdout.readuntil(b"Ctrl-C")
        yield port
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            await process.wait()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


@pytest.fixture
async def tab() -> AsyncIterator[Page]:
    """A tab in Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=HEADLESS, args=list(ARGUMENTS))
        page = await browser.new_page(viewport={"width": 1500, "height": 850})
        page.set_default_timeout(PATIENCE_MS)
        yield page
        await browser.close()


async def set_scenario(demo: int, number: str, **scenario: float) -> None:
    """Have the simulated phones play that of this number."""
    headers = {"Authorization": f"Bearer {TOKEN}", "DialStack-Account": ACCOUNT}
    played = {"outcome": "answered", "pick_up_seconds": 0.3, "ring_seconds": 0.3, **scenario}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as http:
        body = {"number": number, "scenario": played}
        url = f"http://127.0.0.1:{demo + 2}/v1/test_helpers/scenarios"
        (await http.post(url, json=body)).raise_for_status()


async def test_a_call_in_omni_channel_becomes_a_completed_record(demo: int, tab: Page) -> None:
    """Signed in by itself; a click, the talk, the end, the work after it, what the record says."""
    await set_scenario(demo, "+12025559000", talk_seconds=1.0)
    await tab.goto(f"http://127.0.0.1:{demo + 3}")
    await tab.wait_for_selector("#omni[data-state=ready]")
    await tab.get_by_role("button", name="+1 202-555-9000").click()
    await tab.wait_for_selector(".live[data-state=connected]")
    await tab.wait_for_selector(".live[data-state=work]")
    await tab.get_by_role("button", name="Close the work").click()
    row = tab.locator("#calls tr")
    await row.get_by_text("completed").wait_for()
    said = await row.inner_text()
    assert "Outbound" in said
    assert "Connected" in said
    events = await tab.evaluate("omniOrg.events.map(({ event }) => event)")
    assert events[-4:] == ["CALL_STARTED", "CALL_CONNECTED", "HANGUP", "AFTER_CALL_WORK_STARTED"]


async def test_an_agent_changes_surfaces_by_reloading_the_other_phone(demo: int, tab: Page) -> None:
    """Side by side: each call where the agent works then, a Task there and a record here."""
    await set_scenario(demo, "+12025559000", talk_seconds=1.0)
    await tab.set_viewport_size({"width": 2600, "height": 900})
    await tab.goto(f"http://127.0.0.1:{demo + 3}/both")
    voice, org = tab.frame_locator("#voice"), tab.frame_locator("#open-cti")
    panel = org.frame_locator("#frame iframe")
    await voice.locator("#omni[data-state=ready]").wait_for()
    await panel.locator("[data-state]").first.wait_for()

    await voice.get_by_role("button", name="Reload the phone").click()
    await panel.get_by_text("You work with Salesforce Voice").wait_for()
    await voice.locator("#omni[data-state=ready]").wait_for()
    await voice.get_by_role("button", name="+1 202-555-9000").click()
    await voice.get_by_role("button", name="Close the work").click()
    await voice.locator("#calls").get_by_text("completed").wait_for()

    await set_scenario(demo, "+12025559000", talk_seconds=1.0)
    await org.get_by_role("button", name="Reload the phone").click()
    number = org.get_by_role("button", name="+1 202-555-9000")
    await org.get_by_text("Click-to-dial is on").wait_for()
    await number.click()
    await org.locator("[data-task]").wait_for()
    assert await voice.locator("#calls tr").count() == 1
    await voice.get_by_role("button", name="+1 202-555-9002").click()
    await voice.get_by_text("You work with the softphone in the utility bar").wait_for()
