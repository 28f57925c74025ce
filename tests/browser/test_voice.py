"""The connector of Salesforce Voice in Chromium, over TLS, with Salesforce's own library."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright, expect

from adapter.app import listening
from tests.browser import tls
from tests.browser.conftest import ARGUMENTS, HEADLESS
from tests.fakes.voicecalls import CENTER, ORG, VoiceCalls, key_pair, voice_calls
from tests.scenarios.conftest import World, a_world

pytestmark = pytest.mark.browser

LIBRARIES = Path(__file__).parents[2] / "node_modules" / ".voice"
PATIENCE_MS = 60_000
FAST = {"pick_up_seconds": 0.3, "ring_seconds": 0.3, "talk_seconds": 1.2}

ADA = hashlib.sha256(b"ada").hexdigest()[:12].upper()
"""The dev sign-in makes the user's id of the name."""

HOST = """<!DOCTYPE html><title>Omni-Channel</title>
<iframe id="connector" src="{phone}/voice/{org}" style="display:none"></iframe>
<iframe id="sign-in" src="about:blank" width="400" height="350"></iframe>
<script>
const frame = document.getElementById('connector');
const heard = globalThis.heard = [];
frame.addEventListener('load', () => {{
  const {{ port1, port2 }} = new MessageChannel();
  globalThis.port = port1;
  port1.onmessage = ({{ data }}) => heard.push(data);
  const connectorConfig = {{ organizationId: '{org}AAA', userId: '{user}' }};
  frame.contentWindow.postMessage({{ type: 'SETUP_CONNECTOR', connectorConfig }}, '*', [port2]);
}});
globalThis.events = () => heard.filter(({{ type }}) => type === 'TELEPHONY_EVENT_DISPATCHED')
  .map(({{ payload }}) => payload.telephonyEventType);
</script>"""


@dataclass
class Omni:
    """Salesforce's page as it stands around ours."""

    page: Page
    world: World
    api: VoiceCalls
    problems: list[str]

    async def until(self, event: str) -> None:
        """Wait for news of that kind."""
        await self.page.wait_for_function(
            "name => events().includes(name)", arg=event, timeout=PATIENCE_MS
        )

    async def ask(self, **frame: Any) -> None:
        """A wish of the host's."""
        await self.page.evaluate("frame => port.postMessage(frame)", frame)


@pytest.fixture(params=["3.6.2", "4.8.10"])
async def omni(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Omni]:
    """A console with the connector of one agent, who is not signed in to the phone yet."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(voice_calls())
        context = tls.certificate(tmp_path)
        doors = [await stack.enter_async_context(tls.a_door(context)) for _ in range(2)]
        phone, console = (
            f"https://localhost:{doors[0].port}",
            f"https://{tls.ACME}:{doors[1].port}",
        )
        told: dict[str, Any] = {
            "public_url": phone,
            "org_id": ORG,
            "org_origins": (console,),
            "voice_url": api.url,
            "voice_contact_center": CENTER,
            "voice_key": key_pair()[0],
            "voice_library": LIBRARIES / f"{request.param}.cjs",
        }
        world = await stack.enter_async_context(a_world(tmp_path, **told))
        doors[0].leads_to = int(world.url.rpartition(":")[2])

        async def serve_host(_request: web.Request) -> web.Response:
            text = HOST.format(phone=phone, org=ORG, user=f"005{ADA}")
            return web.Response(text=text, content_type="text/html")

        site = web.Application()
        site.router.add_get("/", serve_host)
        doors[1].leads_to = await stack.enter_async_context(listening(site, "127.0.0.1", 0))
        playwright = await stack.enter_async_context(async_playwright())
        arguments = [*ARGUMENTS, *tls.ARGUMENTS]
        browser = await playwright.chromium.launch(executable_path=HEADLESS, args=arguments)
        stack.push_async_callback(browser.close)
        tab = await (await browser.new_context(ignore_https_errors=True)).new_page()
        tab.set_default_timeout(PATIENCE_MS)
        problems: list[str] = []
        policy = "Content Security Policy"
        tab.on("console", lambda said: problems.append(said.text) if policy in said.text else None)
        await tab.goto(console)
        yield Omni(tab, world, api, problems)


async def signed_in(omni: Omni, *, first_as: str = "") -> None:
    """By the sign-in page that Salesforce shows; the page refuses whom Salesforce does not show."""
    await omni.until("SHOW_LOGIN")
    frame = omni.page.frame_locator("#sign-in")
    await omni.page.evaluate(
        "document.getElementById('sign-in').src = "
        "document.getElementById('connector').src + '/sign-in'"
    )
    for name in filter(None, (first_as, "ada")):
        await frame.get_by_label("Your name").fill(name)
        await frame.get_by_role("button", name="Sign in").click()
        if name == first_as:
            words = f"You signed in here as {name}, but Salesforce shows another user."
            await expect(frame.get_by_role("status")).to_contain_text(words)
    await omni.until("LOGIN_RESULT")
    await ready(omni.page)


async def ready(tab: Page) -> None:
    """Until Salesforce's phone of that tab has heard all that it asks for."""
    await tab.wait_for_function(
        "heard.some(({ type, payload }) => type === 'CONNECTOR_READY' && payload.capabilities)",
        timeout=PATIENCE_MS,
    )


