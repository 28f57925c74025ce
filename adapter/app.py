"""The composition root: builds the edges, starts the adapter on them and stops it.

page → web.bridge → page.frames → runtime.agents → core.machine → storage → hint → pages
provider → web.webhooks → the driver (telephony.dialstack) → runtime.intake → the same commit
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import cast

import structlog
from aiohttp import web

from adapter.fanout.open import is_shared, open_hints
from adapter.frontends import App, make_app
from adapter.metrics import Metrics
from adapter.orgfile import orgs_of
from adapter.process import leave_at_once
from adapter.runtime.clock import Clock, SystemClock
from adapter.runtime.retention import Retention
from adapter.runtime.steering import StoredStates
from adapter.runtime.tasks import Tasks
from adapter.runtime.writable import Writable
from adapter.settings import Settings
from adapter.storage.journal import BatchDone
from adapter.storage.open import open_store
from adapter.tenantbuilder import Builder
from adapter.web.http.badrequests import RequestReader
from adapter.web.http.connections import Connections, Limits
from adapter.web.http.filelimit import room_for_connections
from adapter.web.server import FAST_PATHS, LIMITS
from adapter.web.signin import oidc
from adapter.web.sockets.reception import GONE
from adapter.wiring import Edges, make_runtime

log = structlog.get_logger(__name__)

BACKLOG = 4096
"""With 10,000 pages reconnecting at once, aiohttp's default of 128 takes 16 s, this takes 4 s."""

NOTICE_SECONDS = 2.0
"""The pause between failing readiness and closing the pages, if there are other replicas. A
balancer needs it to notice; pages that reconnected earlier would be sent here again."""

PAGES_PER_SECOND = 100
SPREAD_SECONDS = 15.0
"""At most so many pages leave per second, to spare other replicas; all leave within the limit."""

GRACE_SECONDS = 3.0
"""How long a page may take beyond its own moment. With five seconds for requests in flight and
five for those to the provider, the process is gone within thirty."""

UNTIMED = Limits(head_seconds=math.inf, busy_seconds=math.inf)
"""For servers that do not tell their connections when a request begins and ends."""

ANSWER_SECONDS = 5.0
"""How long requests in flight may take when the process stops."""

EFFECT_SECONDS = 5.0
"""How long running requests to the provider may still take."""


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncIterator[App]:
    """The adapter without a listening socket; stops in order of dependence.

    Raises WrongSetting if a setting would admit strangers.
    """
    settings.demand_safe_to_serve()
    now = clock or SystemClock()
    async with AsyncExitStack() as stack:
        metrics = Metrics()

        def committed(done: BatchDone) -> None:
            metrics.batch(done.works, done.failed, done.seconds, done.waiting)
            writable.note(done)

        url = settings.database_url
        store = await open_store(url, clock_ms=now.now, observer=committed)
        stack.push_async_callback(store.close)
        writable = Writable(store.try_writing, now)
        hints = open_hints(url, metrics.hints_broken.inc)
        stack.push_async_callback(hints.close)
        orgs = orgs_of(settings)
        http = oidc.build_http(settings.https_proxy.get_secret_value())
        stack.push_async_callback(http.aclose)

        def states_of(account: str) -> StoredStates:
            return StoredStates(store, account, now)

        builder = Builder(settings, now, http, states_of, stack)
        tenants = builder.build(orgs.all)
        tasks = Tasks()
        stack.push_async_callback(tasks.close)
        edges = Edges(settings, now, store, hints, orgs, tenants, tasks, http, metrics, writable)
        runtime = await make_runtime(edges)
        app = make_app(edges, runtime)
        if runtime.peers is not None:
            stack.push_async_callback(runtime.peers.close)
            await runtime.peers.start()
        await hints.start()
        for stream in runtime.streams:
            tasks.start(f"stream {stream.account}", stream.run(), endless=True)
        tasks.start("sweeper", app.sweeper.run(), endless=True)
        if edges.shared:
            tasks.start("compare versions", app.compare.run(), endless=True)
        tasks.start("heartbeat", app.bridge.heartbeat.run(), endless=True)
        tasks.start("session watch", app.watch.run(), endless=True)
        days = {"delivery_days": settings.delivery_days, "call_days": settings.call_days}
        tasks.start("retention", Retention(store, now, **days).run(), endless=True)
        yield app
        await tasks.drain(EFFECT_SECONDS)


async def serve(settings: Settings, stop: asyncio.Event | None = None) -> None:
    """Listen until SIGTERM or SIGINT (or `stop`), then drain.

    Until it listens, a signal ends the process at once: a start may wait minutes for a migration,
    and what it stores, it stores in single transactions.
    """
    stopping = stop or asyncio.Event()
    on_signal(leave_at_once)
    async with running(settings) as app, listening(app.server, settings.host, settings.port):
        on_signal(lambda _number: stopping.set())
        log.info("server.listening", host=settings.host, port=settings.port)
        await stopping.wait()
        await drain(app)


def on_signal(act: Callable[[int], None]) -> None:
    """What to do on SIGTERM and SIGINT from now on."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, act, number)


async def drain(app: App, grace: float = GRACE_SECONDS) -> None:
    """Fail readiness, admit nobody, ask the pages to leave, and close those that stay.

    With other replicas, it first waits until a balancer has noticed the failing readiness.
    """
    app.status.draining = True
    await asyncio.sleep(NOTICE_SECONDS if is_shared(app.settings.database_url) else 0.0)
    app.bridge.door.draining = True
    app.boards.leave()
    app.sip.leave()
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


class CannotListen(Exception):
    """The address is in use or does not belong to this machine; the text says which and why."""


@asynccontextmanager
async def listening(server: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve on an address; yields the port (chosen by the system if it is 0).

    Raises CannotListen.
    """
    runner = web.AppRunner(server, shutdown_timeout=ANSWER_SECONDS)
    await runner.setup()
    try:
        async with _open(server, runner, host, port) as bound:
            yield bound
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _open(
    server: web.Application, runner: web.AppRunner, host: str, port: int
) -> AsyncIterator[int]:
    """Serve a socket; connections are guarded, and use the fast path if there is one."""
    fast_paths, loop = server.get(FAST_PATHS), asyncio.get_running_loop()
    # Bodies are not decompressed: signatures are over raw bytes, and a bomb cannot expand.
    aiohttp = partial(
        RequestReader,
        cast(web.Server, runner.server),  # it is set up
        loop=loop,
        access_log=None,  # type: ignore[arg-type]  # it may be None
        auto_decompress=False,
    )
    reader = fast_paths.before(aiohttp) if fast_paths else lambda _connection: aiohttp()
    connections = Connections(reader, room_for_connections(), server.get(LIMITS, UNTIMED))
    try:
        listener = await loop.create_server(connections.protocol, host, port, backlog=BACKLOG)
    except OSError as error:
        connections.close()
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListen(f"cannot listen on {host}:{port}: {reason}") from error
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        if fast_paths:
            await fast_paths.close(ANSWER_SECONDS)
        connections.close()
