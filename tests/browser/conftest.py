"""A real Chromium in front of everything: the demo org on one site, the softphone on another."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Frame,
    Page,
    Playwright,
    async_playwright,
    expect,
)
from playwright.async_api import TimeoutError as NoAnswer

from adapter.app import listening
from adapter.web.pages.demo import make_demo_org
from tests.scenarios.conftest import World, a_world, free_port


def installed(*names: str) -> str:
    """The first of these programs that this machine has."""
    return next(filter(None, map(shutil.which, names)), names[0])


WHOLE = ("chromium", "chromium-browser", "google-chrome")
# As people have it, with microphones and partitioned cookies.
CHROMIUM = installed(*WHOLE)
# The same engine without these and without windows, for two thirds of the processor time.
HEADLESS = installed("chromium-headless-shell", *WHOLE)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_SECONDS, ATTACH_SECONDS, ENDS_SECONDS = 60.0, 15.0, 10.0
FAST = {"pick_up_seconds": 0.3, "ring_seconds": 0.4, "talk_seconds": 2.2}

expect.set_options(timeout=15_000)


@dataclass
class Tab:
    """One tab of the org, with the softphone in its utility bar."""

    page: Page
    problems: list[str] = field(default_factory=list)

    @property
    def phone(self) -> Frame:
        """The softphone's own frame."""
        return next(f for f in self.page.frames if "/softphone" in f.url)

    async def state(self) -> str:
        """The phase that the softphone shows."""
        return str(await self.phone.locator("#softphone").get_attribute("data-state"))

    async def until(self, state: str, click_to_dial: str | None = None) -> None:
        """Wait for a phase, and for click-to-dial to be so."""
        wanted = f'#softphone[data-state="{state}"]'
        if click_to_dial is not None:
            wanted += f'[data-click-to-dial="{click_to_dial}"]'
        where = self.page.locator(wanted)
        if "/softphone" not in self.page.url:
            # By its element: a frame that is being loaded anew has no address for a moment.
            where = self.page.frame_locator('iframe[src*="/softphone"]').locator(wanted)
        await where.wait_for(state="attached", timeout=20_000)

    async def until_dialable(self, on: bool = True) -> None:
        """Wait until the org itself has click-to-dial on (or off) in this tab."""
        await self.page.wait_for_function("on => globalThis.demoOrg?.clickToDial === on", arg=on)

    async def click(self, name: str, number: str) -> None:
        """Open the record and click its number."""
        await self.page.locator("#records").get_by_text(name, exact=True).click()
        await self.page.locator("#page").get_by_text(number).click()

    async def tasks(self) -> list[dict[str, Any]]:
        """The Tasks that are in Salesforce."""
        tasks: list[dict[str, Any]] = await self.page.evaluate("demoOrg.tasks")
        return tasks

    async def until_tasks(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many Tasks."""
        await self.page.wait_for_function("n => demoOrg.tasks.length >= n", arg=count)
        return await self.tasks()

    async def toggles(self) -> list[str]:
        """Every enable and disable that this tab's softphone has asked of the org, in order."""
        return list(
            await self.page.evaluate(
                """demoOrg.messages.filter(m => m.direction === 'in')
                   .map(m => m.message.methodName).filter(n => /ClickToDial$/.test(n))
                   .filter(n => !n.startsWith('on')).map(n => n.replace('ClickToDial', ''))"""
            )
        )

    async def watch_states(self) -> None:
        """Note every phase that the softphone goes through from now on."""
        await self.phone.evaluate(
            """() => {
              const root = document.querySelector('#softphone');
              window.phases = [root.dataset.state];
              new MutationObserver(() => {
                const now = root.dataset.state;
                if (window.phases.at(-1) !== now) window.phases.push(now);
              }).observe(root, {attributes: true, attributeFilter: ['data-state']});
            }"""
        )

    async def states(self) -> list[str]:
        """The phases noted since `watch_states`."""
        return list(await self.phone.evaluate("window.phases"))


@dataclass
class Org:
    """The whole stage: world, browser, tabs."""

    world: World
    url: str
    browser: Browser
    context: BrowserContext
    home: str = "/"
    tabs: list[Tab] = field(default_factory=list)

    async def tab(self, agent: str = "ada", ready: bool = True) -> Tab:
        """A tab of the org, signed in and ready to dial."""
        tab = Tab(await self.context.new_page())
        tab.page.on("pageerror", lambda error: tab.problems.append(str(error)))
        tab.page.on("console", lambda line: _note(tab, line.type, line.text))
        self.tabs.append(tab)
        await tab.page.goto(f"{self.url}{self.home}?agent={agent}")
        if ready:
            await tab.until_dialable()
        return tab

    async def plays(self, number: str, **scenario: Any) -> None:
        """How the phone network treats that number."""
        answer = await self.world.provider.post(
            "/v1/test_helpers/scenarios",
            json={"number": number, "scenario": {**FAST, **scenario}},
        )
        answer.raise_for_status()

    async def posts(self) -> list[dict[str, Any]]:
        """Every request to place a call that the provider got."""
        posts: list[dict[str, Any]] = (await self.world.history())["posts"]
        return posts


def _note(tab: Tab, kind: str, text: str) -> None:
    # A refused sign-in check and a refused socket are part of life; a script error is not.
    if kind == "error" and "Failed to load resource" not in text and "WebSocket" not in text:
        tab.problems.append(text)


@contextlib.asynccontextmanager
async def as_people_have_it(profile: Path) -> AsyncIterator[str]:
    """A Chromium as people start it; its address for debuggers.

    Playwright's has no partitioned storage, and so no locks in a frame of another site's page.
    It says where it listens in a file: a pipe may never end, for its own children hold it as well.
    """
    told = profile / "DevToolsActivePort"
    told.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *(*ARGUMENTS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}"),
        "about:blank",  # not its own first page, which comes and goes while we attach
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield await listens(process, told)
    finally:
        await ended(process)


async def listens(process: Process, told: Path) -> str:
    """Where that Chromium listens, as soon as the file `told` says so."""
    lines: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(lines) < 2:
            assert process.returncode is None, "Chromium ended before it listened"
            await asyncio.sleep(0.05)
            with contextlib.suppress(FileNotFoundError):
                lines = (await asyncio.to_thread(told.read_text)).split()
    port, path = lines
    return f"ws://127.0.0.1:{port}{path}"


async def ended(process: Process) -> None:
    """It is gone: by itself when asked to, else killed."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), ENDS_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def attached(playwright: Playwright, address: str) -> Browser:
    """Playwright's hold on that Chromium; one that is busy may never answer, and is asked again.

    Playwright's own limit does not bound all that it waits for.
    """
    for _ in range(3):
        with contextlib.suppress(NoAnswer, TimeoutError):
            async with asyncio.timeout(ATTACH_SECONDS):
                connect = playwright.chromium.connect_over_cdp
                return await connect(address, timeout=ATTACH_SECONDS * 1000)
    raise AssertionError("Chromium listens, and lets nobody attach")


@contextlib.asynccontextmanager
async def a_browser(arguments: Sequence[str], profile: Path | None) -> AsyncIterator[Browser]:
    """A Chromium to be driven; with a `profile` or `arguments` (a microphone) as people have it."""
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        if profile is not None:
            address = await stack.enter_async_context(as_people_have_it(profile))
            yield await attached(playwright, address)
            return
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM if arguments else HEADLESS, args=[*ARGUMENTS, *arguments]
        )
        stack.push_async_callback(browser.close)
        yield browser


@contextlib.asynccontextmanager
async def an_org(
    folder: Path,
    *,
    bypass_csp: bool = False,
    browsing: dict[str, Any] | None = None,
    arguments: Sequence[str] = (),
    home: str = "/",
    components: Path | None = None,
    make_world: Callable[..., AbstractAsyncContextManager[World]] = a_world,
    profile: Path | None = None,
    **wishes: Any,
) -> AsyncIterator[Org]:
    """A stage with these settings; fails if any page had an error of its own.

    `home` is which of the demo org's pages is looked at, `components` what is compiled for it; with
    a `profile` (a folder) the browser is as people have it.
    """
    async with AsyncExitStack() as stack:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        world = await stack.enter_async_context(make_world(folder, org_origins=(url,), **wishes))
        site = make_demo_org(f"{world.url}/softphone", "ada", components=components)
        await stack.enter_async_context(listening(site, "127.0.0.1", port))
        browser = await stack.enter_async_context(a_browser(arguments, profile))
        context = await browser.new_context(
            viewport={"width": 1280, "height": 800}, bypass_csp=bypass_csp, **(browsing or {})
        )
        org = Org(world, url, browser, context, home)
        yield org
        assert [problem for tab in org.tabs for problem in tab.problems] == []


@pytest.fixture
async def org(tmp_path: Path) -> AsyncIterator[Org]:
    """A stage with the usual settings."""
    async with an_org(tmp_path) as made:
        yield made
