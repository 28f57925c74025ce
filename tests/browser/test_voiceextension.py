"""Notes beside Salesforce's own phone: our component, compiled as Salesforce compiles it."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import FrameLocator, Page, async_playwright, expect

from adapter.app import listening
from tests.browser.conftest import ARGUMENTS, HEADLESS
from tests.fakes.voicecalls import CENTER, ORG, VoiceCalls, key_pair, voice_calls
from tests.scenarios.conftest import World, a_world

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 60_000
GRACE = "003Hp0000000001IAA"

PAGE = """<!DOCTYPE html><title>Omni-Channel</title><body><script type="module">
import {{ mountVoice }} from '/components.js';
const opened = globalThis.opened = [];
const attributes = {{ recordId: '{record}', objectApiName: 'Contact' }};
globalThis.platform = {{
  onMoved(callback) {{ callback({{ type: 'standard__recordPage', attributes }}); return () => 0; }},
  navigate: (reference) => opened.push(reference),
}};
mountVoice(document.body, '{phone}/softphone?demo_agent=ada');
</script></body>"""


@dataclass
class Extension:
    """A page of Salesforce's with the component in it."""

    tab: Page
    world: World
    api: VoiceCalls

    @property
    def phone(self) -> FrameLocator:
        """Our page in the component."""
        return self.tab.frame_locator("c-softphone-voice iframe")

    async def record(self, call_id: str) -> dict[str, Any]:
        """The call's record, once it is completed."""
        async with asyncio.timeout(60):
            while "isActiveCall" not in self.api.records.get(call_id, {}):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return self.api.records[call_id]


@pytest.fixture(scope="session")
def components(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All components of ours, compiled."""
    out = tmp_path_factory.mktemp("components") / "components.js"
    command = [".venv/bin/node", "qa/salesforce/components/compile.mjs", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    return out


@pytest.fixture
async def extension(tmp_path: Path, components: Path) -> AsyncIterator[Extension]:
    """An agent of Salesforce Voice, whose console shows the component."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(voice_calls())
        phone: list[str] = []

        async def serve_host(_request: web.Request) -> web.Response:
            text = PAGE.format(phone=phone[0], record=GRACE)
            return web.Response(text=text, content_type="text/html")

        async def compiled(_request: web.Request) -> web.FileResponse:
            return web.FileResponse(components)

        site = web.Application()
        site.router.add_get("/", serve_host)
        site.router.add_get("/components.js", compiled)
        port = await stack.enter_async_context(listening(site, "127.0.0.1", 0))
        told: dict[str, Any] = {
            "org_id": ORG,
            "org_origins": (f"http://127.0.0.1:{port}",),
            "voice_url": api.url,
            "voice_contact_center": CENTER,
            "voice_key": key_pair()[0],
            "wrap_up_seconds": 120,
        }
        world = await stack.enter_async_context(a_world(tmp_path, **told))
        phone.append(world.url)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=HEADLESS, args=list(ARGUMENTS))
        stack.push_async_callback(browser.close)
        tab = await browser.new_page()
        tab.set_default_timeout(PATIENCE_MS)
        await tab.goto(f"http://127.0.0.1:{port}")
        yield Extension(tab, world, api)


async def test_notes_of_a_call_in_salesforces_phone_are_in_its_record(
    extension: Extension,
) -> None:
    """The call is dialed in Omni-Channel; its words are written beside it, and it is remembered."""
    world = extension.world
    await world.scenario(outcome="answered", pick_up_seconds=0.1, ring_seconds=0.1, talk_seconds=1)
    connector = await world.page(surface="voice")
    await connector.dial("(202) 555-0143")
    notes = extension.phone.get_by_role("textbox", name="Notes").first
    await expect(notes).to_be_visible(timeout=PATIENCE_MS)
    await notes.fill("Wants twenty units.")
    await connector.until(lambda v: bool(v["wrapups"]))
    (card,) = connector.view["wrapups"]
    await extension.phone.get_by_role("button", name="Save and done").first.click()
    await connector.until(lambda v: not v["wrapups"])
    record = await extension.record(card["call_id"])
    assert json.loads(record["callAttributes"])["softphoneNotes"] == "Wants twenty units."
    await expect(extension.phone.get_by_text("555-0143").first).to_be_visible(timeout=PATIENCE_MS)
    assert world.salesforce.tasks == {}
