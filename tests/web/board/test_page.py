"""The board over HTTP: who may see it, what it says, and a CSV that no spreadsheet executes."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import unicodedata
from pathlib import Path

import httpx
import pytest
from aiohttp.test_utils import make_mocked_request

from adapter import frontends
from adapter.core.model import AgentKey
from adapter.orgfile import orgs_of
from adapter.storage.board import BoardCall
from adapter.storage.port import Session
from adapter.web.board.page import COLUMNS, ROWS_AT_ONCE, BoardSite, as_csv
from adapter.web.http.middleware import Refused
from adapter.web.http.throttle import Throttle
from tests.fakes.page import FakePage
from tests.scenarios.conftest import World, a_world
from tests.web.conftest import SetClock


async def test_the_board_needs_a_session(world: World) -> None:
    """Its page is anybody's, its numbers are not."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        page = await http.get("/board")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        for path in ("/api/board", "/api/board/calls.csv"):
            answer = await http.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signed-out")
        assert (await http.get("/board/boot.js")).status_code == 200
        assert (await http.get("/board/board.html")).status_code == 404
        assert (await http.get("/board/../softphone.html")).status_code == 404


async def test_every_property_that_its_style_uses_is_defined_in_what_it_loads(world: World) -> None:
    """Its own sheet uses the names of the softphone's tokens.css."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        page = (await http.get("/board")).text
        links = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
        sheets = [(await http.get(link)).raise_for_status().text for link in links]
    defined = {name for sheet in sheets for name in re.findall(r"(--[\w-]+)\s*:", sheet)}
    used = {name for sheet in sheets for name in re.findall(r"var\((--[\w-]+)\)", sheet)}
    assert len(links) == 2
    assert len(used) > 10
    assert used - defined == set()


async def test_a_call_shows_on_the_board_and_in_the_export(tmp_path: Path) -> None:
    """From the click to the CSV, over real sockets."""
    async with a_world(tmp_path, wrap_up_seconds=0) as world:
        await world.scenario(
            outcome="answered", pick_up_seconds=0.05, ring_seconds=0.05, talk_seconds=0.6
        )
        page = await world.page("Ada Lovelace")
        await page.dial("+12025550143")
        await world.until_task()
        async with httpx.AsyncClient(
            base_url=world.url, trust_env=False, headers={"Cookie": page.cookie}
        ) as http:
            report = (await http.get("/api/board?since=0")).json()
            sheet = (await http.get("/api/board/calls.csv?since=rubbish")).text
    assert report["calls"]["by_outcome"] == {"answered": 1}
    assert [(p["name"], p["state"]) for p in report["agents"]] == [("Ada Lovelace", "idle")]
    assert report["webhooks"]["minutes"][-1]["count"] + report["webhooks"]["minutes"][-2]["count"]
    (row,) = csv.DictReader(io.StringIO(sheet))
    assert row["agent"] == "Ada Lovelace"
    assert row["number"] == "'+12025550143"
    assert (row["outcome"], row["talk_seconds"]) == ("answered", "1")


@pytest.mark.parametrize(
    ("supervisors", "status"), [(frozenset({"boss@example.com"}), 200), (frozenset(), 403)]
)
async def test_the_role_is_a_list_of_addresses(
    world: World, supervisors: frozenset[str], status: int
) -> None:
    """Whoever is signed in and not on it reads why; capitals do not matter."""
    page = FakePage(world.url, "ada", world.salesforce)
    await page.sign_in()
    session = Session("hash", AgentKey("00D1", "0051"), "Boss", "Boss@Example.com", 0, 0, 0)

    async def session_of(_request: object, _org_id: str) -> Session:
        return session

    orgs = orgs_of(world.app.settings)
    site = BoardSite(world.app.board, session_of, supervisors, orgs, Throttle(9, SetClock()))
    request = make_mocked_request("GET", "/api/board")
    if status == 200:
        assert await site.supervisor(request) is session
        return
    with pytest.raises(Refused) as refused:
        await site.supervisor(request)
    assert refused.value.answer.status == status


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["1a", "2a", "1b", "3a"]),
        ("order=0053&order=0052", ["3a", "2a", "1a", "1b"]),
        ("agent=0051&agent=0052&order=0052&order=0051", ["2a", "1a", "1b"]),
        ("agent=0052+0051&order=0052+0051", ["2a", "1a", "1b"]),
        ("agent=", []),
    ],
)
async def test_an_export_follows_the_order_that_the_board_shows(
    world: World, monkeypatch: pytest.MonkeyPatch, query: str, expected: list[str]
) -> None:
    """Each agent's calls stay oldest first, and unnamed agents' calls follow."""
    session = Session("hash", AgentKey("00D1", "0051"), "Boss", "boss@example.com", 0, 0, 0)
    result = dict.fromkeys(COLUMNS) | {"started": 0}

    async def session_of(_request: object, _org_id: str) -> Session:
        return session

    async def calls(_org_id: str, _day: object) -> list[BoardCall]:
        ids = ("1a", "2a", "1b", "3a")
        return [BoardCall(f"005{name[0]}", name, "pc", 0, result) for name in ids]

    monkeypatch.setattr(world.app.board, "calls", calls)
    orgs = orgs_of(world.app.settings)
    site = BoardSite(world.app.board, session_of, None, orgs, Throttle(9, SetClock()))
    answer = await site.csv(make_mocked_request("GET", f"/api/board/calls.csv?{query}"))
    rows = csv.DictReader(io.StringIO(answer.text or ""))
    assert [row["call_id"] for row in rows] == expected


async def test_a_large_export_keeps_nobody_waiting() -> None:
    """Between two slices of its rows, other requests are answered."""
    result = dict.fromkeys(COLUMNS) | {"started": 0}
    calls = [BoardCall("0051", f"c{n}", "pc", 0, result) for n in range(3 * ROWS_AT_ONCE)]
    others = 0
    writing = asyncio.ensure_future(as_csv(calls))
    while not writing.done():
        others += 1
        await asyncio.sleep(0)
    assert others >= 3
    assert len((await writing).splitlines()) == 1 + len(calls)


async def test_exports_are_made_one_after_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The calls of several large days would not fit into the memory."""
    session = Session("hash", AgentKey("00D1", "0051"), "Boss", "boss@example.com", 0, 0, 0)
    result = dict.fromkeys(COLUMNS) | {"started": 0}
    held = most = 0

    async def session_of(_request: object, _org_id: str) -> Session:
        return session

    async def calls(_org_id: str, _day: object) -> list[BoardCall]:
        nonlocal held, most
        held += 1
        most = max(most, held)
        await asyncio.sleep(0)
        return [BoardCall("0051", "c", "pc", 0, result)]

    monkeypatch.setattr(world.app.board, "calls", calls)
    orgs = orgs_of(world.app.settings)
    site = BoardSite(world.app.board, session_of, None, orgs, Throttle(9, SetClock()))

    async def export() -> None:
        nonlocal held
        answer = await site.csv(make_mocked_request("GET", "/api/board/calls.csv"))
        held -= 1
        assert len((answer.text or "").splitlines()) == 2

    await asyncio.gather(*(export() for _ in range(5)))
    assert most == 1


