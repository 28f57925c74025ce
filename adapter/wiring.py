"""How the rooms meet: edges first, on them the runtime, on that what the web serves.

One function a floor; each names all that it is made of, so that what is not here is not in use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import structlog
from aiohttp import web

from adapter.assets import folder
from adapter.core.model import AgentKey
from adapter.core.policy import Policy
from adapter.fanout.open import is_shared
from adapter.fanout.port import Hints
from adapter.metrics import Metrics
from adapter.orgs import Orgs
from adapter.page.pages import Pages
from adapter.page.port import SalesforceOrg
from adapter.page.reconciler import VersionReconciler
from adapter.runtime.agents import Agents
from adapter.runtime.board import Board
from adapter.runtime.clock import Clock
from adapter.runtime.intake import Intake
from adapter.runtime.orgrate import OrgRate
from adapter.runtime.perform import Performer
from adapter.runtime.steering import IntakeSink
from adapter.runtime.streams import Stream
from adapter.runtime.sweeper import Sweeper
from adapter.runtime.tasks import Tasks
from adapter.runtime.turn import Turn
from adapter.runtime.writable import Writable
from adapter.settings import Settings
from adapter.storage.sqlstore import SqlStore
from adapter.telephony.port import StreamDriver, WebhookDriver
from adapter.tenants import Tenants
from adapter.web.address import Proxies
from adapter.web.board import BoardSite, day_of
from adapter.web.boardfeed import BoardFeeds
from adapter.web.boardlive import BoardLive
from adapter.web.bridge import Bridge
from adapter.web.clicks import Clicks
from adapter.web.connections import Limits
from adapter.web.connector import ConnectorSite
from adapter.web.devlogin import DevLogin
from adapter.web.fastpath import WebhookFastPaths
from adapter.web.hearing import Hearing
from adapter.web.history import History
from adapter.web.login import Login
from adapter.web.metrics import MetricsSite
from adapter.web.numbers import Numbers
from adapter.web.onetimetokens import OneTimeTokens
from adapter.web.pages import Site
from adapter.web.reception import Reception
from adapter.web.salesforcelogin import SalesforceLogin
from adapter.web.salesforceuser import SalesforceUserCheck
from adapter.web.server import make_server, webhook_paths
from adapter.web.sessionmonitor import SIGNED_OUT, SessionMonitor
from adapter.web.sessions import Sessions
from adapter.web.startupfailures import StartupFailures
from adapter.web.status import Status
from adapter.web.throttle import Throttle
from adapter.web.webhooks import Webhooks

log = structlog.get_logger(__name__)

FAILURES_PER_MINUTE = 30
"""Wrong codes, from one address."""

SIGN_INS_UNDER_WAY = 300
"""How many an address may begin in a minute; those that come to a good end do not count: a whole
office may share one, and signs in at nine."""

TICKETS_PER_MINUTE = 120
"""Of one agent: each socket takes one, in every tab, and all come back at once after a deploy."""

QUESTIONS_PER_MINUTE = 300
"""Of one agent: about numbers while they type, and about past calls."""

OTHER_CONNECTIONS = 500
"""How many connections an address may have beside its softphones."""

UNSIGNED_PER_MINUTE = 60
"""Webhooks without a good signature, from one address; the provider sends none."""


@dataclass(frozen=True, slots=True)
class Edges:
    """What everything else is made from."""

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
        """Whether other replicas use the same store."""
        return is_shared(self.settings.database_url)

    @property
    def proxies(self) -> Proxies:
        """Whose word on a client's address counts."""
        return Proxies(self.settings.proxies)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What decides, keeps and carries, and knows nothing of HTTP."""

    agents: Agents
    pages: Pages
    intake: Intake
    sweeper: Sweeper
    compare: VersionReconciler
    board: Board
    streams: tuple[Stream, ...]


@dataclass(frozen=True, slots=True)
class Frontends:
    """What listens to the outside, and what looks after it."""

    server: web.Application
    status: Status
    bridge: Bridge
    boards: BoardFeeds
    watch: SessionMonitor


async def make_runtime(edges: Edges) -> Runtime:
    """Agents and pages, and everybody who tells them something."""
    settings, clock, store, hints = edges.settings, edges.clock, edges.store, edges.hints
    agents = Agents(
        store,
        hints,
        settings.policy(),
        shared=edges.shared,
        rules_of=_rules_of(edges.tenants),
        tasks=edges.tasks,
    )
    pages = await _pages(edges, agents)
    intake = Intake(agents, store, clock, edges.tenants.read)
    performer = Performer(
        agents=agents,
        store=store,
        tenants=edges.tenants,
        pages=pages,
        tasks=edges.tasks,
        clock=clock,
        metrics=edges.metrics,
    )
    agents.perform_with(performer.perform)
    agents.follow_with(pages.pops.claims)
    agents.count_with(_counted_by(edges.metrics))
    sweeper = Sweeper(
        agents=agents,
        store=store,
        intake=intake,
        tenants=edges.tenants,
        clock=clock,
        is_here=pages.is_here if edges.shared else lambda key: True,
    )
    board = Board(store, agents, pages, clock, edges.tenants)
    compare = VersionReconciler(agents=agents, pages=pages, store=store)
    return Runtime(agents, pages, intake, sweeper, compare, board, _streams(edges, intake))


def _counted_by(metrics: Metrics) -> Callable[[Turn], None]:
    def count(turn: Turn) -> None:
        ended = [opened.wanted for opened in turn.opened]
        metrics.logged([(one.direction, one.outcome) for one in ended], turn.saved)

    return count


def _streams(edges: Edges, intake: Intake) -> tuple[Stream, ...]:
    """One an account whose provider is listened to, which one replica at a time does."""
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


async def _pages(edges: Edges, agents: Agents) -> Pages:
    metrics = edges.metrics
    pages = Pages(agents, edges.tasks, edges.clock, edges.tenants)
    pages.epoch = await edges.store.epoch()
    edges.hints.listen(pages.hinted)
    edges.hints.listen(lambda key, _: metrics.shown() if pages.is_here(key) else None)
    return pages


def _rules_of(tenants: Tenants[SalesforceOrg]) -> Callable[[AgentKey], Policy | None]:
    def rules_of(key: AgentKey) -> Policy | None:
        tenant = tenants.of_agent(key)
        return tenant.rules if tenant else None

    return rules_of


def make_frontends(edges: Edges, runtime: Runtime) -> Frontends:
    """The server, with every route's handler, and the watch over its sign-ins."""
    settings, clock, store, metrics = edges.settings, edges.clock, edges.store, edges.metrics
    agents, pages = runtime.agents, runtime.pages
    boards = BoardFeeds(runtime.board, edges.tasks)
    sessions = _sessions(edges, pages, boards)
    login = Login(
        sessions,
        edges.orgs,
        settings.public_origin,
        tickets=Throttle(TICKETS_PER_MINUTE, clock),
        questions=Throttle(QUESTIONS_PER_MINUTE, clock),
    )
    site, status = Site(settings, edges.orgs), Status(store, edges.writable)
    bridge = _bridge(edges, runtime, sessions, site.build)
    supervisors = settings.supervisors_or_everybody
    board = BoardSite(runtime.board, sessions.of, supervisors, edges.orgs)
    webhooks = webhook_paths(_webhooks(edges, runtime.intake))
    server = make_server(
        site=site,
        connector=ConnectorSite(settings, edges.orgs, folder("web"), site.build),
        login=login,
        sign_in=_sign_in(edges, login),
        bridge=bridge,
        webhooks=webhooks,
        limits=Limits(settings.sockets_per_address + OTHER_CONNECTIONS, edges.proxies),
        fast_paths=WebhookFastPaths(
            {path.encode(): endpoint for path, endpoint in webhooks.items()},
            clock=clock,
            is_leaving=lambda: status.draining,
        ),
        status=status,
        board=board,
        board_live=BoardLive(
            boards,
            board.supervisor,
            day_of,
            tasks=edges.tasks,
            own_origin=settings.public_origin,
        ),
        numbers=Numbers(login, sessions.of, agents.dial_rules),
        history=History(login, store, agents),
        blocked=StartupFailures(login, metrics, clock, edges.proxies),
        metrics=MetricsSite(
            metrics=metrics,
            store=store,
            agents=agents,
            pages=pages,
            compare=runtime.compare,
            clock=clock,
        ),
    )
    watch = SessionMonitor(pages, boards, sessions, edges.tasks)
    edges.hints.listen(watch.hinted)
    return Frontends(server, status, bridge, boards, watch)


