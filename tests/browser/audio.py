"""What tests of audio in the browser stand on: Chromium with a microphone, a real Asterisk."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapter.app import drain, listening, running
from adapter.frontends import App
from adapter.settings import Settings
from adapter.web.pages.site import WEB
from qa.asterisk.bench import real
from qa.asterisk.engine import APP, NoAsterisk, find_root
from qa.asterisk.handset import IGNORE, PICK_UP
from qa.asterisk.tones import pitch, tone, write_beeps
from tests.browser.conftest import Tab, an_org
from tests.browser.test_asterisk import Office, settings_for
from tests.browser.test_main_job import GRACE, GRACE_NUMBER
from tests.scenarios.conftest import World, a_scene
from tests.scenarios.conftest import settings_for as settings_of

MINE, THEIRS = 800, 400
"""The tone of the browser's microphone and of the customer's phone, in Hz."""

MUSIC = 450
"""The tone of 440 Hz that Asterisk plays to who waits (qa/asterisk/engine.py), to 50 Hz."""

FAKE_MICROPHONE = (
    "--use-fake-device-for-media-stream",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
)

WATCH = """
(() => {
  const Real = RTCPeerConnection;
  globalThis.peers = [];
  globalThis.RTCPeerConnection = class extends Real {
    constructor(...told) { super(...told); globalThis.peers.push(this); }
  };
})();
"""
"""Lets a test see the page's connections: what they count, and what is heard over them."""

COUNTS = """async () => {
  const counts = {sent: 0, received: 0};
  for (const one of (await peers.at(-1).getStats()).values()) {
    if (one.type === 'outbound-rtp') counts.sent = one.packetsSent;
    if (one.type === 'inbound-rtp') counts.received = one.packetsReceived;
  }
  return counts;
}"""

LOUDEST = """async () => {
  const context = new AudioContext();
  const [{track}] = peers.at(-1).getReceivers();
  const analyser = new AnalyserNode(context, {fftSize: 4096, smoothingTimeConstant: 0});
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const loudest = bins.indexOf(Math.max(...bins));
  const {sampleRate} = context;
  await context.close();
  return bins[loudest] < -70 ? 0 : loudest * sampleRate / 4096;
}"""


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


@dataclass
class RestartingWorld(World):
    """A world whose adapter can be ended and begun anew, at the same address."""

    settings: Settings
    port: int
    running: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        """Begin."""
        self.app = await self.running.enter_async_context(running(self.settings))
        server = listening(self.app.server, "127.0.0.1", self.port)
        await self.running.enter_async_context(server)

    async def restart(self) -> None:
        """As a deploy does it: pages are told, then it ends, then another begins."""
        await drain(self.app, grace=0.2)
        await self.running.aclose()
        await self.start()

    def cut(self) -> None:
        """Every socket of a page breaks, without a goodbye, and none is let in until `mend`."""
        self.app.bridge.door.draining = self.app.sip.door.draining = True
        outboxes: list[Any] = [line.outbox for line in self.app.sip.lines.everyone()]
        sends: list[Any] = [page.send for page in self.app.pages.everyone()]
        for outbox in (*outboxes, *(send.__self__ for send in sends)):
            outbox._transport.abort()

    def mend(self) -> None:
        """The network is back."""
        self.app.bridge.door.draining = self.app.sip.door.draining = False


@asynccontextmanager
async def a_restarting_world(
    folder: Path, *, kind: str, **wishes: object
) -> AsyncIterator[RestartingWorld]:
    """The adapter on a free port of loopback."""
    async with AsyncExitStack() as stack:
        scene, port = await stack.enter_async_context(a_scene())
        told = {"provider": kind, **wishes}
        settings = settings_of(folder, scene.url, scene.provider_url, **told)
        parts = (scene.url, scene.provider_url, scene.salesforce, scene.provider, scene.stack)
        unborn: App = None  # type: ignore[assignment]
        world = RestartingWorld(*parts, app=unborn, settings=settings, port=port)
        await world.start()
        stack.push_async_callback(world.running.aclose)
        await stack.enter_async_context(scene.stack)
        yield world


