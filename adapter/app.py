"""The composition root: picks every implementation, wires the rooms, starts and stops them.

page → web.bridge → opencti.surface → runtime.agents → core.machine → storage → hint → pages
provider → web.webhooks → telephony.dialstack.wire → runtime.intake → the same commit
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass

import structlog
from aiohttp import web

from adapter.fanout.local import LocalHints
from adapter.fanout.port import Hints
from adapter.opencti.soql import TaskFinder, build_finder
from adapter.opencti.tasklog import TaskRules
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock, SystemClock
from adapter.runtime.directory import Directory, read_entries
from adapter.runtime.intake import Intake
from adapter.runtime.pages import Pages
from adapter.runtime.perform import Performer
from adapter.runtime.sweeper import Sweeper
from adapter.runtime.tasks import Tasks
from adapter.settings import Settings
from adapter.storage.open import open_store
from adapter.storage.port import Store
from adapter.telephony.dialstack.client import DialStackClient, build_http
from adapter.telephony.dialstack.meaning import report_from_record
from adapter.telephony.dialstack.wire import parse_webhook
from adapter.telephony.news import CallNews
from adapter.telephony.port import Provider
from adapter.telephony.strictjson import Malformed
from adapter.web.bridge import GONE, Bridge
from adapter.web.login import Login
from adapter.web.pages import Site
from adapter.web.server import make_server
from adapter.web.status import Status
from adapter.web.watch import Watch
from adapter.web.webhooks import Webhooks

log = structlog.get_logger(__name__)

BACKLOG = 4096
"""10,000 pages that come back at once wait 16 s with aiohttp's default of 128, 4 s with this."""

DRAIN_SECONDS = 3.0
"""How long the pages have to leave by themselves, each at its own moment of it."""

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
    status: Status
    bridge: Bridge
    watch: Watch
    tasks: Tasks


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncIterator[App]:
    """The adapter with everything but a listening socket; stops in the order of dependence."""
    now = clock or SystemClock()
    async with AsyncExitStack() as stack:
        store = await open_store(settings.database_url, clock_ms=now.now)
        stack.push_async_callback(store.close)
        hints = LocalHints()
        stack.push_async_callback(hints.close)
        provider = _provider(settings)
        stack.push_async_callback(provider.close)
        tasks = Tasks()
        stack.push_async_callback(tasks.close)
        app = await _wire(
            settings, clock=now, store=store, hints=hints, provider=provider, tasks=tasks
        )
        if settings.asks_salesforce:
            app.pages.finder = _finder(settings)
            stack.push_async_callback(app.pages.finder.close)
        await hints.start()
        tasks.start("sweeper", app.sweeper.run(), endless=True)
        tasks.start("session watch", app.watch.run(), endless=True)
        yield app
        await tasks.drain(EFFECT_SECONDS)


def _provider(settings: Settings) -> DialStackClient:
    token = settings.dialstack_token.get_secret_value()
    http = build_http(settings.dialstack_url, token, settings.dialstack_account)
    return DialStackClient(http, user_field=settings.dialstack_user_field)


def _finder(settings: Settings) -> TaskFinder:
    secret = settings.salesforce_client_secret.get_secret_value()
    return build_finder(settings.salesforce_url, settings.salesforce_client_id, secret)


async def _wire(
    settings: Settings,
    *,
    clock: Clock,
    store: Store,
    hints: Hints,
    provider: Provider,
    tasks: Tasks,
) -> App:
    policy = settings.policy()
    agents = Agents(store, hints, policy)
    rules = TaskRules(settings.task_status, policy.disposition, settings.extra_fields())
    pages = Pages(agents, tasks, clock, rules, asdict(provider.capabilities))
    pages.epoch = await store.epoch()
    pages.apex_class = settings.read_back_class
    hints.listen(pages.hinted)
    intake = Intake(agents, store, clock, read_news)
    performer = Performer(
        agents=agents,
        store=store,
        provider=provider,
        news_of=report_from_record,
        pages=pages,
        tasks=tasks,
        clock=clock,
    )
    agents.perform_with(performer.perform)
    sweeper = Sweeper(
        agents=agents,
        store=store,
        hints=hints,
        intake=intake,
        provider=provider,
        news_of=report_from_record,
        clock=clock,
    )
    login = Login(store, clock, settings.public_origin, pages.sign_out)
    site, status = Site(settings), Status(store)
    bridge = Bridge(
        agents=agents,
        pages=pages,
        login=login,
        directory=_directory(settings, provider, clock),
        clock=clock,
        tasks=tasks,
        own_origin=settings.public_origin,
        build=site.build,
    )
    webhooks = _webhooks(settings, intake, clock)
    server = make_server(site=site, login=login, bridge=bridge, webhooks=webhooks, status=status)
    watch = Watch(pages, login)
    return App(settings, server, agents, pages, sweeper, status, bridge, watch, tasks)


def _directory(settings: Settings, provider: Provider, clock: Clock) -> Directory:
    entries = read_entries(settings.directory_file) if settings.directory_file else ()
    known = provider if settings.is_provider_configured else None
    return Directory(settings.dialstack_account, known, clock, entries)


def _webhooks(settings: Settings, intake: Intake, clock: Clock) -> Webhooks | None:
    if not settings.is_provider_configured:
        log.warning("provider.not_configured")
        return None
    return Webhooks(
        account=settings.dialstack_account,
        secrets=settings.webhook_secrets,
        intake=intake,
        clock=clock,
    )


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


async def drain(app: App, seconds: float = DRAIN_SECONDS) -> None:
    """Readiness red, nobody let in, the pages told to leave; those that stay are closed."""
    app.status.draining = app.bridge.draining = True
    pages = app.pages.everyone()
    log.info("server.draining", pages=len(pages))
    for number, page in enumerate(pages):
        after_ms = round(number / len(pages) * seconds * 500)
        page.send(f'{{"type":"drain","after_ms":{after_ms}}}')
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
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