async def test_an_agents_boards_and_exports_per_minute_are_limited(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each may read a whole day of calls; a colleague is not hurt."""
    monkeypatch.setattr(frontends, "BOARDS_PER_MINUTE", 4)
    async with a_world(tmp_path) as world, world.stack:
        page, colleague = await world.page(), await world.page("grace")
        paths = ("/api/board?since=1", "/api/board/calls.csv", "/api/board/live")
        statuses = {}
        async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
            for who, cookie in (("ada", page.cookie), ("grace", colleague.cookie)):
                headers = {"Origin": world.url, "Cookie": cookie}
                answers = [await http.get(path, headers=headers) for path in paths * 2]
                statuses[who] = [answer.status_code for answer in answers]
    # A request without an upgrade is no socket.
    assert statuses == {who: [200, 200, 400, 200, 429, 429] for who in ("ada", "grace")}


async def test_an_export_of_a_thousand_agents_is_asked_for_in_a_form(world: World) -> None:
    """No address could hold their ids."""
    page = await world.page("Ada Lovelace")
    ids = [f"005{number:015}" for number in range(1_000)]
    async with httpx.AsyncClient(
        base_url=world.url, trust_env=False, headers={"Cookie": page.cookie}
    ) as http:
        answer = await http.post(
            "/api/board/calls.csv?since=0", data={"agent": " ".join(ids), "order": ids[0]}
        )
        policy = (await http.get("/board")).headers["content-security-policy"]
    assert answer.status_code == 200
    assert list(csv.DictReader(io.StringIO(answer.text))) == []
    assert "form-action 'self'" in policy


@pytest.mark.parametrize(
    "text",
    [
        "Acme;=HYPERLINK(1)",
        "Acme;  =1",
        'Acme;"=1"',
        "Acme\n=1",
        "Acme\t@x",
        "Acme|+1",
        " =1",
        "\n=1",
        "\ufeff=1",
        "\u200b=1",
        "\uff1d1",
        "\uff0b1",
        "\uff201",
        "\u22121",
    ],
)
async def test_no_part_of_a_cell_is_a_formula_in_another_country(text: str) -> None:
    """There a semicolon parts the cells, and quotes in the midst of one are letters."""
    told = dict.fromkeys(COLUMNS) | {"agent": text, "started": 0}
    sheet = await as_csv([BoardCall("0051", "c1", "pc", 1_000, told)])
    (row,) = csv.DictReader(io.StringIO(sheet, newline=""))
    for part in re.split(r"[;,|\t\r\n]", row["agent"]):
        begun = unicodedata.normalize("NFKC", part.replace("\ufeff", "").replace("\u200b", ""))
        assert not begun.strip(' "').startswith(("=", "+", "-", "@", "\u2212"))


async def test_no_exported_cell_is_a_formula() -> None:
    """OWASP's list of first characters; quotes and line breaks stay in their cell."""
    told = dict.fromkeys(COLUMNS) | {
        "started": 0,
        "ended": None,
        "number": "+1",
        "talk_seconds": -1,
    }
    evil = [
        told | {"agent": text}
        for text in ("=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx", 'a "b", c\nd')
    ]
    sheet = await as_csv([BoardCall("0051", "c1", "pc", 1_000, one) for one in evil])
    rows = list(csv.DictReader(io.StringIO(sheet, newline="")))
    assert [row["agent"][0] for row in rows] == ["'"] * 6 + ["a"]
    assert rows[-1]["agent"] == 'a "b", c\nd'
    assert (rows[0]["started"], rows[0]["ended"]) == ("1970-01-01T00:00:01+00:00", "")