@asynccontextmanager
async def a_talking_office(
    folder: Path,
    *,
    arguments: tuple[str, ...] = (),
    browsing: dict[str, Any] | None = None,
    **wishes: Any,
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
            browsing={"permissions": ["microphone"]} if browsing is None else browsing,
            make_world=a_restarting_world,
            **settings_for(bench, folder) | {"asterisk_browser_phone": True} | wishes,
        ) as org,
    ):
        await org.context.add_init_script(WATCH)
        office = Office(org, bench, await bench.phone("ada"))
        await until_steered(office)
        office.ada.plan = lambda number: IGNORE
        office.trunk.plan = lambda number: PICK_UP
        yield office


async def until_steered(office: Office) -> None:
    """Wait until Asterisk is listened to."""
    async with office.bench.world.http() as http, asyncio.timeout(20):  # type: ignore[union-attr]
        while not (await http.get(f"/ari/applications/{APP}")).is_success:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def until_audio(tab: Tab, *states: str) -> None:
    """Wait until the panel says one of these of its phone."""
    wanted = ", ".join(f'[data-audio="{state}"]' for state in states)
    frame = tab.page.frame_locator('iframe[src*="/softphone"]')
    await frame.locator(wanted).first.wait_for(state="attached", timeout=30_000)


async def show(tab: Tab) -> None:
    """Open the panel, if it is not."""
    await tab.page.evaluate("document.querySelector('#panel').hidden && item.click()")


async def until_heard(office: Office, hertz: int = MINE) -> None:
    """Wait until the customer hears this tone, from now on."""
    for call in office.trunk.live:
        call.media.heard.clear()
    async with asyncio.timeout(30):
        while [pitch(call.media.heard) for call in office.trunk.live] != [hertz]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def until_browser_hears(tab: Tab, hertz: int = THEIRS) -> None:
    """Wait until the loudest tone in this page is this one, to 20 Hz."""
    async with asyncio.timeout(30):
        while abs(await tab.phone.evaluate(LOUDEST) - hertz) > 20:  # noqa: ASYNC110
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


async def packets_a_second(office: Office, tab: Tab, seconds: float) -> dict[str, float]:
    """What went out and came in at both ends of the talk, for so long; printed, too."""
    (customer,) = office.trunk.live
    clock = asyncio.get_running_loop().time
    began = clock()
    before = await tab.phone.evaluate(COUNTS), customer.media.sent, customer.media.received
    await asyncio.sleep(seconds)
    after = await tab.phone.evaluate(COUNTS), customer.media.sent, customer.media.received
    took = clock() - began
    rates = {
        "browser sent": (after[0]["sent"] - before[0]["sent"]) / took,
        "browser received": (after[0]["received"] - before[0]["received"]) / took,
        "phone sent": (after[1] - before[1]) / took,
        "phone received": (after[2] - before[2]) / took,
    }
    print("packets a second:", {name: round(rate, 1) for name, rate in rates.items()})
    return rates


def is_all_of_it(rates: dict[str, float]) -> bool:
    """50 a second is; what comes in cannot be more than what this machine sent in time."""
    return min(rates.values()) >= min(49, rates["phone sent"] - 1)


async def customers(office: Office) -> list[str]:
    """The channels of the phone network's side."""
    return [str(one["id"]) for one in await office.bench.channels() if "trunk" in str(one["name"])]


async def one_task(office: Office, tab: Tab) -> dict[str, Any]:
    """The customer hangs up: the one Task of the talk, once it is there; nothing is left behind."""
    await office.trunk.live[0].hang_up()
    await tab.until("wrapup", "off")
    (task,) = await tab.until_tasks(1)
    async with asyncio.timeout(20):
        while await office.bench.channels():  # noqa: ASYNC110 - Asterisk's own
            await asyncio.sleep(0.05)
    return task
