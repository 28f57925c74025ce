"""The composition root: picks every implementation, wires the rooms, starts and stops them.

page → web.bridge → opencti.surface → runtime.agents → core.machine → storage → hint → pages
provider → web.webhooks → telephony.dialstack.wire → runtime.intake → the same commit
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass

import httpx
import structlog
from aiohttp import web

from adapter.fanout.open import is_shared, open_hints
from adapter.fanout.port import Hints
from adapter.metrics import Metrics
from adapter.opencti.soql import TaskFinder, build_finder
from adapter.opencti.tasklog import TaskRules
from adapter.orgs import Org, Orgs, orgs_of
from adapter.runtime.agents import Agents
from adapter.runtime.board import Board
from adapter.runtime.clock import Clock, SystemClock
from adapter.runtime.compare import Compare
from adapter.runtime.directory import Directories, Directory, read_entries
from adapter.runtime.intake import Intake
from adapter.runtime.orgrate import OrgRate
from adapter.runtime.pages import Pages
from adapter.runtime.perform import Performer
from adapter.runtime.retention import Retention
from adapter.runtime.sweeper import Sweeper
from adapter.runtime.tasks import Tasks
from adapter.settings import Settings
from adapter.storage.journal import BatchDone
from adapter.storage.open import open_store
from adapter.storage.sqlstore import SqlStore
from adapter.telephony.dialstack.client import DialStackClient, build_http
from adapter.telephony.dialstack.meaning import report_from_record
from adapter.telephony.dialstack.wire import parse_webhook
from adapter.telephony.health import Health
from adapter.telephony.news import CallNews
from adapter.telephony.strictjson import Malformed
from adapter.web import oidc
from adapter.web.blocked import Blocked
from adapter.web.board import BoardSite
from adapter.web.bridge import GONE, Bridge
from adapter.web.clicks import Clicks
from adapter.web.devlogin import DevLogin
from adapter.web.login import Login
from adapter.web.metrics import MetricsSite
from adapter.web.numbers import Numbers
from adapter.web.oidc import IdentityProvider
from adapter.web.once import Once
from adapter.web.pages import Site
from adapter.web.salesforcelogin import SalesforceLogin
from adapter.web.sameuser import SameUser
from adapter.web.server import make_server
from adapter.web.sessions import Sessions
from adapter.web.status import Status
from adapter.web.throttle import Throttle
from adapter.web.watch import SIGNED_OUT, Watch
from adapter.web.webhooks import Webhooks

log = structlog.get_logger(__name__)

BACKLOG = 4096
"""10,000 pages that come back at once wait 16 s with aiohttp's default of 128, 4 s with this."""

NOTICE_SECONDS = 2.0
"""Between red readiness and the pages' leave, where there are other replicas: so long a balancer
may take to notice. Whoever came back before would be sent here again."""

PAGES_PER_SECOND = 100
SPREAD_SECONDS = 15.0
"""So many pages leave in a second, lest the others be stormed; but all within so many seconds."""

GRACE_SECONDS = 3.0
"""How long a page may take beyond its own moment. With five seconds for requests in flight and
five for those to the provider, the process is gone within thirty."""

SIGN_INS_PER_MINUTE = 30
"""For one address: a whole office may share one, and signs in in the morning."""

UNSIGNED_PER_MINUTE = 60
"""Webhooks without a good signature, from one address; the provider sends none."""

EFFECT_SECONDS = 5.0
"""How long requests to the provider that are under way may still take."""


