"""The runtime over a real SQLite file, with a provider by hand and a clock that is set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from adapter.core.availability import Status
from adapter.core.events import PageGreeted
from adapter.core.facts import Direction, Facts, Known, Source
from adapter.core.model import AgentKey, TelephonyUser
from adapter.core.policy import Policy
from adapter.fanout.local import LocalHints
from adapter.page.pages import Pages
from adapter.runtime.agents import Agents
from adapter.runtime.intake import Intake
from adapter.runtime.perform import Performer
from adapter.runtime.sweeper import Sweeper
from adapter.runtime.tasks import Tasks
from adapter.storage.migrate import upgrade
from adapter.storage.open import open_store
from adapter.storage.sqlite import SqliteStore
from adapter.storage.sqlstore import SqlStore
from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.dialstack.meaning import cdr_from_row
from adapter.telephony.port import Action, Capabilities, Cdr, Placed, ProviderUser
from adapter.telephony.updates import CallUpdate, IncomingDelivery, Moment, Webhook
from tests.fakes.tenants import OneTenant, a_tenant
from tests.storage.servers import Postgres

ADA = AgentKey("00D000000000001", "005000000000001")
BOB = AgentKey("00D000000000001", "005000000000002")
LINE = TelephonyUser("acct", "user_ada")


@dataclass
class HandClock:
    """Stands still until a test moves it."""

    at: int = 1_000_000
    numbers: count[int] = field(default_factory=lambda: count(1))

    def now(self) -> int:
        """Unix milliseconds."""
        return self.at

    def fresh_id(self, prefix: str) -> str:
        """Numbered."""
        return f"{prefix}_{next(self.numbers)}"

    def nonce(self) -> str:
        """Numbered too."""
        return f"nonce-{next(self.numbers)}"


@dataclass
class HandProvider:
    """Does as the test says: `fails` is raised, `rows` are its call log; notes what was asked."""

    fails: Exception | None = None
    rows: list[CdrRow] = field(default_factory=list)
    placed_as: str | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)
    capabilities: Capabilities = field(default_factory=Capabilities)

    def _note(self, *what: str) -> None:
        self.asked.append(what)
        if self.fails is not None:
            raise self.fails

    async def place(
        self,
        call_id: str,
        user_id: str,
        dial_string: str,
        *,
        ring_profile: str | None = None,
        caller_id: str | None = None,
    ) -> Placed:
        """Take a call."""
        self._note("place", user_id, dial_string, ring_profile or "")
        return Placed(self.placed_as, "req_1")

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """Hand over."""
        self._note("transfer", provider_call_id, target)

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Do it."""
        self._note("control", provider_call_id, action.value, value or "")

    async def fetch_cdr(self, provider_call_id: str) -> Cdr | None:
        """One row."""
        self._note("cdr", provider_call_id)
        found = (row for row in self.rows if row.provider_call_id == provider_call_id)
        return next(map(cdr_from_row, found), None)

    async def list_cdrs(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """All rows."""
        self._note("cdrs", user_id)
        return tuple(map(cdr_from_row, self.rows[:limit]))

    def read(self, body: bytes, at: int) -> CallUpdate | None:
        """Bodies are read by the bench."""
        raise NotImplementedError

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """Nobody."""
        return ()

    async def register_webhook(self, url: str, events: Sequence[str]) -> Webhook:
        """Not asked for here."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class Bench:
    """All of the runtime, wired as the adapter wires it."""

    store: SqlStore
    clock: HandClock
    provider: HandProvider
    hints: LocalHints
    tasks: Tasks
    agents: Agents
    intake: Intake
    pages: Pages
    sweeper: Sweeper
    told: list[tuple[AgentKey, int]]

    async def greet(self, key: AgentKey = ADA, line: TelephonyUser | None = LINE) -> None:
        """The agent has a page and a line."""
        await self.agents.handle(key, PageGreeted(self.clock.now(), line, "Ada", "UTC"))

    async def settle(self) -> None:
        """Wait until every effect under way has come back."""
        await self.tasks.drain(10)


def news(moment: Moment, call: str = "pc1", user: str | None = LINE.user) -> CallUpdate:
    """The provider says this of an outbound call to one number."""
    facts = Facts(
        direction=Known(Direction.OUTBOUND, Source.EVENT),
        number=Known("+12025550143", Source.EVENT),
    )
    return CallUpdate(moment, call, user, facts)


def incoming(
    told: CallUpdate | None, event_id: str = "evt_1", body: bytes = b"{}"
) -> IncomingDelivery:
    """A delivery with this news."""
    return IncomingDelivery(LINE.account, event_id, "call.something", body, told)


@asynccontextmanager
async def a_bench(
    store: SqlStore, clock: HandClock, provider: HandProvider, *, shared: bool = False
) -> AsyncIterator[Bench]:
    """A runtime on that store, both closed at the end; `shared`: one replica of several."""
    hints, tasks = LocalHints(), Tasks()
    pauses = (Status.AWAY, Status.DO_NOT_DISTURB)
    policy = Policy(ring_profiles=("desk",), pauses=pauses)
    agents = Agents(store, hints, policy, shared=shared, tasks=tasks)
    tenants = OneTenant(a_tenant(provider, LINE.account))
    pages = Pages(agents, tasks, clock, tenants)
    # A parked body holds the moment's name, which is all that these tests need of JSON.
    intake = Intake(agents, store, clock, lambda _account, body, _at: news(Moment(body.decode())))
    performer = Performer(
        agents=agents,
        store=store,
        tenants=tenants,
        pages=pages,
        tasks=tasks,
        clock=clock,
        deliver=intake.take,
    )
    agents.perform = performer.perform
    agents.follow = pages.pops.claims
    sweeper = Sweeper(
        agents=agents,
        store=store,
        intake=intake,
        tenants=tenants,
        clock=clock,
        seconds=0.001,
        is_here=pages.is_here if shared else lambda key: True,
    )
    told: list[tuple[AgentKey, int]] = []
    hints.listen(lambda key, version: told.append((key, version)))
    yield Bench(store, clock, provider, hints, tasks, agents, intake, pages, sweeper, told)
    await tasks.close()
    await store.close()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A fresh runtime, closed at the end."""
    clock = HandClock()
    store = await SqliteStore.open(tmp_path / "test.db", clock_ms=clock.now)
    async with a_bench(store, clock, HandProvider()) as made:
        yield made


@pytest.fixture
async def pair(postgres: Postgres) -> AsyncIterator[tuple[Bench, Bench]]:
    """Two replicas on one PostgreSQL, with one clock and one provider; no hint passes between."""
    url, clock, provider = postgres.database(), HandClock(), HandProvider()
    await asyncio.to_thread(upgrade, url)
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            store = await open_store(url, clock_ms=clock.now)
            made.append(
                await stack.enter_async_context(a_bench(store, clock, provider, shared=True))
            )
        yield made[0], made[1]
