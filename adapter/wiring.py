"""Connects the packages: first the edges, then the runtime, then the frontends.

Each function names all its parts, so whatever is not here is not used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import structlog

from adapter.fanout.open import is_shared
from adapter.fanout.port import Hints, Learner, Topic
from adapter.fanout.sealed import shared_secret
from adapter.metrics import Metrics
from adapter.orgs import Orgs
from adapter.page.pages import Pages
from adapter.page.port import SalesforceOrg
from adapter.page.reconciler import VersionReconciler
from adapter.runtime.agents import Agents
from adapter.runtime.board import Board
from adapter.runtime.callquality import CallQuality
from adapter.runtime.clock import Clock
from adapter.runtime.forwarding import Forwarding, shape
from adapter.runtime.intake import Intake
from adapter.runtime.peers import Announcement, Peers
from adapter.runtime.perform import Performer
from adapter.runtime.steering import IntakeSink
from adapter.runtime.streams import Stream
from adapter.runtime.sweeper import Sweeper
from adapter.runtime.tasks import Tasks
from adapter.runtime.turn import Turn
from adapter.runtime.writable import Writable
from adapter.settings import Settings
from adapter.storage.sqlstore import SqlStore
from adapter.telephony.port import StreamDriver
from adapter.tenants import Tenants
from adapter.web.http.address import Proxies

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Edges:
    """The objects that everything else is built from."""

    settings: Settings
    clock: Clock
    store: SqlStore
    hints: Hints
    orgs: Orgs
    tenants: Tenants[SalesforceOrg]
    tasks: Tasks
    http: httpx.AsyncClient
    metrics: Metrics
    writable: Writable

    @property
    def shared(self) -> bool:
        """Whether other replicas use this store."""
        return is_shared(self.settings.database_url)

    @property
    def proxies(self) -> Proxies:
        """The proxies whose headers give a client's address."""
        return Proxies(self.settings.proxies)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts that decide, store and perform, without HTTP."""

    agents: Agents
    pages: Pages
    intake: Intake
    sweeper: Sweeper
    compare: VersionReconciler
    board: Board
    streams: tuple[Stream, ...]
    quality: CallQuality
    forwarding: Forwarding | None
    peers: Peers | None


async def make_runtime(edges: Edges) -> Runtime:
    """Agents, pages, and everything that sends them events."""
    settings, clock, store, hints = edges.settings, edges.clock, edges.store, edges.hints
    agents = Agents(
        store,
        hints,
        settings.policy(),
        shared=edges.shared,
        rules_of=edges.tenants.rules_of,
        tasks=edges.tasks,
    )
    epoch = await store.epoch()
    pages = Pages(agents, edges.tasks, clock, edges.tenants, edges.metrics.shown)
    pages.epoch = epoch
    hints.listen(pages.hinted)
    intake = Intake(agents, store, clock, edges.tenants.read)
    forwarding, peers = _forwarding(edges, agents, pages, intake)
    learners: dict[Topic, Learner] = {Topic.VERSION: agents.learn}
    if peers is not None:
        learners[Topic.REPLICA] = peers.receive
    hints.learn_with(learners, epoch)
    performer = Performer(
        agents=agents,
        store=store,
        tenants=edges.tenants,
        pages=pages,
        tasks=edges.tasks,
        clock=clock,
        deliver=intake.take,
        metrics=edges.metrics,
    )
    agents.perform = performer.perform
    agents.follow = pages.pops.claims
    agents.count = _counted_by(edges.metrics)
    sweeper = Sweeper(
        agents=agents,
        store=store,
        intake=intake,
        tenants=edges.tenants,
        clock=clock,
        is_here=pages.is_here if edges.shared else lambda key: True,
    )
    quality = CallQuality(clock)
    board = Board(store, agents, pages.keys, clock, edges.tenants, quality_of=quality.of)
    compare = VersionReconciler(agents=agents, pages=pages, store=store)
    streams = _streams(edges, intake)
    return Runtime(
        agents, pages, intake, sweeper, compare, board, streams, quality, forwarding, peers
    )


def _forwarding(
    edges: Edges, agents: Agents, pages: Pages, intake: Intake
) -> tuple[Forwarding, Peers] | tuple[None, None]:
    """The links to other replicas, if this one has an address for them."""
    if not edges.settings.replica_address:
        return None, None
    forwarding = Forwarding(intake, agents, is_here=pages.is_here, metrics=edges.metrics)
    peers = Peers(
        forwarding,
        Announcement(edges.settings.replica_address, shape()),
        shared_secret(edges.settings.database_url, pages.epoch),
        hints=edges.hints,
        clock=edges.clock,
        tasks=edges.tasks,
    )
    forwarding.tell = peers.tell
    pages.moved = forwarding.moved
    agents.is_only_here = forwarding.is_only_here
    return forwarding, peers


def _counted_by(metrics: Metrics) -> Callable[[Turn], None]:
    def count(turn: Turn) -> None:
        ended = [opened.wanted for opened in turn.opened]
        metrics.logged([(call_log.direction, call_log.outcome) for call_log in ended], turn.saved)

    return count


def _streams(edges: Edges, intake: Intake) -> tuple[Stream, ...]:
    """One listener per account with an event stream; one replica at a time runs it."""
    holder = edges.clock.fresh_id("process") if edges.shared else "the only process"
    accounts = {
        tenant.telephony.account: tenant.telephony.driver
        for tenant in edges.tenants.all
        if tenant.telephony.is_configured
    }
    return tuple(
        Stream(
            account=account,
            driver=driver,
            sink=IntakeSink(intake),
            store=edges.store,
            clock=edges.clock,
            tasks=edges.tasks,
            holder=holder,
        )
        for account, driver in accounts.items()
        if isinstance(driver, StreamDriver)
    )
