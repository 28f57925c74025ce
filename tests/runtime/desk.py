"""One agent's page with a log that waits to be saved, and a real store behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from adapter.core.logs.events import LogAccepted, PageLost, ProbePage
from adapter.core.logs.model import CallLog, Unknown
from adapter.core.model import Agent
from adapter.core.policy import Policy
from adapter.fanout.local import LocalHints
from adapter.page.page import Page
from adapter.page.pages import Pages
from adapter.runtime.agents import Agents
from adapter.runtime.clock import SystemClock
from adapter.runtime.tasks import Tasks
from adapter.storage.open import open_store
from adapter.storage.port import AgentChange, Commit
from adapter.telephony.port import Capabilities
from adapter.tenants import Tenants
from tests.core.gate import new_log
from tests.core.people import KEY
from tests.fakes.tenants import a_tenant


class Desk:
    """The pages of one process, one of them open, whose frames are kept."""

    def __init__(
        self, agents: Agents, tasks: Tasks, *, orgs: int = 1, shown: Callable[[], None]
    ) -> None:
        self.agents = agents
        driver = cast("Any", SimpleNamespace(capabilities=Capabilities()))
        tenant = a_tenant(driver, "acct_1")
        self.pages = Pages(agents, tasks, SystemClock(), Tenants([tenant] * orgs), shown)
        self.offers: asyncio.Queue[str] = asyncio.Queue()
        self.probes: list[str] = []
        self.changed = asyncio.Event()
        self.page = Page("page1", KEY, send=self._on_frame, close=lambda _code, _why: None)
        self.pages.add(self.page)

    def _on_frame(self, text: str) -> None:
        frame = json.loads(text)
        if frame["type"] == "offer":
            self.offers.put_nowait(frame["log_id"])
        elif frame["type"] == "probe":
            self.probes.append(frame["nonce"])

    async def go_unheard_of(self, at: int) -> None:
        """The page accepts, is sent its go, and nothing more is known of it."""
        turn = await self.agents.handle_log_event(KEY, "c1", LogAccepted(at, "page1", f"n{at}"))
        for effect in turn.log_effects:
            self.pages.perform(KEY, turn.logs, effect)
        await self.agents.handle_log_event(KEY, "c1", PageLost(at, "page1"))
        self.pages.perform(KEY, {}, ProbePage("page1"))

    async def log(self) -> CallLog:
        """The one log, as it is kept."""
        (log,) = (await self.agents.snapshot(KEY)).logs
        return log

    async def is_proved(self) -> bool:
        """Whether the log believes that its page can no longer carry out the last go."""
        state = (await self.log()).state
        assert isinstance(state, Unknown)
        return state.proved


@asynccontextmanager
async def a_desk(
    folder: Path,
    *,
    orgs: int = 1,
    shown: Callable[[], None] = lambda: None,
    policy: Policy = Policy(),  # noqa: B008 - it is a value
) -> AsyncIterator[Desk]:
    """An agent with one log that waits to be saved; without `orgs`, theirs is not set up."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await open_store(f"sqlite:///{folder}/pages.db", clock_ms=clock.now)
        stack.push_async_callback(store.close)
        hints, tasks = LocalHints(), Tasks()
        stack.push_async_callback(hints.close)
        stack.push_async_callback(tasks.close)
        await store.commit(Commit((AgentChange(0, Agent(KEY), None, (new_log(),)),)))
        desk = Desk(Agents(store, hints, policy), tasks, orgs=orgs, shown=shown)
        hints.listen(lambda _key, _version: desk.changed.set())
        yield desk
