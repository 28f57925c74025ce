"""Which page is offered what, with a real store behind it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from adapter.core.logevents import LogAccepted, PageLost, PageProved, ProbePage
from adapter.core.logmodel import Unknown
from adapter.core.model import Agent
from adapter.core.policy import Policy
from adapter.fanout.local import LocalHints
from adapter.opencti.tasklog import TaskRules
from adapter.runtime import pages as module
from adapter.runtime.agents import Agents
from adapter.runtime.clock import SystemClock
from adapter.runtime.pages import Page, Pages
from adapter.runtime.tasks import Tasks
from adapter.storage.open import open_store
from adapter.storage.port import AgentChange, Commit, Snapshot, StorageError
from tests.core.gate import new_log
from tests.core.people import KEY


class Desk:
    """The pages of one process, one of them open, whose frames are kept."""

    def __init__(self, agents: Agents, tasks: Tasks) -> None:
        self.agents = agents
        self.pages = Pages(agents, tasks, SystemClock(), TaskRules(), {})
        self.offers: asyncio.Queue[str] = asyncio.Queue()
        self.probes: list[str] = []
        self.page = Page("page1", KEY, send=self._heard, close=lambda _code, _why: None)
        self.pages.add(self.page)

    def _heard(self, text: str) -> None:
        frame = json.loads(text)
        if frame["type"] == "offer":
            self.offers.put_nowait(frame["log_id"])
        elif frame["type"] == "probe":
            self.probes.append(frame["nonce"])

    async def go_unheard_of(self, at: int) -> None:
        """The page accepts, is sent its go, and nothing more is known of it."""
        turn = await self.agents.tell_log(KEY, "c1", LogAccepted(at, "page1", f"n{at}"))
        for effect in turn.log_effects:
            self.pages.perform(KEY, turn.logs, effect)
        await self.agents.tell_log(KEY, "c1", PageLost(at, "page1"))
        self.pages.perform(KEY, {}, ProbePage("page1"))

    async def is_proved(self) -> bool:
        """Whether the log believes that its page can no longer carry out the last go."""
        (log,) = (await self.agents.snapshot(KEY)).logs
        assert isinstance(log.state, Unknown)
        return log.state.proved


@asynccontextmanager
async def a_desk(folder: Path) -> AsyncIterator[Desk]:
    """An agent with one log that waits to be saved."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await open_store(f"sqlite:///{folder}/pages.db", clock_ms=clock.now)
        stack.push_async_callback(store.close)
        hints, tasks = LocalHints(), Tasks()
        stack.push_async_callback(hints.close)
        stack.push_async_callback(tasks.close)
        await store.commit(Commit((AgentChange(0, Agent(KEY), None, (new_log(),)),)))
        yield Desk(Agents(store, hints, Policy()), tasks)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages have no time to think."""
    monkeypatch.setattr(module, "OFFER_SECONDS", 0.01)
    monkeypatch.setattr(module, "ROUND_SECONDS", 0.01)


@pytest.mark.usefixtures("hasty")
async def test_a_log_is_offered_again_after_its_agent_was_forgotten(tmp_path: Path) -> None:
    """A commit that failed forgets the agent (found by chaos): the offering must go on."""
    async with a_desk(tmp_path) as desk:
        desk.pages.show(KEY, await desk.agents.snapshot(KEY))
        assert await desk.offers.get() == "c1"
        desk.agents.forget(KEY)
        async with asyncio.timeout(10):
            assert await desk.offers.get() == "c1"


@pytest.mark.usefixtures("hasty")
async def test_a_store_that_fails_while_a_page_waits_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hint that could not be followed is followed once the store is back."""
    async with a_desk(tmp_path) as desk:
        real, failures = desk.agents.snapshot, [StorageError("locked")]

        async def snapshot(key: object) -> Snapshot:
            if failures:
                raise failures.pop()
            return await real(KEY)

        monkeypatch.setattr(desk.agents, "snapshot", snapshot)
        desk.pages.hinted(KEY, 1)
        async with asyncio.timeout(10):
            assert await desk.offers.get() == "c1"


async def test_an_old_probe_proves_nothing_of_a_go_behind_it(tmp_path: Path) -> None:
    """A page that thaws answers old probes first (found by the simulation: a second Task)."""
    async with a_desk(tmp_path) as desk:
        at = SystemClock().now()
        await desk.go_unheard_of(at)
        await desk.agents.tell_log(KEY, "c1", PageProved(at, "page1", never_sent=True))
        await desk.go_unheard_of(at)
        old, new = desk.probes
        await desk.pages.proved(desk.page, "nobody sent this")
        await desk.pages.proved(desk.page, old)
        assert not await desk.is_proved()
        await desk.pages.proved(desk.page, new)
        assert await desk.is_proved()
