"""Which page is offered what."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapter.page import offers as module
from adapter.page.page import Page
from tests.core.people import KEY
from tests.runtime.desk import a_desk


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages have no time to think."""
    monkeypatch.setattr(module, "OFFER_SECONDS", 0.01)
    monkeypatch.setattr(module, "ROUND_SECONDS", 0.01)


@pytest.mark.usefixtures("hasty")
async def test_a_log_is_offered_again_after_its_agent_was_evicted(tmp_path: Path) -> None:
    """A commit that failed forgets the agent (found by chaos): the offering must go on."""
    async with a_desk(tmp_path) as desk:
        desk.pages.show(KEY, await desk.agents.snapshot(KEY))
        assert await desk.offers.get() == "c1"
        desk.agents.forget(KEY)
        async with asyncio.timeout(10):
            assert await desk.offers.get() == "c1"


async def test_a_leaving_pages_offers_go_to_the_next_page(tmp_path: Path) -> None:
    """At once, not when its time to think is over; and to the page that is left."""
    async with a_desk(tmp_path) as desk:
        other: list[str] = []
        desk.pages.show(KEY, await desk.agents.snapshot(KEY))
        assert await desk.offers.get() == "c1"
        desk.pages.add(Page("page2", KEY, send=other.append, close=lambda _code, _why: None))
        desk.pages.remove(desk.page)
        assert [json.loads(text)["type"] for text in other] == ["offer"]


async def test_a_page_that_may_not_save_is_offered_nothing(tmp_path: Path) -> None:
    """Its journal has not been taken yet."""
    async with a_desk(tmp_path) as desk:
        desk.page.journal_taken = False
        desk.pages.show(KEY, await desk.agents.snapshot(KEY))
        assert desk.offers.empty()
        desk.page.journal_taken = True
        desk.pages.show(KEY, await desk.agents.snapshot(KEY))
        assert desk.offers.get_nowait() == "c1"