def _sessions(edges: Edges, pages: Pages, boards: BoardFeeds) -> Sessions:
    def ended(session: str) -> None:
        pages.sign_out(session)
        boards.sign_out(session)

    def all_ended(agent: AgentKey) -> None:
        pages.sign_out_agent(agent)
        boards.sign_out_agent(agent)

    return Sessions(
        edges.store,
        edges.clock,
        ended,
        all_ended,
        lambda agent: edges.hints.publish(agent, SIGNED_OUT),
        orgs=[org.org_id for org in edges.orgs.all],
    )


def _bridge(edges: Edges, runtime: Runtime, sessions: Sessions, build: str) -> Bridge:
    settings, clock, agents, pages = edges.settings, edges.clock, runtime.agents, runtime.pages
    limits_orgs = edges.shared and agents.policy.per_minute_org
    rate = OrgRate(clock, edges.hints if limits_orgs else None)
    same_user = SalesforceUserCheck(
        settings.read_back_class if settings.check_salesforce_user else "",
        agents=agents,
        pages=pages,
        sessions=sessions,
        clock=clock,
    )
    reception = Reception(
        agents=agents,
        pages=pages,
        sessions=sessions,
        directory=edges.tenants,
        same_user=same_user,
        clock=clock,
        build=build,
        metrics=edges.metrics,
    )
    clicks = Clicks(agents, rate, edges.metrics)
    return Bridge(
        reception=reception,
        hearing=Hearing(
            agents=agents, pages=pages, clicks=clicks, same_user=same_user, clock=clock
        ),
        clock=clock,
        tasks=edges.tasks,
        own_origin=settings.public_origin,
        sockets_per_address=settings.sockets_per_address,
        proxies=edges.proxies,
    )


