"""Signing in with Salesforce, in Chromium, from an iframe on another site, over TLS."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Frame, Page, async_playwright, expect

from adapter.app import listening
from adapter.web.pages.demo import make_demo_org
from adapter.web.signin.sessions import cookie_name
from tests.browser import tls
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.fakes.identity import FakeIdentity, an_identity
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import World, a_world

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000

ACME, BETA = "00D00000000000a", "00D00000000000b"


@dataclass
class Stage:
    """Two orgs, their identity providers, one adapter, one browser."""

    world: World
    acme: FakeIdentity
    beta: FakeIdentity
    acme_url: str
    beta_url: str
    context: BrowserContext

    async def open(self, url: str) -> tuple[Page, Frame]:
        """A tab of that org, and the softphone in it."""
        page = await self.context.new_page()
        await page.goto(url)
        return page, await softphone(page)

    async def another_browser(self) -> Stage:
        """The same stage, seen by a browser that shares nothing with this one."""
        browser = self.context.browser
        assert browser is not None
        return replace(self, context=await a_browser(browser))

    async def cookies(self) -> list[Any]:
        """The softphone's own cookies, whoever set them."""
        mine: list[Any] = await self.context.cookies()
        return [cookie for cookie in mine if cookie["name"].startswith(cookie_name("00D"))]


async def a_browser(browser: Browser) -> BrowserContext:
    """One that shares nothing with others, and is as patient as a busy machine needs."""
    context = await browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(PATIENCE_MS)
    return context


async def softphone(page: Page) -> Frame:
    """The frame, once it is there."""
    await page.wait_for_function("document.querySelector('iframe')?.src.includes('/softphone')")
    element = await page.wait_for_selector("iframe")
    assert element is not None
    frame = await element.content_frame()
    assert frame is not None
    return frame


async def until(frame: Frame, state: str) -> None:
    """Wait for what the panel shows."""
    await frame.locator(f'#softphone[data-state="{state}"]').wait_for(state="attached")


async def begin(stage: Stage, frame: Frame) -> Page:
    """Press the button; the pop-up."""
    await until(frame, "signed-out")
    async with stage.context.expect_page() as opened:
        await frame.get_by_role("button", name="Sign in with Salesforce").click()
    popup: Page = await opened.value
    await popup.get_by_role("link", name="ada").wait_for()
    return popup


async def sign_in(stage: Stage, frame: Frame, login: str = "ada") -> None:
    """The whole way."""
    popup = await begin(stage, frame)
    async with popup.expect_event("close"):
        await popup.get_by_role("link", name=login).click()
    await until(frame, "idle")


def org_text(folder: Path, org_id: str, domain: str, origin: str) -> str:
    """One [[org]] of the file."""
    (folder / org_id).write_text(f"secret-of-{org_id}")
    return f"""
[[org]]
id = "{org_id}"
domain = "{domain}"
client_id = "client"
origins = ["{origin}"]
account = "acct_{org_id}"
token_file = "{folder}/{org_id}"
webhook_secrets_file = "{folder}/{org_id}"
"""


@asynccontextmanager
async def a_stage(folder: Path, **wishes: Any) -> AsyncIterator[Stage]:
    """Everything, over TLS, on names of three sites."""
    async with AsyncExitStack() as stack:
        acme = await stack.enter_async_context(an_identity(org_id=ACME))
        beta = await stack.enter_async_context(an_identity(org_id=BETA))
        context = tls.certificate(folder)
        doors = [await stack.enter_async_context(tls.a_door(context)) for _ in range(3)]
        phone = f"https://{tls.PHONE}:{doors[0].port}"
        urls = [f"https://{tls.ACME}:{doors[1].port}", f"https://{tls.BETA}:{doors[2].port}"]
        orgs = org_text(folder, ACME, acme.url, urls[0]) + org_text(folder, BETA, beta.url, urls[1])
        (folder / "orgs.toml").write_text(orgs)
        world = await stack.enter_async_context(
            a_world(
                folder,
                provider=FakeProvider().app(),
                public_url=phone,
                sign_in="salesforce",
                orgs_file=folder / "orgs.toml",
                **wishes,
            )
        )
        doors[0].leads_to = int(world.url.rsplit(":", 1)[1])
        site = make_demo_org(f"{phone}/softphone", "ada", names=(tls.ACME, tls.BETA))
        site_port = await stack.enter_async_context(listening(site, "127.0.0.1", 0))
        doors[1].leads_to = doors[2].leads_to = site_port
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, *tls.ARGUMENTS]
        )
        stack.push_async_callback(browser.close)
        made = await a_browser(browser)
        yield Stage(world, acme, beta, urls[0], urls[1], made)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage of its own."""
    async with a_stage(tmp_path) as made:
        yield made


async def test_an_agent_signs_in_from_a_frame_on_another_site(stage: Stage) -> None:
    """With the opener: nothing to type; the panel says who it is, a reload keeps it so.

    Of all cookies it is the Partitioned one that came through.
    """
    page, frame = await stage.open(stage.acme_url)
    await sign_in(stage, frame)
    await expect(frame.get_by_text("Ada Lovelace")).to_be_visible()
    (cookie,) = await stage.cookies()
    assert cookie["name"] == cookie_name(ACME)
    assert "force.com" in str(cookie["partitionKey"])
    await page.reload()
    await until(await softphone(page), "idle")


async def test_without_an_opener_the_code_is_typed(stage: Stage) -> None:
    """Salesforce's page cuts the pop-up off (COOP): it shows a code, the panel has a field."""
    stage.acme.isolates = True
    _, frame = await stage.open(stage.acme_url)
    popup = await begin(stage, frame)
    await popup.get_by_role("link", name="ada").click()
    shown = popup.locator("#code")
    await expect(shown).to_have_text(re.compile("^[A-Z2-9]{4}-[A-Z2-9]{4}$"))
    assert await popup.evaluate("window.opener") is None
    await frame.get_by_label("Code").fill(await shown.inner_text())
    await frame.get_by_role("button", name="Sign in with Salesforce").click()
    await until(frame, "idle")


