"""The board in a browser: calls as they go, on a desk and on a phone."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Request, WebSocketRoute, expect

from adapter.storage.board import BoardRows
from adapter.storage.port import StorageError
from tests.browser.conftest import Tab
from tests.browser.states import ADA, GRACE, LONG, NUMBER, a_stage, by_hand
from tests.fakes.provider import FakeProvider

pytestmark = pytest.mark.browser

WHOLE_WORDS = r"""cell => {
  const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode();
  return [...text.data.matchAll(/\S+/g)].every(({ 0: word, index }) => {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return range.getClientRects().length === 1;
  });
}"""
"""Whether no word of it is broken over two lines."""

WITHIN = """all => all.every(label =>
  label.getBoundingClientRect().left >= label.ownerSVGElement.getBoundingClientRect().left)"""
"""Whether no label is cut at the beginning of its drawing."""


async def test_a_supervisor_sees_a_call_from_its_ringing_to_its_log(tmp_path: Path) -> None:
    """State, outcome and figures follow without a reload; a phone shows it without scrolling."""
    async with a_stage(tmp_path) as org:
        await org.plays("+12025559000", outcome="answered", **LONG)
        agent = await org.tab(ADA)
        board = Tab(await org.context.new_page())
        page = board.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill("Boss")
        await page.get_by_role("button", name="Sign in").click()
        row = page.get_by_role("row", name=ADA)
        await expect(row).to_contain_text("Ready")
        await agent.click(GRACE, NUMBER)
        await expect(row).to_contain_text("Own phone ringing")
        await by_hand(org, "pick_up")
        await expect(row).to_contain_text("Dialing")
        await by_hand(org, "answer")
        await expect(row).to_contain_text("On a call")
        await expect(row).to_contain_text("to Grace Okafor · (202) 555-9000")
        await expect(page.locator('[data-figure="talking"] dd')).to_have_text("1")
        # Nothing is told while they talk: the page counts by itself.
        await expect(row.locator(".since")).to_have_text(re.compile("^0:0[2-9]$"))
        await by_hand(org, "hang_up")
        await expect(row).to_contain_text("Wrap-up")
        await expect(page.get_by_role("img", name="Answered: 1")).to_be_visible()
        await expect(page.locator('[data-figure="over"] dd')).to_have_text("1")
        await expect(page.get_by_text("Every call is in Salesforce.")).to_be_visible()
        await expect(row.locator(".calls")).to_have_text("1")
        # Refused before the sign-in, answered after it; all since then came by the socket.
        assert sum("/api/board?" in url for url in asked) == 2
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Calls as CSV").click()
        sheet = await (await download.value).path()
        assert ADA in await asyncio.to_thread(Path(sheet).read_text)
        await page.set_viewport_size({"width": 360, "height": 700})
        sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(sideways) == 0
        assert await row.get_by_role("rowheader").evaluate(WHOLE_WORDS)
        dot = "e => getComputedStyle(e, '::before').width"
        assert await row.locator("span.state").evaluate(dot) == "10px"
        await page.get_by_role("link", name="System").click()
        labels = page.locator(".chart .axis")
        await expect(labels.first).to_be_visible()
        assert await labels.evaluate_all(WITHIN)


async def test_a_supervisor_sees_how_old_the_board_is_while_no_update_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replica leaves, then the store is silent: the time is named, and it all comes back."""
    async with a_stage(tmp_path, provider=FakeProvider().app()) as org:
        app, page = org.world.app, await org.context.new_page()
        root, status = page.locator("#board"), page.get_by_role("status")
        figure = page.locator('[data-figure="over"] dd')
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill("Boss")
        await page.get_by_role("button", name="Sign in").click()
        await expect(status).to_have_text("Live")
        await page.route("**/api/board?*", lambda route: route.abort())
        app.boards.leave()
        await expect(status).to_have_text(re.compile(r"^Connection lost\. As of \d+:\d\d:\d\d"))
        await expect(figure).to_have_text("0")
        app.boards.draining = False
        await page.unroute("**/api/board?*")
        await expect(root).to_have_attribute("data-state", "live", timeout=20_000)
        with monkeypatch.context() as patch:
            patch.setattr(app.board.store, "board", _not_read)
            await expect(status).to_contain_text("The server cannot read its data. As of ")
            await expect(root).to_have_attribute("data-state", "stale")
            await expect(figure).to_have_text("0")
        await expect(status).to_have_text("Live")