async def test_an_agent_signs_in_calls_and_has_one_completed_record(omni: Omni) -> None:
    """From the sign-in page that Salesforce shows to the record that the backend writes.

    The connector's address in a tab of its own shows an admin what there is to check.
    """
    await signed_in(omni, first_as="bob")
    await omni.world.scenario(outcome="answered", **FAST)
    await omni.ask(type="DIAL", contact={"phoneNumber": "+12025550143"})
    await omni.until("AFTER_CALL_WORK_STARTED")
    events = await omni.page.evaluate("events()")
    assert events[2:] == ["CALL_STARTED", "CALL_CONNECTED", "HANGUP", "AFTER_CALL_WORK_STARTED"]
    (call_id,) = {
        call["callId"]
        for call in await omni.page.evaluate(
            "heard.filter(({ payload }) => payload.telephonyEventType === 'HANGUP')"
            ".flatMap(({ payload }) => payload.telephonyEventPayload)"
        )
    }
    await omni.ask(type="WRAP_UP_CALL", call={"callId": call_id})
    async with asyncio.timeout(30):
        while "isActiveCall" not in omni.api.records.get(call_id, {}):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert set(omni.api.records) == {call_id}
    logs = await omni.page.evaluate("JSON.stringify(heard.filter(({ type }) => type === 'LOG'))")
    assert "2025550143" not in logs
    assert omni.problems == []
    await omni.page.goto(await omni.page.evaluate("document.getElementById('connector').src"))
    await expect(omni.page.get_by_role("listitem").first).to_contain_text("library is loaded")
    assert "✗" not in await omni.page.locator("body").inner_text()


async def test_five_tabs_show_the_same_call(omni: Omni) -> None:
    """Each with a connector of its own; one is closed in the call; one call, one record."""
    await signed_in(omni)
    tabs = [omni.page]
    for _ in range(4):
        tab = await omni.page.context.new_page()
        await tab.goto(omni.page.url)
        await ready(tab)
        tabs.append(tab)
    await omni.world.scenario(outcome="answered", **{**FAST, "talk_seconds": 3})
    await omni.ask(type="DIAL", contact={"phoneNumber": "+12025550143"})
    for tab in tabs:
        await tab.wait_for_function("events().includes('CALL_STARTED')", timeout=PATIENCE_MS)
    await tabs.pop(2).close()
    told = ["CALL_STARTED", "CALL_CONNECTED", "HANGUP", "AFTER_CALL_WORK_STARTED"]
    for tab in tabs:
        await tab.wait_for_function(
            "events().includes('AFTER_CALL_WORK_STARTED')", timeout=PATIENCE_MS
        )
        assert (await tab.evaluate("events()"))[-4:] == told
    await omni.ask(type="WRAP_UP_CALL", call=None)
    async with asyncio.timeout(60):
        while not any("isActiveCall" in one for one in omni.api.records.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert len(omni.api.records) == 1
    assert len((await omni.world.history())["posts"]) == 1
