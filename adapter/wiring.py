"""How the rooms meet: edges first, on them the runtime, on that what the web serves.

One function a floor; each names all that it is made of, so that what is not here is not in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import httpx
import structlog
from aiohttp import web

from adapter.core.model import AgentKey
from adapter.fanout.open import is_shared
from adapter.fanout.port import Hints
from adapter.metrics import Metrics
from adapter.opencti.tasklog import TaskRules
from adapter.orgs import Orgs
from adapter.page.pages import Pages
from adapter.page.reconciler import VersionReconciler
from adapter.runtime.agents import Agents
from adapter.runtime.board import Board
from adapter.runtime.clock import Clock
from adapter.runtime.directory import Directories, Directory, read_entries
from adapter.runtime.intake import Intake, Reader
from adapter.runtime.orgrate import OrgRate
from adapter.runtime.perform import Performer
from adapter.runtime.sweeper import Sweeper
from adapter.runtime.tasks import Tasks
from adapter.settings import Settings
from adapter.storage.sqlstore import SqlStore
from adapter.telephony.health import Health
from adapter.telephony.port import Driver, WebhookDriver
from adapter.telephony.updates import CallUpdate
from adapter.web.board import BoardSite, since_of
from adapter.web.boardfeed import BoardFeeds
from adapter.web.boardlive import BoardLive
from adapter.web.bridge import Bridge
from adapter.web.clicks import Clicks
from adapter.web.devlogin import DevLogin
from adapter.web.fastpath import WebhookFastPaths
from adapter.web.history import History
from adapter.web.login import Login
from adapter.web.metrics import MetricsSite
from adapter.web.numbers import Numbers
from adapter.web.oidc import IdentityProvider
from adapter.web.onetimetokens import OneTimeTokens
from adapter.web.pages import Site
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

SIGN_INS_PER_MINUTE = 30
"""For one address: a whole office may share one, and signs in in the morning."""

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
    providers: Mapping[str, Driver]
    healths: Mapping[str, Health]
    tasks: Tasks
    http: httpx.AsyncClient
    metrics: Metrics

    @property
    def shared(self) -> bool:
        """Whether other replicas use the same store."""
        return is_shared(self.settings.database_url)

    @property
    def proxies(self) -> frozenset[str]:
        """Whose word on a client's address counts."""
        return frozenset(self.settings.proxies)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What decides, keeps and carries, and knows nothing of HTTP."""

    agents: Agents
    pages: Pages
    intake: Intake
    sweeper: Sweeper
    compare: VersionReconciler
    board: Board


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
    agents = Agents(store, hints, settings.policy(), shared=edges.shared)
    pages = await _pages(edges, agents)
    intake = Intake(agents, store, clock, _reader(edges))
    performer = Performer(
        agents=agents,
        store=store,
        providers=edges.providers,
        pages=pages,
        tasks=edges.tasks,
        clock=clock,
        metrics=edges.metrics,
    )
    agents.perform_with(performer.perform)
    agents.follow_with(pages.claims)
    sweeper = Sweeper(
        agents=agents,
        store=store,
        intake=intake,
        providers=edges.providers,
        clock=clock,
        is_here=pages.is_here if edges.shared else lambda key: True,
    )
    healths = {org.org_id: edges.healths[org.account] for org in edges.orgs.all}
    board = Board(store, agents, pages, clock, _reader(edges), health=healths)
    compare = VersionReconciler(agents=agents, pages=pages, store=store)
    return Runtime(agents, pages, intake, sweeper, compare, board)


async def _pages(edges: Edges, agents: Agents) -> Pages:
    settings, metrics = edges.settings, edges.metrics
    rules = TaskRules(settings.task_status, agents.policy.disposition, settings.extra_fields())
    any_provider = next(iter(edges.providers.values()))
    can = asdict(any_provider.capabilities)
    pages = Pages(agents, edges.tasks, edges.clock, rules, can)
    pages.epoch = await edges.store.epoch()
    pages.apex_class = settings.read_back_class
    edges.hints.listen(pages.hinted)
    edges.hints.listen(lambda key, _: metrics.shown() if pages.is_here(key) else None)
    return pages


def make_frontends(edges: Edges, runtime: Runtime) -> Frontends:
    """The server, with every route's handler, and the watch over its sign-ins."""
    settings, clock, store, metrics = edges.settings, edges.clock, edges.store, edges.metrics
    agents, pages = runtime.agents, runtime.pages
    boards = BoardFeeds(runtime.board, edges.tasks)
    sessions = _sessions(edges, pages, boards)
    login = Login(sessions, edges.orgs, settings.public_origin)
    site, status = Site(settings, edges.orgs), Status(store)
    bridge = _bridge(edges, runtime, sessions, site.build)
    supervisors = settings.supervisors_or_everybody
    board = BoardSite(runtime.board, sessions.of, supervisors, edges.orgs)
    webhooks = webhook_paths(_webhooks(edges, runtime.intake))
    server = make_server(
        site=site,
        login=login,
        sign_in=_sign_in(edges, login),
        bridge=bridge,
        webhooks=webhooks,
        fast_paths=WebhookFastPaths(
            {path.encode(): endpoint for path, endpoint in webhooks.items()},
            tasks=edges.tasks,
            clock=clock,
            is_leaving=lambda: status.draining,
        ),
        status=status,
        board=board,
        board_live=BoardLive(
            boards,
            board.supervisor,
            since_of,
            tasks=edges.tasks,
            own_origin=settings.public_origin,
        ),
        numbers=Numbers(login, sessions.of, agents.policy.dial),
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
    return Bridge(
        agents=agents,
        clicks=Clicks(agents, rate, edges.metrics),
        same_user=same_user,
        pages=pages,
        sessions=sessions,
        directory=_directories(edges),
        clock=clock,
        tasks=edges.tasks,
        own_origin=settings.public_origin,
        build=build,
        metrics=edges.metrics,
        sockets_per_address=settings.sockets_per_address,
        proxies=edges.proxies,
    )


def _sign_in(edges: Edges, login: Login) -> DevLogin | SalesforceLogin:
    """The one way in that is configured."""
    settings, orgs = edges.settings, edges.orgs.all
    if settings.sign_in == "dev":
        return DevLogin(login, orgs[0].org_id)
    redirect_uri = f"{settings.public_origin}/auth/callback"
    return SalesforceLogin(
        login=login,
        orgs=edges.orgs,
        providers={
            org.org_id: IdentityProvider(org, edges.http, redirect_uri, edges.clock) for org in orgs
        },
        once=OneTimeTokens(edges.store, edges.clock),
        clock=edges.clock,
        tries=Throttle(SIGN_INS_PER_MINUTE, edges.clock),
        proxies=edges.proxies,
    )


def _directories(edges: Edges) -> Directories:
    """One an org: its own file, and the users of its own provider account."""
    directories = {}
    for org in edges.orgs.all:
        entries = read_entries(org.directory_file) if org.directory_file else ()
        known = edges.providers[org.account] if org.is_provider_configured else None
        directories[org.org_id] = Directory(org.account, known, edges.clock, entries)
    return Directories(directories)


def _webhooks(edges: Edges, intake: Intake) -> dict[tuple[str, str], Webhooks]:
    """One endpoint an account that is posted to, by its provider's path and its name."""
    configured = [org for org in edges.orgs.all if org.is_provider_configured]
    if not configured:
        log.warning("provider.not_configured")
    drivers = {org.account: edges.providers[org.account] for org in configured}
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


def _reader(edges: Edges) -> Reader:
    """Reads stored deliveries, each as the driver of its account does; None of a gone account."""

    def read(account: str, body: bytes, at: int) -> CallUpdate | None:
        driver = edges.providers.get(account)
        return driver.read(body, at) if driver else None

    return read