async def test_a_board_shows_nothing_once_its_sign_in_has_ended(tmp_path: Path) -> None:
    """Ended from elsewhere in the same browser: its numbers go, the form comes."""
    async with a_stage(tmp_path, provider=FakeProvider().app()) as org:
        page = await org.context.new_page()
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill("Boss")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("status")).to_have_text("Live")
        headers = {"Origin": org.world.url}
        await org.context.request.post(f"{org.world.url}/auth/sign-out", headers=headers)
        await expect(page.get_by_label("Your name")).to_be_visible(timeout=20_000)
        await expect(page.locator('[data-figure="over"]')).to_be_hidden()


async def _not_read(_org_id: str, _window: object) -> BoardRows:
    raise StorageError("silent")


async def test_a_supervisor_sees_that_the_provider_gives_no_answer(tmp_path: Path) -> None:
    """Who asks the provider for anything finds out; the board says so, and since when."""
    silent = FakeProvider(users_status=500)
    async with a_stage(tmp_path, provider=silent.app()) as org:
        asking = org.world.another_page("ada")
        await asking.sign_in()
        await asking.say_hello(await asking.ticket())
        page = await org.context.new_page()
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill("Boss")
        await page.get_by_role("button", name="Sign in").click()
        words = page.get_by_role("region", name="Provider")
        await expect(words).to_contain_text("API does not answer; last tried")
        await expect(words).to_have_attribute("data-tone", "bad")


async def test_a_supervisor_finds_an_agent_looks_back_and_leaves(tmp_path: Path) -> None:
    """A word and a state choose who is shown, and what the CSV holds; yesterday had no calls."""
    async with a_stage(tmp_path) as org:
        await org.tab(ADA)
        page = await org.context.new_page()
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill("Boss")
        await page.get_by_role("button", name="Sign in").click()
        row, export = page.get_by_role("row", name=ADA), page.get_by_role("link", name="CSV")
        await expect(row).to_contain_text("Ready")
        await page.get_by_label("Find").fill("nobody")
        await expect(row).to_be_hidden()
        await expect(page.get_by_text("No agent matches the filter.")).to_be_visible()
        await expect(export).to_have_attribute("href", re.compile("agent=$"))
        await page.get_by_label("Find").fill(ADA.split()[0].lower())
        await page.get_by_label("Show").select_option("ready")
        await expect(row).to_be_visible()
        await expect(export).to_have_attribute("href", re.compile("agent=005"))
        async with page.expect_response("**/api/board?*") as answer:
            await page.get_by_label("Day").fill("2026-01-02")
        assert "until=0" not in (await answer.value).url
        await expect(page.get_by_text("No calls ended on that day.")).to_be_visible()
        await page.get_by_role("link", name="System").click()
        await expect(page.locator('[data-figure="api"] dd')).to_have_text(re.compile(r"^\d+ ms$"))
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Your name")).to_be_visible()


