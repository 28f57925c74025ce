"""The go gate's errands, where pages and orgs are not what they should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapter.core.logs.events import GrantSave, LogAccepted, ReadBack, SendSettled
from adapter.core.logs.model import Attempt, Pending, Unknown
from adapter.core.model import AgentKey
from adapter.runtime import retries
from adapter.runtime.clock import SystemClock
from adapter.runtime.turn import Step, Turn
from adapter.storage.port import StorageError
from tests.core.gate import new_log
from tests.core.people import KEY
from tests.runtime.desk import a_desk


async def test_an_org_that_is_no_longer_set_up_sends_nobody_to_save(tmp_path: Path) -> None:
    """The go is as one that never got there: the log is offered again."""
    async with a_desk(tmp_path, orgs=0) as desk:
        log = new_log()
        attempt = Attempt(1, "page1", "n", 0, log.wanted)
        desk.pages.perform(KEY, {"c1": log}, GrantSave("c1", attempt))
        desk.pages.perform(KEY, {}, ReadBack("c1", KEY))
        (kept,) = (await desk.agents.snapshot(KEY)).logs
        assert isinstance(kept.state, Pending)
        assert not desk.page.goes


async def test_a_page_may_forget_stored_reports(tmp_path: Path) -> None:
    """Its journal's entry has done its work."""
    async with a_desk(tmp_path) as desk:
        heard: list[str] = []
        desk.page.send = heard.append
        desk.pages.perform(KEY, {}, SendSettled("c1", "page1", 1))
        told = {"type": "settled", "log_id": "c1", "attempt": 1}
        assert [json.loads(text) for text in heard] == [told]


async def test_a_page_is_missed_although_its_agent_was_evicted(tmp_path: Path) -> None:
    """A lost race empties the memory at any moment; the log must not wait for its report."""
    async with a_desk(tmp_path) as desk:
        await desk.agents.handle_log_event(
            KEY, "c1", LogAccepted(SystemClock().now(), "page1", "n1")
        )
        desk.agents.forget(KEY)
        desk.changed.clear()
        desk.pages.remove(desk.page)
        await desk.changed.wait()
        assert isinstance((await desk.log()).state, Unknown)


async def test_an_unsent_go_is_reported_until_that_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else knows; unheard of, it would be in doubt where nothing is read back."""
    monkeypatch.setattr(retries, "AGAIN_SECONDS", (0.0, 0.0))
    async with a_desk(tmp_path) as desk:
        desk.pages.discard(desk.page)
        accepted = LogAccepted(SystemClock().now(), "page1", "n1")
        turn = await desk.agents.handle_log_event(KEY, "c1", accepted)
        handle, failures = desk.agents.handle, [StorageError("database is locked")] * 2

        async def failing(key: AgentKey, *steps: Step) -> Turn:
            if failures:
                raise failures.pop()
            return await handle(key, *steps)

        monkeypatch.setattr(desk.agents, "handle", failing)
        desk.changed.clear()
        for effect in turn.log_effects:
            desk.pages.perform(KEY, turn.logs, effect)
        await desk.changed.wait()
        assert isinstance((await desk.log()).state, Pending)
