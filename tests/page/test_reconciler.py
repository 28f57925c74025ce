"""A lost hint is only a delay: replicas compare the versions of their connected agents."""

from __future__ import annotations

import asyncio
from typing import Any

from adapter.core.events import PageGreeted
from adapter.core.policy import Policy
from adapter.fanout.local import LocalHints
from adapter.page.page import Page
from adapter.page.reconciler import VersionReconciler
from adapter.runtime.agents import Agents
from adapter.storage.port import StorageError
from tests.runtime.conftest import ADA, BOB, LINE, Bench


class DeafReplica:
    """Another replica on the same store, whose hints nobody here hears."""

    def __init__(self, bench: Bench) -> None:
        self.agents = Agents(bench.store, LocalHints(), Policy(), shared=True)


def page(bench: Bench, frames: list[str]) -> Page:
    """Ada's page, connected here."""
    made = Page("page-1", ADA, frames.append, lambda code, reason: None)
    bench.pages.add(made)
    return made


async def test_a_version_without_a_hint_is_found_and_shown(bench: Bench) -> None:
    """The other replica commits, its hint is lost, the next look shows it here."""
    await bench.agents.handle(ADA, PageGreeted(1, LINE, "Ada", "UTC"))
    frames: list[str] = []
    made = page(bench, frames)
    bench.pages.show(ADA, await bench.agents.snapshot(ADA))
    compare = VersionReconciler(agents=bench.agents, pages=bench.pages, store=bench.store)
    assert await compare.look() == 0

    await DeafReplica(bench).agents.handle(ADA, PageGreeted(2, LINE, "Ada Lovelace", "UTC"))
    shown = made.shown
    assert await compare.look() == 1
    await bench.tasks.drain(5)
    assert made.shown == shown + 1
    assert "Ada Lovelace" in frames[-1]
    assert await compare.look() == 0
    assert compare.missed == 1


async def test_only_agents_with_a_page_here_are_compared(bench: Bench) -> None:
    """The others' values in memory are checked when something is to be committed."""
    await bench.agents.handle(BOB, PageGreeted(1, LINE, "Bob", "UTC"))
    await DeafReplica(bench).agents.handle(BOB, PageGreeted(2, LINE, "Robert", "UTC"))
    compare = VersionReconciler(agents=bench.agents, pages=bench.pages, store=bench.store)
    assert await compare.look() == 0


async def test_the_reconciler_survives_a_failing_store(bench: Bench) -> None:
    """It is asked again, and then found out."""

    class Failing:
        looks = 0

        async def versions(self, keys: Any) -> dict[Any, int]:
            self.looks += 1
            if self.looks == 1:
                raise StorageError("away")
            return await bench.store.versions(keys)

    await bench.agents.handle(ADA, PageGreeted(1, LINE, "Ada", "UTC"))
    made = page(bench, [])
    failing: Any = Failing()
    compare = VersionReconciler(
        agents=bench.agents, pages=bench.pages, store=failing, seconds=0.001
    )
    await DeafReplica(bench).agents.handle(ADA, PageGreeted(2, LINE, "Ada Lovelace", "UTC"))
    running = asyncio.create_task(compare.run())
    try:
        async with asyncio.timeout(20):
            while made.shown < 2:  # noqa: ASYNC110 - a look at what the task does
                await asyncio.sleep(0.005)
    finally:
        running.cancel()
    assert failing.looks >= 2
