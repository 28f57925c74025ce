"""What only this process knows is told until it is stored, or for so long."""

from __future__ import annotations

import pytest

from adapter.core.events import CallPlaced, Event
from adapter.core.model import AgentKey
from adapter.runtime import retries
from adapter.runtime.retries import handle_with_retries
from adapter.storage.port import StorageError
from tests.runtime.conftest import ADA, Bench


@pytest.mark.interpreted
@pytest.mark.parametrize("times", [0, 2, 3])
async def test_an_event_is_repeated_until_it_is_stored(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Each time as of then; after the last time somebody is told that nobody was."""
    monkeypatch.setattr(retries, "AGAIN_SECONDS", (0.0, 0.0))
    heard: list[Event] = []
    waits: list[float | None] = []

    async def handle(_: AgentKey, event: Event) -> None:
        if len(waits) < times:
            raise StorageError("disk is full")
        heard.append(event)

    def step() -> Event:
        bench.clock.at += 1
        return CallPlaced(bench.clock.at, "c1")

    monkeypatch.setattr(bench.agents, "handle", handle)
    began = bench.clock.at
    await handle_with_retries(bench.agents, ADA, step, lambda _, wait: waits.append(wait))
    assert waits == [0.0, 0.0, None][:times]
    assert heard == ([CallPlaced(began + times + 1, "c1")] if times < 3 else [])