def _sign_in(edges: Edges, login: Login) -> DevLogin | SalesforceLogin:
    """The one way in that is configured."""
    settings, orgs = edges.settings, edges.orgs.all
    if settings.sign_in == "dev":
        return DevLogin(login, orgs[0].org_id)
    return SalesforceLogin(
        login=login,
        orgs=edges.orgs,
        tenants=edges.tenants,
        once=OneTimeTokens(edges.store, edges.clock),
        clock=edges.clock,
        tries=Throttle(FAILURES_PER_MINUTE, edges.clock),
        flows=Throttle(SIGN_INS_UNDER_WAY, edges.clock),
        proxies=edges.proxies,
    )


def _webhooks(edges: Edges, intake: Intake) -> dict[tuple[str, str], Webhooks]:
    """One endpoint an account that is posted to, by its provider's path and its name."""
    configured = [
        tenant.telephony for tenant in edges.tenants.all if tenant.telephony.is_configured
    ]
    if not configured:
        log.warning("provider.not_configured")
    drivers = {telephony.account: telephony.driver for telephony in configured}
    return {
        (driver.path, account): Webhooks(
            driver=driver,
            metrics=edges.metrics,
            intake=intake,
            clock=edges.clock,
            strangers=Throttle(UNSIGNED_PER_MINUTE, edges.clock),
            proxies=edges.proxies,
            public_url=edges.settings.public_url,
        )
        for account, driver in drivers.items()
        if isinstance(driver, WebhookDriver)
    }
