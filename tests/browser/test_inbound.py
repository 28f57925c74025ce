"""Issue: a call that comes in finds its record, its agent and its one Task."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab

pytestmark = pytest.mark.browser

GRACE_ID = "003Hp0000000001IAA"
NOBODY, GRACE, PETROVS = "+12025550199", "+12025559000", "+12025550171"
LEO, MEI = "+12025550121", "+12025550151"
WAITING = {"outcome": "manual"}


async def comes_in(org: Org, number: str, **scenario: Any) -> str:
    """Somebody calls ada from that number; the provider's id of the call."""
    call = {"user": "user_ada", "from_number": number, "scenario": scenario or WAITING}
    return await org.world.sandbox(**call)


async def act(org: Org, call_id: str, verb: str) -> None:
    """Something is done to a call at the provider."""
    answer = await org.world.provider.post(f"/v1/test_helpers/calls/{call_id}/{verb}")
    answer.raise_for_status()


async def calls_of(tab: Tab, method: str) -> list[Any]:
    """The arguments of every call of that method which the org got from this tab."""
    found: list[Any] = await tab.page.evaluate(
        """name => demoOrg.messages.filter(m => m.direction === 'in'
           && m.message.methodName === name).map(m => m.message.args)""",
        method,
    )
    return found


async def pops(tab: Tab) -> list[str]:
    """What was popped in this tab."""
    return list(await tab.page.evaluate("demoOrg.pops.map(p => p.type)"))


async def saved(tab: Tab) -> dict[str, Any]:
    """Finish the wrap-up; the one Task."""
    await tab.phone.get_by_role("button", name="Save and done").first.click()
    await tab.until("idle", "on")
    (task,) = await tab.until_tasks(1)
    return task


async def test_a_known_caller_is_popped_named_and_logged(org: Org) -> None:
    """One match: its page opens while it rings, in one tab of two, and the Task is on it."""
    first, second = await org.tab(), await org.tab()
    await second.page.evaluate("demoOrg.close()")
    await second.page.evaluate("demoOrg.navigate('001Hp0000000001IAA')")
    await first.page.bring_to_front()
    call = await comes_in(org, GRACE)
    await first.until("ringing-inbound", "off")
    await expect(first.phone.get_by_role("heading", name="Grace Okafor")).to_be_visible()
    await second.page.bring_to_front()
    await act(org, call, "answer")
    await first.until("bridged", "off")
    await act(org, call, "hang_up")
    await first.until("wrapup", "off")
    task = await saved(first)
    assert sorted(await pops(first) + await pops(second)) == ["sobject"]
    assert (task["CallType"], task["WhoId"]) == ("Inbound", GRACE_ID)
    assert task["Subject"] == "Call from Grace Okafor"
    assert task["CallDisposition"] == "Connected"


async def test_the_panel_opens_where_the_agent_is(org: Org) -> None:
    """The call rings: the closed panel of the tab in use opens."""
    tab = await org.tab()
    await tab.page.evaluate("demoOrg.close()")
    await comes_in(org, NOBODY)
    await expect(tab.page.locator("#panel")).to_be_visible()
    assert {"visible": True} in await calls_of(tab, "setSoftphonePanelVisibility")


async def test_an_unknown_caller_is_logged_without_a_record(org: Org) -> None:
    """No match: nothing pops; what the agent looks at afterwards can be linked."""
    tab = await org.tab()
    call = await comes_in(org, NOBODY)
    await tab.until("ringing-inbound", "off")
    await act(org, call, "answer")
    await tab.until("bridged", "off")
    await tab.page.locator("#records").get_by_text("Grace Okafor", exact=True).click()
    await tab.phone.get_by_role("button", name="Pick a record").click()
    await tab.phone.get_by_role("button", name=re.compile("Grace Okafor")).click()
    await expect(tab.phone.get_by_role("heading", name="Grace Okafor")).to_be_visible()
    await act(org, call, "hang_up")
    await tab.until("wrapup", "off")
    task = await saved(tab)
    assert await pops(tab) == []
    assert task["WhoId"] == GRACE_ID


async def test_the_agent_picks_one_of_three_matches(org: Org) -> None:
    """Several: the search page pops, the panel asks who it is, the Task goes to the pick."""
    tab = await org.tab()
    call = await comes_in(org, PETROVS)
    await tab.until("ringing-inbound", "off")
    await expect(tab.phone.get_by_text("3 records have this number")).to_be_visible()
    await act(org, call, "answer")
    await tab.until("bridged", "off")
    await act(org, call, "hang_up")
    await tab.until("wrapup", "off")
    await tab.phone.get_by_role("button", name=re.compile("Sam Petrov")).click()
    await expect(tab.phone.get_by_role("heading", name="Sam Petrov")).to_be_visible()
    task = await saved(tab)
    await tab.page.wait_for_function("demoOrg.tasks[0].WhoId !== undefined")
    (task,) = await tab.tasks()
    assert await pops(tab) == ["search"]
    assert task["WhoId"].startswith("003Hp0000000012")
    assert task["Subject"] == "Call from Sam Petrov"