@dataclass(slots=True)
class App:
    """A running adapter, as seen from outside."""

    settings: Settings
    server: web.Application
    agents: Agents
    pages: Pages
    sweeper: Sweeper
    compare: Compare
    status: Status
    bridge: Bridge
    watch: Watch
    tasks: Tasks
    board: Board


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncIterator[App]:
    """The adapter with everything but a listening socket; stops in the order of dependence."""
    now = clock or SystemClock()
    async with AsyncExitStack() as stack:
        metrics = Metrics()

        def committed(done: BatchDone) -> None:
            metrics.batch(done.works, done.failed, done.seconds, done.waiting)

        url = settings.database_url
        store = await open_store(url, clock_ms=now.now, observer=committed)
        stack.push_async_callback(store.close)
        hints = open_hints(url, metrics.hints_broken.inc)
        stack.push_async_callback(hints.close)
        orgs = orgs_of(settings)
        healths = {org.account: Health(now.now) for org in orgs.all}
        providers = {
            org.account: _provider(settings, org, healths[org.account]) for org in orgs.all
        }
        for provider in providers.values():
            stack.push_async_callback(provider.close)
        tasks = Tasks()
        stack.push_async_callback(tasks.close)
        http = oidc.build_http()
        stack.push_async_callback(http.aclose)
        parts = _Parts(settings, now, store, hints, orgs, providers, healths, tasks, http, metrics)
        app = await _wire(parts)
        if settings.asks_salesforce:
            app.pages.finder = _finder(settings)
            stack.push_async_callback(app.pages.finder.close)
        await hints.start()
        tasks.start("sweeper", app.sweeper.run(), endless=True)
        if is_shared(settings.database_url):
            tasks.start("compare versions", app.compare.run(), endless=True)
        tasks.start("session watch", app.watch.run(), endless=True)
        days = {"delivery_days": settings.delivery_days, "call_days": settings.call_days}
        tasks.start("retention", Retention(store, now, **days).run(), endless=True)
        yield app
        await tasks.drain(EFFECT_SECONDS)


def _provider(settings: Settings, org: Org, health: Health) -> DialStackClient:
    http = build_http(settings.dialstack_url, org.token, org.account)
    field = settings.dialstack_user_field
    return DialStackClient(http, user_field=field, observe=health.note)


