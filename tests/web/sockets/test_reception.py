"""Who comes in: a hello by a ticket, in time, and not too many."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapter.core.logs.events import LogEvent
from adapter.core.model import AgentKey
from adapter.page import registry
from adapter.runtime.directory import Directory
from adapter.runtime.turn import Turn
from tests.scenarios.conftest import World, a_world


def failing_at(
    monkeypatch: pytest.MonkeyPatch, world: World, log_id: str, heard: list[str]
) -> None:
    """A fault of ours about that log; `heard` are the others that something was said of."""
    hear = world.app.agents.handle_log_event

    async def handle(key: AgentKey, about: str, *events: LogEvent) -> Turn:
        if about == log_id:
            raise KeyError("a fault of ours")
        heard.append(about)
        return await hear(key, about, *events)

    monkeypatch.setattr(world.app.agents, "handle_log_event", handle)


async def test_a_new_page_is_registered_with_its_agents_surface(world: World) -> None:
    """The first page of an agent says which surface that is."""
    page = await world.page()
    assert page.view["agent"]["surface"] == "open-cti"
    (known,) = world.app.pages.everyone()
    assert (known.surface, known.writes, known.can_save) == ("open-cti", True, True)


async def test_a_connector_of_salesforce_voice_may_not_save(world: World) -> None:
    """Whatever it offers: the backend writes there."""
    await world.page(surface="voice")
    (known,) = world.app.pages.everyone()
    assert (known.surface, known.writes, known.can_save) == ("voice", False, False)


async def test_the_directory_file_says_where_an_agent_works(tmp_path: Path) -> None:
    """Whatever page comes first: that of another product is a guest."""
    path = tmp_path / "directory.csv"
    path.write_text("email,provider_user,surface\nada@example.com,user_ada,voice\n")
    async with a_world(tmp_path, directory_file=path) as world:
        panel = await world.page()
        assert panel.view["agent"]["surface"] == "voice"
        assert [notice["code"] for notice in panel.view["notices"]] == ["other-surface"]


async def test_a_hanging_provider_does_not_block_the_panel(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who had a line has it meanwhile; what is asked goes on."""
    await world.page()
    over = asyncio.Event()
    monkeypatch.setattr(Directory, "line", lambda *_: over.wait())
    try:
        async with asyncio.timeout(60):
            page = await world.page()
        assert (await page.until_answer(await page.dial("+14155550101")))["code"] == "placed"
    finally:
        over.set()


async def test_an_excess_page_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And closed, with the code that keeps it from coming back at once."""
    monkeypatch.setattr(registry, "PAGES_PER_AGENT", 1)
    await world.page()
    late = world.another_page()
    await late.sign_in()
    await late.say_hello(await late.ticket())
    assert late._reader is not None
    await late._reader
    assert [frame["code"] for frame in late.heard] == ["too-many-pages"]
    assert late.close_codes == [4009]


@pytest.mark.interpreted
async def test_a_failing_journal_does_not_block_the_panel(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is in, told so, dials and is given no log; what else it remembers is taken."""
    heard: list[str] = []
    failing_at(monkeypatch, world, "odd", heard)
    page = world.another_page()
    await page.sign_in()
    entry = {"attempt": 1, "nonce": "n", "state": "ok", "task_id": "00T1"}
    page.journal = {(log_id, 1): {"log_id": log_id, **entry} for log_id in ("odd", "fine")}
    with capture_logs() as lines:
        await page.say_hello(await page.ticket())
        assert (await page.until_heard("error"))["code"] == "journal-not-taken"
        answer = await page.until_answer(await page.dial("+14155550101"))
    assert answer["code"] == "placed"
    assert [line["call"] for line in lines if line["event"] == "journal.not_taken"] == ["odd"]
    (known,) = world.app.pages.everyone()
    assert (heard, known.can_save, known.journal) == (["fine"], False, None)
