"""The focus stays where the agent works while lists and cards change around it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Org, Tab
from tests.browser.states import ADA, LONG, REFUSAL, a_stage, by_hand

pytestmark = pytest.mark.browser

PAGES = ("first", "last")


async def dial(org: Org, tab: Tab, number: str) -> None:
    """A call that ends at once, in wrap-up."""
    await org.plays(number, outcome="busy")
    await tab.phone.get_by_label("Phone number").fill(number)
    await tab.page.keyboard.press("Enter")
    await tab.until("wrapup")


async def test_the_focus_stays_in_the_list_of_unsaved_logs(tmp_path: Path) -> None:
    """Escape returns to the button that asked; after a dismissal the next call has the focus."""
    async with a_stage(tmp_path) as org:
        tab = await org.tab(ADA)
        await tab.page.evaluate(
            "reply => { for (let i = 0; i < 9; i++) demoOrg.fail('saveLog', reply); }", REFUSAL
        )
        rows = tab.phone.locator(".tray-row")
        for count, number in enumerate(("+12025559001", "+12025559002"), start=1):
            await dial(org, tab, number)
            await tab.phone.get_by_role("button", name="Save and done").click()
            await expect(rows).to_have_count(count)
            await tab.until("idle")
        # Many rows leave the number box within reach.
        many = "e => { for (let i = 0; i < 20; i++) e.append(e.firstChild.cloneNode(true)); }"
        few = "e => { for (let i = 0; i < 20; i++) e.lastChild.remove(); }"
        await tab.phone.locator(".tray-rows").evaluate(many)
        box = tab.phone.get_by_label("Phone number")
        assert await box.evaluate("e => e.getBoundingClientRect().top < innerHeight")
        await tab.phone.locator(".tray-rows").evaluate(few)
        for action in ("edit", "dismiss"):
            button = rows.first.locator(f'[data-action="{action}"]')
            await button.press("Enter")
            await expect(button).to_be_hidden()
            await tab.page.keyboard.press("Escape")
            await expect(button).to_be_focused()
        await tab.page.keyboard.press("Enter")
        await tab.phone.get_by_role("button", name="Dismiss for good").press("Enter")
        await expect(rows).to_have_count(1)
        await expect(rows.first.locator("button").first).to_be_focused()


async def test_notes_keep_the_focus_when_their_card_moves(tmp_path: Path) -> None:
    """A second call comes and ends while the agent writes about the first."""
    async with a_stage(tmp_path) as org:
        tab = await org.tab(ADA)
        await dial(org, tab, "+12025559001")
        notes = tab.phone.locator("textarea[name=notes]").first
        await notes.press_sequentially("Wants ")
        await org.world.sandbox(
            user="user_ada", from_number="+12025550188", scenario={"outcome": "answered", **LONG}
        )
        for act in ("answer", "hang_up"):
            await expect(tab.phone.locator("article")).to_have_count(2)
            await by_hand(org, act)
            await tab.until("bridged" if act == "answer" else "wrapup")
        await tab.page.keyboard.type("twenty.")
        await expect(notes).to_have_value("Wants twenty.")


async def test_the_focus_stays_in_the_history(tmp_path: Path) -> None:
    """Older calls come below the row that has the focus; Escape closes the account."""

    async def answer(route: Route) -> None:
        last = "after" in json.loads(route.request.post_data or "{}")
        rows: list[dict[str, Any]] = [
            {"call_id": f"{page}-{last}", "direction": "inbound", "number": f"+1202555900{at}"}
            | {"display": page, "name": page, "record": None, "started_at": 1, "outcome": ""}
            | {"talk_seconds": None}
            for at, page in enumerate(PAGES)
        ]
        await route.fulfill(json={"rows": rows, "after": None if last else 7})

    async with a_stage(tmp_path) as org:
        context = org.context
        await context.route("**/api/history", answer)
        tab = await org.tab(ADA)
        await tab.phone.get_by_role("button", name="Show more").press("Enter")
        rows = tab.phone.locator(".row")
        await expect(rows).to_have_count(4)
        await expect(rows.nth(1).locator(".call-again")).to_be_focused()
        account = tab.phone.get_by_role("button", name="Your account")
        await account.press("Enter")
        await tab.phone.get_by_label("Ring in this browser").press("Escape")
        await expect(account).to_be_focused()
        await expect(tab.phone.locator(".account")).to_be_hidden()