def _finder(settings: Settings) -> TaskFinder:
    secret = settings.salesforce_client_secret.get_secret_value()
    return build_finder(settings.salesforce_url, settings.salesforce_client_id, secret)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What everything else is made from."""

    settings: Settings
    clock: Clock
    store: SqlStore
    hints: Hints
    orgs: Orgs
    providers: Mapping[str, DialStackClient]
    healths: Mapping[str, Health]
    tasks: Tasks
    http: httpx.AsyncClient
    metrics: Metrics


async def _wire(parts: _Parts) -> App:
    settings, clock, store, tasks = parts.settings, parts.clock, parts.store, parts.tasks
    hints = parts.hints
    policy = settings.policy()
    shared = is_shared(settings.database_url)
    agents = Agents(store, hints, policy, shared=shared)
    rules = TaskRules(settings.task_status, policy.disposition, settings.extra_fields())
    any_provider = next(iter(parts.providers.values()))
    pages = Pages(agents, tasks, clock, rules, asdict(any_provider.capabilities))
    pages.epoch = await store.epoch()
    pages.apex_class = settings.read_back_class
    hints.listen(pages.hinted)
    metrics = parts.metrics
    hints.listen(lambda key, _: metrics.shown() if pages.is_here(key) else None)
    intake = Intake(agents, store, clock, read_news)
    performer = Performer(
        agents=agents,
        store=store,
        providers=parts.providers,
        news_of=report_from_record,
        pages=pages,
        tasks=tasks,
        clock=clock,
        metrics=metrics,
    )
    agents.perform_with(performer.perform)
    agents.follow_with(pages.claims)
    sweeper = Sweeper(
        agents=agents,
        store=store,
        intake=intake,
        providers=parts.providers,
        news_of=report_from_record,
        clock=clock,
        is_here=pages.is_here if shared else lambda key: True,
    )
    sessions = Sessions(
        store,
        clock,
        pages.sign_out,
        pages.sign_out_agent,
        lambda agent: hints.publish(agent, SIGNED_OUT),
    )
    login = Login(sessions, parts.orgs, settings.public_origin)
    site, status = Site(settings, parts.orgs), Status(store)
    shared_hints = hints if shared and policy.per_minute_org else None
    bridge = Bridge(
        agents=agents,
        clicks=Clicks(agents, OrgRate(clock, shared_hints), metrics),
        same_user=SameUser(
            settings.read_back_class if settings.check_salesforce_user else "",
            agents=agents,
            pages=pages,
            sessions=sessions,
            clock=clock,
        ),
        pages=pages,
        sessions=sessions,
        directory=_directories(parts),
        clock=clock,
        tasks=tasks,
        own_origin=settings.public_origin,
        build=site.build,
        metrics=metrics,
        sockets_per_address=settings.sockets_per_address,
        proxies=frozenset(settings.proxies),
    )
    healths = {org.org_id: parts.healths[org.account] for org in parts.orgs.all}
    board = Board(store, agents, pages, clock, read_news, health=healths)
    compare = Compare(agents=agents, pages=pages, store=store)
    server = make_server(
        site=site,
        login=login,
        sign_in=_sign_in(parts, login),
        bridge=bridge,
        webhooks=_webhooks(parts, intake),
        status=status,
        board=BoardSite(board, sessions.of, settings.supervisors_or_everybody, parts.orgs),
        numbers=Numbers(login, sessions.of, policy.dial),
        blocked=Blocked(login, metrics, clock, frozenset(settings.proxies)),
        metrics=MetricsSite(
            metrics=metrics, store=store, agents=agents, pages=pages, compare=compare, clock=clock
        ),
    )
    watch = Watch(pages, sessions, tasks)
    hints.listen(watch.hinted)
    return App(
        settings=settings,
        server=server,
        agents=agents,
        pages=pages,
        sweeper=sweeper,
        compare=compare,
        status=status,
        bridge=bridge,
        watch=watch,
        tasks=tasks,
        board=board,
    )


def _sign_in(parts: _Parts, login: Login) -> DevLogin | SalesforceLogin:
    """The one way in that is configured."""
    settings, orgs = parts.settings, parts.orgs.all
    if settings.sign_in == "dev":
        return DevLogin(login, orgs[0].org_id)
    redirect_uri = f"{settings.public_origin}/auth/callback"
    return SalesforceLogin(
        login=login,
        orgs=parts.orgs,
        providers={
            org.org_id: IdentityProvider(org, parts.http, redirect_uri, parts.clock) for org in orgs
        },
        once=Once(parts.store, parts.clock),
        clock=parts.clock,
        tries=Throttle(SIGN_INS_PER_MINUTE, parts.clock),
        proxies=frozenset(settings.proxies),
    )


def _directories(parts: _Parts) -> Directories:
    """One an org: its own file, and the users of its own provider account."""
    directories = {}
    for org in parts.orgs.all:
        entries = read_entries(org.directory_file) if org.directory_file else ()
        known = parts.providers[org.account] if org.is_provider_configured else None
        directories[org.org_id] = Directory(org.account, known, parts.clock, entries)
    return Directories(directories)


def _webhooks(parts: _Parts, intake: Intake) -> dict[str, Webhooks]:
    """One endpoint an account, each with its own secrets."""
    configured = [org for org in parts.orgs.all if org.is_provider_configured]
    if not configured:
        log.warning("provider.not_configured")
    return {
        org.account: Webhooks(
            account=org.account,
            secrets=org.webhook_secrets,
            metrics=parts.metrics,
            intake=intake,
            clock=parts.clock,
            strangers=Throttle(UNSIGNED_PER_MINUTE, parts.clock),
            proxies=frozenset(parts.settings.proxies),
        )
        for org in configured
    }


def read_news(body: bytes, at: int) -> CallNews | None:
    """What a stored delivery tells; None if it is about no call."""
    try:
        return parse_webhook(body, at).report
    except Malformed:
        return None


async def serve(settings: Settings, stop: asyncio.Event | None = None) -> None:
    """Listen until SIGTERM or SIGINT (or `stop`), then drain."""
    stopping = stop or asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with running(settings) as app, listening(app.server, settings.host, settings.port):
        log.info("server.listening", host=settings.host, port=settings.port)
        await stopping.wait()
        await drain(app)


async def drain(app: App, notice: float | None = None, grace: float = GRACE_SECONDS) -> None:
    """Readiness red, nobody let in, the pages told to leave; those that stay are closed.

    `notice` (seconds) is for the balancer, none where there is no other replica to go to.
    """
    app.status.draining = True
    if notice is None:
        notice = NOTICE_SECONDS if is_shared(app.settings.database_url) else 0.0
    await asyncio.sleep(notice)
    app.bridge.draining = True
    pages = app.pages.everyone()
    spread = min(len(pages) / PAGES_PER_SECOND, SPREAD_SECONDS)
    log.info("server.draining", pages=len(pages), seconds=spread)
    for number, page in enumerate(pages):
        after_ms = round(number / len(pages) * spread * 1000)
        page.send(f'{{"type":"drain","after_ms":{after_ms}}}')
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(spread + grace):
            await app.pages.none_left()
    for page in app.pages.everyone():
        page.close(GONE, "this replica is leaving")


@asynccontextmanager
async def listening(server: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """The server on that address; yields the port (which the system picks for 0)."""
    # Bodies stay as they came: signatures are over raw bytes, and nothing explodes when unpacked.
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=5.0, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, host, port, backlog=BACKLOG)
    try:
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
