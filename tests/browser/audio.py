"""What tests of audio in the browser stand on: Chromium with a microphone, a real Asterisk."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapter.web.pages import WEB
from qa.asterisk.bench import real
from qa.asterisk.engine import APP, NoAsterisk, find_root
from qa.asterisk.handset import IGNORE, PICK_UP
from qa.asterisk.tones import pitch, tone, write_beeps
from tests.browser.conftest import Tab, an_org
from tests.browser.test_asterisk import Office, settings_for
from tests.browser.test_main_job import GRACE, GRACE_NUMBER

MINE, THEIRS = 800, 400
"""The tone of the browser's microphone and of the customer's phone, in Hz."""

NO_PROMPT = "--use-fake-ui-for-media-stream"
FAKE_MICROPHONE = [
    "--use-fake-device-for-media-stream",
    NO_PROMPT,
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
]


def is_possible() -> bool:
    """Whether there is an Asterisk on this machine, and JsSIP."""
    try:
        find_root()
    except NoAsterisk:
        return False
    return (WEB.parent / "node_modules" / "jssip").is_dir()


marks = [
    pytest.mark.browser,
    pytest.mark.skipif(not is_possible(), reason="no Asterisk here: see scripts/asterisk"),
]


def see_to_the_library() -> None:
    """What is served of JsSIP is made ahead."""
    if not (WEB / "dist" / "jssip.js").is_file():
        node = WEB.parent / ".venv" / "bin" / "node"
        subprocess.run([node, "scripts/bundle.mjs"], cwd=WEB.parent, check=True)


@asynccontextmanager
async def a_talking_office(
    folder: Path, *, arguments: tuple[str, ...] = (), **wishes: Any
) -> AsyncIterator[Office]:
    """An office whose agents have a phone in the browser; ada's desk phone is never picked up."""
    await asyncio.to_thread(see_to_the_library)
    beeps = folder / "beeps.wav"
    await asyncio.to_thread(write_beeps, beeps, MINE)
    microphone = [*FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={beeps}"]
    async with (
        real(folder) as bench,
        an_org(
            folder,
            arguments=[*microphone, *arguments],
            browsing={"permissions": ["microphone"]},
            **settings_for(bench, folder) | {"asterisk_browser_phone": True} | wishes,
        ) as org,
    ):
        async with bench.world.http() as http, asyncio.timeout(10):  # type: ignore[union-attr]
            while not (await http.get(f"/ari/applications/{APP}")).is_success:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        office = Office(org, bench, await bench.phone("ada"))
        office.ada.plan = lambda number: IGNORE
        office.trunk.plan = lambda number: PICK_UP
        yield office


async def until_audio(tab: Tab, *states: str) -> None:
    """Wait until the panel says one of these of its phone."""
    wanted = ", ".join(f'[data-audio="{state}"]' for state in states)
    await tab.phone.locator(wanted).first.wait_for(state="attached", timeout=20_000)


async def until_heard(office: Office, hertz: int = MINE) -> None:
    """Wait until the customer hears the agent's tone, from now on."""
    for call in office.trunk.live:
        call.media.heard.clear()
    async with asyncio.timeout(20):
        while [pitch(call.media.heard) for call in office.trunk.live] != [hertz]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def speak(office: Office, hertz: int = THEIRS) -> None:
    """Let the customer's phone play a tone."""
    for call in office.trunk.live:
        call.media.voice = tone(hertz)


async def a_talk(office: Office) -> Tab:
    """A tab in a talk that was begun by a click, and picked up by itself."""
    tab = await office.org.tab()
    await until_audio(tab, "ready")
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("bridged", "off")
    await until_audio(tab, "talking")
    speak(office)
    await until_heard(office)
    return tab


async def one_task(office: Office, tab: Tab) -> dict[str, Any]:
    """The customer hangs up: the one Task of the talk, once it is there; nothing is left behind."""
    await office.trunk.live[0].hang_up()
    await tab.until("wrapup", "off")
    (task,) = await tab.until_tasks(1)
    async with asyncio.timeout(20):
        while await office.bench.channels():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return task
