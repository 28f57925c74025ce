"""Without Open CTI: our own component, compiled as Salesforce compiles it, hosts the page."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab, an_org
from tests.browser.test_accessibility import SMALL, violations
from tests.browser.test_inbound import GRACE, GRACE_ID, NOBODY, PETROVS, act, comes_in

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
NUMBER = "+1 202-555-9000"
SOON: dict[str, Any] = {"report_seconds": 1, "journal_seconds": 1, "wrap_up_seconds": 60}
"""Salesforce is given a second to answer, so that doubt comes soon."""


@pytest.fixture(scope="session")
def components(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The components of `salesforce/host`, compiled."""
    out = tmp_path_factory.mktemp("components") / "components.js"
    command = [".venv/bin/node", "qa/salesforce/components/compile.mjs", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    return out


@pytest.fixture
async def host(tmp_path: Path, components: Path) -> AsyncIterator[Org]:
    """A stage without Open CTI."""
    async with an_org(tmp_path, home="/lwc/", components=components, **SOON) as made:
        await made.plays("+12025559000", outcome="answered")
        yield made


async def call_grace(tab: Tab) -> None:
    """Click her number in our component on her record's page."""
    await tab.page.evaluate("id => demoOrg.navigate(id)", GRACE_ID)
    await tab.page.locator("c-phone-numbers").get_by_role("button", name=NUMBER).click()


async def done(tab: Tab, notes: str = "") -> dict[str, Any]:
    """Finish the wrap-up; the one Task that there is."""
    if notes:
        await tab.phone.get_by_role("textbox", name="Notes").first.fill(notes)
    await tab.phone.get_by_role("button", name="Save and done").first.click()
    await tab.until("idle", "on")
    await tab.until_dialable()
    if notes:
        await tab.page.wait_for_function(
            "notes => demoOrg.tasks[0]?.Description?.includes(notes)", arg=notes
        )
    (task,) = await tab.until_tasks(1)
    return task


async def pops(tab: Tab) -> list[str]:
    """What was opened in this tab."""
    return list(await tab.page.evaluate("demoOrg.pops.map(p => p.type)"))


async def test_a_click_in_our_component_becomes_a_call_and_one_task(host: Org) -> None:
    """Two tabs: the button is off in both from the click to the end of wrap-up; one Task."""
    first, second = await host.tab(), await host.tab()
    await second.page.evaluate("id => demoOrg.navigate(id)", GRACE_ID)
    await first.page.bring_to_front()
    await first.watch_states()
    await call_grace(first)
    await second.until_dialable(on=False)
    other = second.page.locator("c-phone-numbers").get_by_role("button", name=NUMBER)
    await expect(other).to_be_disabled()
    await first.until("wrapup", "off")
    await first.until_tasks(1)
    task = await done(first, "Wants twenty units.")
    await second.until_dialable()
    await expect(other).to_be_enabled()
    assert await first.states() == [
        *("idle", "ringing-user-devices", "dialing-destination", "bridged", "wrapup", "idle")
    ]
    (call,) = (await host.world.history())["calls"]
    assert task["CallDurationInSeconds"] == round((call["ended"] - call["connected"]) / 1000)
    assert (task["Subject"], task["WhoId"]) == ("Call to Grace Okafor", GRACE_ID)
    assert (task["TaskSubtype"], task["CallType"]) == ("Call", "Outbound")
    assert task["Softphone_Call__c"] == task["CallObject"]
    assert task["Softphone_Save__c"] >= 2
    assert len(await host.posts()) == 1


async def test_a_known_caller_is_popped_named_and_logged(host: Org) -> None:
    """One match: their page opens, and the Task is on it."""
    tab = await host.tab()
    await tab.page.evaluate("demoOrg.close()")
    await tab.page.evaluate("demoOrg.navigate('001Hp0000000001IAA')")
    call = await comes_in(host, GRACE)
    await tab.until("ringing-inbound", "off")
    await expect(tab.page.locator("#panel")).to_be_visible()
    await expect(tab.phone.get_by_role("heading", name="Grace Okafor")).to_be_visible()
    await act(host, call, "answer")
    await tab.until("bridged", "off")
    await act(host, call, "hang_up")
    await tab.until("wrapup", "off")
    task = await done(tab)
    assert (task["CallType"], task["WhoId"]) == ("Inbound", GRACE_ID)
    assert await pops(tab) == ["standard__recordPage"]


@pytest.mark.parametrize("caller", [NOBODY, PETROVS], ids=["nobody", "several"])
async def test_an_unknown_or_shared_number_opens_nothing_and_is_logged(
    host: Org, caller: str
) -> None:
    """Several are offered in the panel; Salesforce has no way to its own search from here."""
    tab = await host.tab()
    call = await comes_in(host, caller)
    await tab.until("ringing-inbound", "off")
    await act(host, call, "answer")
    await tab.until("bridged", "off")
    if caller == PETROVS:
        await tab.phone.get_by_role("button", name="Petrov").first.click()
    await act(host, call, "hang_up")
    await tab.until("wrapup", "off")
    task = await done(tab)
    assert await pops(tab) in ([], ["standard__recordPage"])
    assert ("WhoId" in task) is (caller == PETROVS)
    assert task["CallType"] == "Inbound"


async def test_a_log_that_salesforce_refuses_is_corrected_in_the_panel(host: Org) -> None:
    """The field and Salesforce's own sentence, as data from Apex; then it is saved."""
    refused = {
        "statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "message": "Say what the call was about.",
        "fields": [{"name": "Subject", "label": "Subject"}],
    }
    tab = await host.tab()
    await tab.page.evaluate("why => demoOrg.answer('saveCall', {errors: [why]})", refused)
    await call_grace(tab)
    row = tab.phone.locator(".tray-row")
    await expect(row.get_by_text("Say what the call was about.")).to_be_visible(timeout=40_000)
    await tab.phone.locator(".card").get_by_role("button", name="Save and done").click()
    await tab.until("idle", "on")
    assert await tab.tasks() == []
    await row.get_by_role("button", name="Edit").click()
    await row.get_by_label("Subject").fill("Asked for an offer")
    await row.get_by_role("button", name="Save again").click()
    (task,) = await tab.until_tasks(1)
    await expect(row).to_have_count(0)
    assert (task["Subject"], task["WhoId"]) == ("Asked for an offer", GRACE_ID)


async def test_an_answer_that_never_comes_costs_no_second_task_and_no_question(host: Org) -> None:
    """The save was done, its answer is lost: it is sent again, and finds its own Task."""
    tab = await host.tab()
    await tab.page.evaluate("demoOrg.hold('saveCall')")
    await call_grace(tab)
    await tab.until_tasks(1)
    await tab.page.wait_for_function(
        "() => demoOrg.messages.filter(m => m.method === 'saveCall').length >= 2"
    )
    task = await done(tab, "Sent twice.")
    assert task["Softphone_Save__c"] >= 2
    assert await tab.page.evaluate("demoOrg.release('saveCall')") == 1
    assert len(await tab.tasks()) == 1
    await expect(tab.phone.locator(".tray-reason")).to_have_count(0)


@pytest.mark.parametrize("phase", ["ringing-user-devices", "dialing-destination", "bridged"])
async def test_reloading_the_page_during_a_call_costs_nothing(host: Org, phase: str) -> None:
    """A new port, the same call; one Task."""
    await host.plays(
        "+12025559000", outcome="answered", pick_up_seconds=2, ring_seconds=2, talk_seconds=4
    )
    tab = await host.tab()
    await call_grace(tab)
    await tab.until(phase, "off")
    await tab.page.evaluate("demoOrg.reloadPanel()")
    await tab.until("wrapup", "off")
    await tab.until_dialable(on=False)
    task = await done(tab)
    assert task["WhoId"] == GRACE_ID
    assert len(await host.posts()) == 1


async def test_another_tab_completes_the_save_of_a_crashed_one(host: Org) -> None:
    """Salesforce has saved, nobody heard of it: the other tab's save finds the Task."""
    first, second = await host.tab(), await host.tab()
    await first.page.bring_to_front()
    for tab in (first, second):
        await tab.page.evaluate("demoOrg.hold('saveCall')")
    await call_grace(first)
    await second.until("wrapup", "off")
    await second.until_tasks(1)
    await first.page.close()
    host.tabs.remove(first)
    task = await done(second, "After the crash.")
    assert task["WhoId"] == GRACE_ID
    assert len(await second.tasks()) == 1


async def test_a_tab_reloaded_during_wrap_up_shows_the_wrap_up_again(host: Org) -> None:
    """The whole tab this time."""
    tab = await host.tab()
    await call_grace(tab)
    await tab.until("wrapup", "off")
    await tab.until_tasks(1)
    await tab.page.reload()
    await tab.until("wrapup", "off")
    await done(tab, "Back again.")


async def test_a_forged_message_and_a_replayed_greeting_are_ignored(
    host: Org,
) -> None:
    """Whoever is not our frame, of the softphone's origin, gets no port; nor is one given twice."""
    tab = await host.tab()
    heard = await tab.page.evaluate(
        """async softphone => {
          const ports = [];
          const forge = async () => {
            const frame = document.createElement('iframe');
            document.body.append(frame);
            frame.contentWindow.addEventListener('message', e => ports.push(...e.ports));
            const event = (data, origin, from) =>
              window.dispatchEvent(new MessageEvent('message', {data, origin, source: from}));
            const nonce = 'a'.repeat(32);
            event({softphone: 'hello', nonce}, softphone, frame.contentWindow);
            event({softphone: 'hello', nonce}, location.origin, frame.contentWindow);
            const ours = document.querySelector('c-softphone-host').shadowRoot
              .querySelector('iframe').contentWindow;
            event({softphone: 'hello', nonce}, 'https://evil.example', ours);
            event({softphone: 'hello', nonce: 'short'}, softphone, ours);
            // What was sent to the frame before has come before this.
            await new Promise(done => {
              frame.contentWindow.addEventListener('message', e => e.data === 'fence' && done());
              frame.contentWindow.postMessage('fence', '*');
            });
            frame.remove();
          };
          await forge();
          return ports.length;
        }""",
        host.world.url,
    )
    assert heard == 0
    await call_grace(tab)
    await tab.until("wrapup", "off")
    await tab.until_tasks(1)


async def test_a_port_from_another_window_is_refused(host: Org) -> None:
    """The page keeps the first port that its own parent gave it, and no other."""
    tab = await host.tab()
    await tab.phone.evaluate(
        """() => {
          const channel = new MessageChannel();
          window.heardByStranger = 0;
          channel.port1.onmessage = () => { window.heardByStranger += 1; };
          const data = {softphone: 'port', nonce: 'a'.repeat(32)};
          for (const source of [window, window.parent])
            window.dispatchEvent(new MessageEvent('message',
              {data, origin: 'https://evil.example', source, ports: [channel.port2]}));
        }"""
    )
    await call_grace(tab)
    await tab.until("wrapup", "off")
    await tab.until_tasks(1)
    assert await tab.phone.evaluate("window.heardByStranger") == 0


async def test_the_panel_shows_the_numbers_of_the_record_in_view(host: Org) -> None:
    """No page was edited: one click in the panel calls, and the Task is on the record."""
    tab = await host.tab()
    await tab.page.evaluate("id => demoOrg.navigate(id)", GRACE_ID)
    numbers = tab.phone.get_by_role("region", name="Phone numbers for Grace Okafor")
    button = numbers.get_by_role("button", name=f"Call Phone {NUMBER}")
    await expect(numbers.get_by_role("button")).to_have_count(2)
    await button.click()
    await tab.until("wrapup", "off")
    await expect(numbers).to_have_count(0)
    task = await done(tab, "From the panel.")
    assert task["WhoId"] == GRACE_ID
    await expect(button).to_be_enabled()


async def test_a_page_that_never_loads_tells_what_to_check(host: Org) -> None:
    """A browser that blocks the frame tells nobody why: the component does."""
    page = await host.context.new_page()
    await page.clock.install()
    await page.route("**/softphone?**", lambda route: route.abort())
    await page.goto(f"{host.url}/lwc/")
    await page.locator("c-softphone-host iframe").wait_for(state="attached")
    await page.clock.fast_forward(15_000)
    told = page.locator("c-softphone-host [role=alert]")
    await expect(told).to_contain_text(f"does not start from {host.world.url}.")
    await expect(told).to_contain_text(f"lists {host.url} in SOFTPHONE_ORG_ORIGINS")


async def test_the_utility_item_follows_the_call(host: Org) -> None:
    """Label, icon and height, by the attributes that there are; anything else is an error here."""
    tab = await host.tab()
    idle = await tab.page.locator("#item-label").inner_text()
    await call_grace(tab)
    await tab.until("bridged", "off")
    await expect(tab.page.locator("#item-label")).not_to_have_text(idle)
    await tab.until("wrapup", "off")
    await expect(tab.page.locator('#item[data-icon="edit"]')).to_have_count(1)
    height = await tab.page.locator("#frame").evaluate("frame => frame.style.height")
    assert height.endswith("px")


async def test_an_agent_who_moves_between_the_surfaces_loses_no_log(host: Org) -> None:
    """To our component and back, with a log that no page of the old one was there to save."""
    host.home = "/"
    cti = await host.tab()
    await cti.click("Grace Okafor", NUMBER)
    await cti.until("bridged", "off")
    await cti.page.close()
    host.tabs.remove(cti)
    await until_over(host, 1)

    host.home = "/lwc/"
    lwc = await host.tab(ready=False)
    await lwc.until("wrapup", "off")
    (by_key,) = await lwc.until_tasks(1)
    assert by_key["Softphone_Call__c"] == by_key["CallObject"]
    await done(lwc)
    await call_grace(lwc)
    await lwc.until("bridged", "off")
    await lwc.page.close()
    host.tabs.remove(lwc)
    await until_over(host, 2)

    host.home = "/"
    back = await host.tab(ready=False)
    await back.until("wrapup", "off")
    tasks = await back.until_tasks(2)
    assert [task["WhoId"] for task in tasks] == [GRACE_ID, GRACE_ID]
    assert "Softphone_Call__c" not in tasks[1]
    assert len({task["CallObject"] for task in tasks}) == 2


async def until_over(host: Org, calls: int) -> None:
    """Wait until so many calls are over at the provider, and the adapter has heard of it."""
    async with asyncio.timeout(30):
        while True:
            history = await host.world.history()
            ended = [call for call in history["calls"] if call["ended"]]
            if len(ended) >= calls and all(d["fate"] != "pending" for d in history["deliveries"]):
                return
            await asyncio.sleep(0.1)


@pytest.mark.slow
async def test_the_panels_numbers_have_no_violation(tmp_path: Path, components: Path) -> None:
    """axe, in both themes; targets are large."""
    async with an_org(tmp_path, bypass_csp=True, home="/lwc/", components=components) as org:
        tab = await org.tab()
        await tab.page.evaluate("id => demoOrg.navigate(id)", GRACE_ID)
        await expect(tab.phone.locator(".record-numbers li")).to_have_count(2)
        assert await violations(tab.page, tab.phone) == []
        assert await tab.phone.evaluate(SMALL) == []


async def test_the_demos_own_page_needs_no_compiler(tmp_path: Path) -> None:
    """The same modules without the framework: what `make demo` shows."""
    async with an_org(tmp_path, home="/lwc/") as org:
        await org.plays("+12025559000", outcome="answered")
        tab = await org.tab()
        await tab.click("Grace Okafor", NUMBER)
        await tab.until("wrapup", "off")
        task = await done(tab, "From the demo.")
        assert task["Softphone_Call__c"] == task["CallObject"]
