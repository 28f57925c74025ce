"""Issue: what Salesforce does to an iframe: moved in mid-call, never opened, old after a deploy."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Org
from tests.browser.test_inbound import act, comes_in
from tests.browser.test_main_job import GRACE, GRACE_NUMBER, done

pytestmark = pytest.mark.browser


async def test_a_panel_popped_out_during_a_call_shows_the_same_call(org: Org) -> None:
    """The iframe is loaded anew while they talk: same call, links off, one Task."""
    tab = await org.tab()
    call = await comes_in(org, "+12025559000")
    await tab.until("ringing-inbound", "off")
    await act(org, call, "answer")
    await tab.until("bridged", "off")
    before = await tab.phone.locator("article.card").get_attribute("data-call")
    await tab.page.evaluate("demoOrg.reloadPanel()")
    await tab.until("bridged", "off")
    await tab.until_dialable(on=False)
    assert await tab.phone.locator("article.card").get_attribute("data-call") == before
    await act(org, call, "hang_up")
    await tab.until("wrapup", "off")
    await tab.until_tasks(1)
    await done(tab)
    await tab.until_dialable()
    assert len(await tab.tasks()) == 1


async def test_a_tab_that_never_opened_the_phone_costs_nothing(org: Org) -> None:
    """No iframe there: the other tab does it all; opened later, it shows what is."""
    await org.plays("+12025559000", outcome="answered")
    first = await org.tab()
    second = await org.tab("ada&unopened", ready=False)
    await first.page.bring_to_front()
    await first.click(GRACE, GRACE_NUMBER)
    await first.until("wrapup", "off")
    await first.until_tasks(1)
    assert [frame for frame in second.page.frames if "/softphone" in frame.url] == []
    await second.page.evaluate("demoOrg.open()")
    await expect(second.page.frame_locator("iframe").locator("#softphone")).to_have_attribute(
        "data-state", "wrapup"
    )
    await done(first)
    await second.until("idle", "on")
    assert len(await first.tasks()) == 1


async def test_a_click_that_waited_for_a_sleeping_page_does_not_dial(org: Org) -> None:
    """The page wakes after a minute and hears of the click only then."""
    tab = await org.tab()
    await tab.phone.evaluate(
        """origin => {
          const real = Date.now;
          Date.now = () => real() + 60_000;
          const response = {number: '+1 202-555-9000'};
          const data = {apiVersion: 57, apiType: 'opencti', methodName: 'onClickToDial',
                        shouldExecuteListener: true, response};
          window.dispatchEvent(new MessageEvent('message', {origin, data}));
        }""",
        org.url,
    )
    await expect(tab.phone.locator(".alert").first).to_be_visible()
    await tab.until("idle")
    assert await org.posts() == []


async def test_an_outdated_page_reloads_itself_when_it_is_idle(org: Org) -> None:
    """After a deploy the socket says reload: not in a call, but when it is wrapped up."""
    tab = await org.tab()
    call = await comes_in(org, "+12025559000")
    await act(org, call, "answer")
    await tab.until("bridged", "off")
    # No page reloads within a minute of its load: this one's clock goes on by that minute.
    await tab.phone.evaluate(
        """() => {
          document.documentElement.dataset.old = '';
          const real = performance.now.bind(performance);
          performance.now = () => real() + 60_000;
        }"""
    )
    for page in org.world.app.pages.everyone():
        page.send('{"type":"reload"}')
    await act(org, call, "hang_up")
    await tab.until("wrapup", "off")
    await expect(tab.phone.locator("[data-old]")).to_have_count(1)
    await tab.until_tasks(1)
    await done(tab)
    # The panel's own rules forbid eval, which wait_for_function needs: it waits by locator.
    await expect(tab.phone.locator("[data-old]")).to_have_count(0)
    await tab.until("idle", "on")


async def test_a_page_signed_out_after_a_deploy_reloads_itself(org: Org) -> None:
    """Its form for signing in is gone with the last replica of its build."""
    tab = await org.tab()
    await tab.until("idle", "on")
    await tab.phone.evaluate(
        """() => {
          document.documentElement.dataset.old = '';
          const real = performance.now.bind(performance);
          performance.now = () => real() + 60_000;
        }"""
    )
    is_old = True

    def note(_: object) -> None:
        nonlocal is_old
        is_old = False

    async def form(route: Route) -> None:
        await (route.fulfill(status=404) if is_old else route.continue_())

    async def settings(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(json=await answer.json() | {"build": "of the deploy"})

    tab.page.on("framenavigated", note)
    await tab.page.route(re.compile(r"/signin[^/]*\.js"), form)
    await tab.page.route("**/api/page-settings*", settings)
    await tab.phone.get_by_role("button", name="Sign out").click()
    await expect(tab.phone.locator("[data-old]")).to_have_count(0)
    await tab.until("idle", "on")
