"""An agent's history as a page asks for it: whose it is, what may be asked, what is told."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from adapter.core.facts import Direction, Outcome
from adapter.core.history import PastCall
from adapter.core.numbers.phone import Dialable, DialKind, DialRules, dialable
from adapter.core.policy import Policy
from adapter.storage.history import HistoryRow
from adapter.web.history import shown
from tests.fakes.page import FakePage
from tests.scenarios.conftest import World


def test_a_row_uses_the_call_centers_words() -> None:
    """Its disposition beside our own word, its country's way to write a number."""
    call = PastCall(
        "Ada", Direction.INBOUND, "+12025550143", "003A", 1, 2, Outcome.MISSED, None, "Bob", "Co"
    )
    assert shown(HistoryRow("c1", 5, call), Policy()) == {
        "call_id": "c1",
        "direction": "inbound",
        "number": "+12025550143",
        "display": "(202) 555-0143",
        "name": "Bob",
        "record": {"id": "003A", "name": "Co", "object_type": ""},
        "started_at": 5,
        "talk_seconds": None,
        "result": "missed",
        "outcome": "Missed",
        "outcome_code": "missed",
    }


def test_a_row_with_an_extension_is_called_back_with_it() -> None:
    """What it shows, and what a click on it dials."""
    call = PastCall("", Direction.OUTBOUND, "+12025550143", "", 1, 2, Outcome.MISSED, None)
    row = shown(HistoryRow("c1", 5, replace(call, extension="204")), Policy())
    assert (row["number"], row["display"]) == ("+12025550143 ext. 204", "(202) 555-0143 ext. 204")
    found = dialable(row["number"], DialRules(digits=True))
    assert found == Dialable("+12025550143", DialKind.E164, extension="204")


async def test_only_who_is_signed_in_may_ask_and_only_our_own_pages(world: World) -> None:
    """401 without a session, 403 from another site, 200 else; nobody keeps the answer."""
    page = FakePage(world.url, "ada", world.salesforce)
    await page.sign_in()
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:

        async def status(**headers: str) -> int:
            return (await http.post("/api/history", json={}, headers=headers)).status_code

        assert await status(Origin=world.url) == 401
        assert await status(Origin="https://evil.example", Cookie=page.cookie) == 403
    answer = await page.history()
    assert (answer.status_code, answer.json()) == (200, {"rows": [], "after": None})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "everybody"},
        {"search": "x" * 256},
        {"search": None},
        {"record": "003' OR 1=1"},
        {"limit": 0},
        {"limit": 101},
        {"limit": "9"},
        {"after": [1]},
        {"after": [-1, "c1"]},
        {"after": "c1"},
    ],
)
async def test_an_invalid_query_is_answered_with_the_valid_ones(
    world: World, asked: dict[str, Any]
) -> None:
    """400, and nothing of it is quoted."""
    page = FakePage(world.url, "ada", world.salesforce)
    await page.sign_in()
    answer = await page.history(**asked)
    assert answer.status_code == 400
    assert "`kind` all, missed or mine" in answer.json()["error"]["message"]