async def test_a_board_sorts_by_its_columns_and_its_address_can_be_bookmarked(
    tmp_path: Path,
) -> None:
    """By keyboard, told to screen readers, the same after a reload; on paper without controls."""
    async with a_stage(tmp_path, provider=FakeProvider().app()) as org:
        for name in ("bo", "ada", "cy"):
            await org.world.page(name)
        page = await org.context.new_page()
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill("Boss")
        await page.get_by_role("button", name="Sign in").click()
        names = page.locator("tbody th")
        await expect(names).to_have_count(3)
        agent = page.get_by_role("columnheader", name="Agent")
        await agent.get_by_role("button").focus()
        await page.keyboard.press("Enter")
        await expect(names).to_have_text(["ada", "bo", "cy"])
        await page.keyboard.press("Enter")
        await expect(names).to_have_text(["cy", "bo", "ada"])
        export = page.get_by_role("link", name="CSV")
        await expect(export).to_have_attribute("href", re.compile("(&order=005[^&]*){3}$"))
        await expect(agent.get_by_role("button")).to_be_focused()
        await page.get_by_label("Find").fill("b")
        await page.reload()
        await expect(names).to_have_text(["bo"])
        await expect(page.get_by_label("Find")).to_have_value("b")
        await page.get_by_label("Find").fill("")
        await expect(names).to_have_text(["cy", "bo", "ada"])
        await expect(agent).to_have_attribute("aria-sort", "descending")
        await page.emulate_media(media="print")
        await expect(page.get_by_label("Find")).to_be_hidden()
        await expect(names.first).to_be_visible()


async def test_an_export_of_many_sorted_agents_is_downloaded(tmp_path: Path) -> None:
    """No address could hold their ids, so they go in a form."""
    async with a_stage(tmp_path, provider=FakeProvider().app()) as org:
        await org.world.page("ada")
        page = await org.context.new_page()

        async def crowded(socket: WebSocketRoute) -> None:
            answer = await page.request.get(f"{org.world.url}/api/board?since=0&until=0")
            report = await answer.json()
            (ada,) = report["agents"]
            ids = [f"005{number:015}" for number in range(301)]
            report["agents"] = [ada | {"user_id": user_id} for user_id in ids]
            frame = {"type": "report", "now": report["now"], "report": report}
            socket.send(json.dumps(frame))

        await page.route_web_socket("**/api/board/live*", crowded)
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill("Boss")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("tbody tr")).to_have_count(301, timeout=30_000)
        await page.get_by_role("button", name="Agent", exact=True).click()
        asked: list[Request] = []
        page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - it is marked
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Calls as CSV").click()
        sheet = await (await download.value).path()
        assert (await asyncio.to_thread(Path(sheet).read_text)).startswith("started,")
        (export,) = [request for request in asked if "calls.csv" in request.url]
        assert export.method == "POST"
        assert (export.post_data or "").startswith("order=005")


async def test_a_board_at_the_wrong_address_says_where_the_board_is(tmp_path: Path) -> None:
    """No sign-in is good there, and no pop-up would help."""
    async with a_stage(tmp_path, provider=FakeProvider().app()) as org:
        page = await org.context.new_page()
        await page.goto(f"{org.world.url.replace('localhost', '127.0.0.1')}/board")
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("The board is not at http://127.0.0.1")
        await expect(page.get_by_role("button", name="Sign in")).to_be_disabled()
        await alert.get_by_role("link").click()
        await expect(page.get_by_role("button", name="Sign in")).to_be_enabled()


async def test_the_board_in_arabic_runs_from_right_to_left_in_240_px(tmp_path: Path) -> None:
    """The first column is at the right; nothing scrolls sideways."""
    async with a_stage(tmp_path, browsing={"locale": "ar-EG"}) as org:
        await org.tab(ADA)
        page = await org.context.new_page()
        await page.goto(f"{org.world.url}/board")
        await page.locator("input[name=name]").fill("Boss")
        await page.keyboard.press("Enter")
        heads = page.locator("thead th")
        await expect(heads.first).to_be_visible()
        first, last = await heads.first.bounding_box(), await heads.last.bounding_box()
        assert first is not None
        assert last is not None
        assert first["x"] > last["x"]
        await page.set_viewport_size({"width": 240, "height": 450})
        root = "document.documentElement"
        assert not await page.evaluate(f"{root}.scrollWidth > {root}.clientWidth")