async def test_two_orgs_are_signed_in_side_by_side(stage: Stage) -> None:
    """One browser, one partition (force.com), two cookies: each panel shows its own agent."""
    _, acme = await stage.open(stage.acme_url)
    await sign_in(stage, acme, "ada")
    beta_page, beta = await stage.open(stage.beta_url)
    await sign_in(stage, beta, "grace")
    await expect(acme.get_by_text("Ada Lovelace")).to_be_visible()
    await expect(beta.get_by_text("Grace Hopper")).to_be_visible()
    await beta_page.reload()
    await until(again := await softphone(beta_page), "idle")
    await expect(again.get_by_text("Grace Hopper")).to_be_visible()
    names = {cookie["name"] for cookie in await stage.cookies()}
    assert names == {cookie_name(ACME), cookie_name(BETA)}
    assert {page.key.org_id for page in stage.world.app.pages.everyone()} == {ACME, BETA}


async def test_a_sign_out_closes_the_socket(stage: Stage) -> None:
    """The panel asks for a sign-in again, no page is connected, no cookie is left."""
    _, frame = await stage.open(stage.acme_url)
    await sign_in(stage, frame)
    await frame.get_by_role("button", name="Sign out").click()
    await until(frame, "signed-out")
    await stage.world.app.pages.none_left()
    assert await stage.cookies() == []


async def test_signing_out_everywhere_is_offered_in_the_panels_account_menu(stage: Stage) -> None:
    """Two browsers of one agent; a press in one of them, and both ask for a sign-in again."""
    _, here = await stage.open(stage.acme_url)
    await sign_in(stage, here)
    other = await stage.another_browser()
    _, there = await other.open(stage.acme_url)
    await sign_in(other, there)
    await here.get_by_role("button", name="Your account").click()
    await here.get_by_role("button", name="Sign out everywhere").click()
    await until(here, "signed-out")
    await until(there, "signed-out")
    await expect(here.get_by_role("button", name="Sign out everywhere")).to_be_hidden()
    await stage.world.app.pages.none_left()


async def test_a_colleague_in_salesforce_cannot_phone_as_the_previous_agent(
    tmp_path: Path,
) -> None:
    """Ada's phone, then Grace's Salesforce in the same browser: Grace is told to sign in."""
    async with a_stage(tmp_path, check_salesforce_user=True) as stage:
        page, frame = await stage.open(f"{stage.acme_url}/?who={ACME}/005000000000001AAA")
        await sign_in(stage, frame)
        # The answer goes down the socket before the click does.
        answered = "m => m.direction === 'out' && m.message.methodName === 'runApex'"
        await page.wait_for_function(f"demoOrg.messages.some({answered})")
        await page.locator("#records").get_by_text("Grace Okafor", exact=True).click()
        await page.locator("#page").get_by_text("+1 202-555-9000").click()
        await until(frame, "ringing-user-devices")

        await page.goto(f"{stage.acme_url}/?who={ACME}/005000000000002AAA")
        frame = await softphone(page)
        await until(frame, "signed-out")
        await expect(frame.get_by_text("is not the one signed in")).to_be_visible()
        await expect(frame.get_by_role("button", name="Sign in with Salesforce")).to_be_visible()


async def test_only_the_partitioned_one_of_four_cookies_survives(stage: Stage) -> None:
    """Where third parties keep no ordinary cookies: SameSite=None alone is not enough."""
    _, frame = await stage.open(stage.acme_url)
    await until(frame, "signed-out")
    kept = await frame.evaluate(
        """() => {
          document.cookie = 'lax=1; Path=/; Secure; SameSite=Lax';
          document.cookie = 'strict=1; Path=/; Secure; SameSite=Strict';
          document.cookie = 'none=1; Path=/; Secure; SameSite=None';
          document.cookie = 'chips=1; Path=/; Secure; SameSite=None; Partitioned';
          return document.cookie;
        }"""
    )
    assert kept == "chips=1"


async def test_another_site_may_not_show_the_softphone(stage: Stage) -> None:
    """frame-ancestors: a page of a stranger gets an empty frame, whatever it claims to be."""
    page = await stage.context.new_page()
    await page.goto(stage.acme_url.replace(tls.ACME, "evil.example"))
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text))
    await page.evaluate(
        """url => new Promise(done => {
          const frame = document.createElement('iframe');
          frame.onload = done;
          frame.src = url;
          document.body.append(frame);
        })""",
        f"{stage.world.app.settings.public_url}/softphone?sfdcIframeOrigin={stage.acme_url}&mode=Lightning",
    )
    assert any("frame-ancestors" in text for text in refused)