@pytest.mark.parametrize(
    ("number", "name", "who"),
    [(LEO, "Leo Brandt", "00QHp0000000001"), (MEI, "Mei Tanaka", "003Hp0000000009")],
)
async def test_leads_and_person_accounts_are_logged_on_the_person(
    org: Org, number: str, name: str, who: str
) -> None:
    """A Lead forbids WhatId; a person account's Task goes to its contact."""
    tab = await org.tab()
    call = await comes_in(org, number)
    await expect(tab.phone.get_by_role("heading", name=name)).to_be_visible()
    await act(org, call, "answer")
    await tab.until("bridged", "off")
    await act(org, call, "hang_up")
    await tab.until("wrapup", "off")
    task = await saved(tab)
    assert task["WhoId"].startswith(who)
    assert "WhatId" not in task


async def test_a_missed_call_is_logged_as_missed(org: Org) -> None:
    """The caller gives up: no talk, "Missed", on the caller's record."""
    tab = await org.tab()
    call = await comes_in(org, GRACE)
    await tab.until("ringing-inbound", "off")
    await expect(tab.phone.get_by_role("heading", name="Grace Okafor")).to_be_visible()
    await act(org, call, "hang_up")
    await tab.until("wrapup", "off")
    task = await saved(tab)
    assert (task["CallDisposition"], task["CallDurationInSeconds"]) == ("Missed", 0)
    assert task["WhoId"] == GRACE_ID


async def test_a_second_call_has_its_own_card_and_its_own_log(org: Org) -> None:
    """Call waiting: two cards side by side, two Tasks, each with its own outcome."""
    tab = await org.tab()
    talk = await comes_in(org, GRACE)
    await tab.until("ringing-inbound", "off")
    await act(org, talk, "answer")
    await tab.until("bridged", "off")
    knock = await comes_in(org, LEO)
    cards = tab.phone.locator("article.card")
    await expect(cards).to_have_count(2)
    await expect(cards.nth(0)).to_have_attribute("data-phase", "ringing-inbound")
    await expect(cards.nth(1)).to_have_attribute("data-phase", "bridged")
    assert await tab.state() == "bridged"
    await act(org, knock, "hang_up")
    await expect(cards.nth(1)).to_have_attribute("data-phase", "wrapup")
    await act(org, talk, "hang_up")
    await tab.until("wrapup", "off")
    for left in (1, 0):
        await tab.phone.get_by_role("button", name="Save and done").first.click()
        await expect(cards).to_have_count(left)
    await tab.until("idle", "on")
    tasks = await tab.until_tasks(2)
    told = {task["Subject"]: task["CallDisposition"] for task in tasks}
    assert told == {"Call from Grace Okafor": "Connected", "Call from Leo Brandt": "Missed"}
    assert len({task["CallObject"] for task in tasks}) == 2


async def test_nothing_pops_once_the_ringing_is_over(org: Org) -> None:
    """The search's answer comes when the call is up: it is told, and not popped."""
    tab = await org.tab()
    await tab.page.evaluate("demoOrg.hold('searchAndScreenPop')")
    call = await comes_in(org, GRACE)
    await tab.until("ringing-inbound", "off")
    await tab.page.wait_for_function(
        "demoOrg.messages.some(m => m.message.methodName === 'searchAndScreenPop')"
    )
    await act(org, call, "answer")
    await tab.until("bridged", "off")
    await tab.page.evaluate("demoOrg.release('searchAndScreenPop')")
    await expect(tab.phone.get_by_role("heading", name="Grace Okafor")).to_be_visible()
    assert await pops(tab) == []


async def test_a_very_long_name_leaves_the_buttons_in_sight(org: Org) -> None:
    """It takes three lines, and is read whole by pointing at it."""
    tab = await org.tab()
    name = "Amanda Oyelaran-Featherstonehaugh " * 5
    call = {"user": "user_ada", "from_number": NOBODY, "scenario": WAITING}
    await org.world.sandbox(**call, from_name=name)
    await tab.until("ringing-inbound", "off")
    shown = tab.phone.locator(".person-name")
    lines = "e => e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight)"
    assert round(await shown.evaluate(lines)) == 3
    await shown.hover()
    await expect(shown).to_have_attribute("title", name.strip())
