"""Does a run: starts the processes, lets the agents work, waits until all is settled, judges."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import aiohttp

from qa.chaos import pace
from qa.chaos.faults import (
    PAGE_FAULTS,
    VOICE_FAULTS,
    Progress,
    kill_now_and_then,
    starve_the_store,
    trouble_the_pages,
)
from qa.chaos.hostorg import LWC, HostOrg
from qa.chaos.ledger import Ledger
from qa.chaos.org import Org
from qa.chaos.plan import plan_calls
from qa.chaos.processes import READY_SECONDS, Server, free_port, simulator
from qa.chaos.seat import Seat, Shop
from qa.chaos.server import POINTS, WRITING_POINTS
from qa.chaos.verdict import complete, complete_voice, judge, summary
from qa.chaos.voiceorg import VOICE, VoiceOrg, settings, voice_org
from qa.checker.history import Fields
from qa.checker.report import Violation

SETTLE_SECONDS = 300.0
AGENTS = 120

WEBHOOKS = {
    "duplicate": 0.1,
    "reorder": 0.1,
    "reorder_ms": 700,
    "drop": 0.01,
    "delay_ms": [0, 60],
    "bad_signature": 0.005,
    "again": 0.02,
    "again_ms": 9_000,
}
"""The faults of all webhooks. Other faults are planned per call."""

UNSETTLED = """
SELECT (SELECT COUNT(*) FROM call_logs WHERE NOT settled AND next_due IS NOT NULL)
     + (SELECT COUNT(*) FROM parked)
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line's options. `kills`: None means one for every 500 calls, at least two.

    `surface`: where all agents work; with Salesforce Voice the adapter writes the records.
    `agents`: how many work at the same time, at most.
    """

    calls: int
    seed: int
    kills: int | None = None
    surface: str = "open-cti"
    agents: int = AGENTS

    @property
    def wanted_kills(self) -> int:
        """How often the server is killed."""
        return max(2, self.calls // 500) if self.kills is None else self.kills


@dataclass(frozen=True, slots=True)
class Outcome:
    """The run's last line and its violations."""

    summary: Fields
    violations: list[Violation]


async def run(
    options: Options, folder: Path, on_call: Callable[[], None] = lambda: None
) -> Outcome:
    """Do the whole run in this folder; `on_call` is called after each call."""
    _end_with_sigterm()
    ledger, began = Ledger(options.seed), time.monotonic()
    names = [f"a{n:03d}" for n in range(min(options.agents, max(6, options.calls // 6)))]
    url, port = f"http://localhost:{free_port()}", free_port()
    async with AsyncExitStack() as stack:
        webhook = f"{url}/webhooks/dialstack"
        provider = await stack.enter_async_context(simulator(port, webhook, names, options.seed))
        api, more = await stack.enter_async_context(_voice(options, ledger))
        server = Server(folder, url, provider, ledger, more)
        stack.push_async_callback(server.stop)
        await server.start()
        shop, http = _shop(url, provider, ledger, options, names=names, api=api)
        await stack.enter_async_context(http)
        seats = [Seat(name, shop, Random(f"{options.seed}:{name}")) for name in names]
        for seat in seats:
            stack.push_async_callback(seat.go_home)
        await shop.tell_provider("/v1/test_helpers/chaos", dict(WEBHOOKS))
        await _play(Progress(options.calls, on_call), options, server, seats, shop)
        truth = await _settle(shop, server, seats)
    plans = shop.plans
    ledger.history.seconds = time.monotonic() - began
    complete(ledger.history, truth, server.database, seats, plans)
    if api is not None:
        complete_voice(ledger.history, api.book)
    report = judge(ledger.history, truth, seats, plans)
    ledger.counted["server_starts"] = server.starts
    ledger.counted["agents"] = len(seats)
    last = summary(
        report,
        truth,
        calls=options.calls,
        kills=options.wanted_kills,
        counted=ledger.counted,
        surface=options.surface,
    )
    return Outcome(last, report.violations)


@asynccontextmanager
async def _voice(
    options: Options, ledger: Ledger
) -> AsyncIterator[tuple[VoiceOrg | None, dict[str, str]]]:
    """Salesforce's API and the adapter's settings for it, if agents work in Salesforce Voice."""
    if options.surface != VOICE:
        yield None, {}
        return
    async with voice_org(Random(f"{options.seed}:api"), ledger) as (api, address):
        yield api, settings(address)


def _end_with_sigterm() -> None:
    """End the child processes when this process is terminated."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _shop(
    url: str,
    provider: str,
    ledger: Ledger,
    options: Options,
    *,
    names: list[str],
    api: VoiceOrg | None,
) -> tuple[Shop, aiohttp.ClientSession]:
    http = aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=60),
        connector=aiohttp.TCPConnector(limit=64),
    )
    headers = {"Authorization": f"Bearer {pace.TOKEN}", "DialStack-Account": pace.ACCOUNT}
    kind = HostOrg if options.surface == LWC else Org
    org = kind(Random(f"{options.seed}:org"), ledger)
    ledger.history.never_in_doubt = options.surface == LWC
    plans = {plan.number: plan for plan in plan_calls(options.calls, options.seed)}
    return Shop(url, provider, http, headers, org, ledger, plans, names, api), http


async def _play(
    progress: Progress, options: Options, server: Server, seats: list[Seat], shop: Shop
) -> None:
    """Play all calls with all faults."""
    plans = list(shop.plans.values())
    rng = Random(f"{options.seed}:wounds")
    for seat in seats:
        seat.sit_down()
    await asyncio.gather(*(seat.until(bool, 30.0) for seat in seats))
    by_voice = options.surface == VOICE
    kinds = VOICE_FAULTS if by_voice else PAGE_FAULTS
    points = WRITING_POINTS if by_voice else POINTS
    pages = asyncio.create_task(trouble_the_pages(seats, shop.ledger, rng, len(seats) / 60, kinds))
    kills = Random(f"{options.seed}:kills")
    faults = (
        kill_now_and_then(server, progress, options.wanted_kills, kills, points),
        starve_the_store(server, progress, Random(f"{options.seed}:store")),
    )
    work = (seat.work(plans[n :: len(seats)], progress.step) for n, seat in enumerate(seats))
    try:
        await asyncio.gather(*faults, *work)
    finally:
        pages.cancel()
        await asyncio.gather(pages, return_exceptions=True)


async def _settle(shop: Shop, server: Server, seats: list[Seat]) -> Fields:
    """Stop the faults and wait until nothing is pending; returns the provider's history.

    That includes the provider's redeliveries: one for a call that rang while the server was down
    may come a minute later.
    """
    shop.org.calm = True
    if shop.api is not None:
        shop.api.calm = True
    await server.is_ready(READY_SECONDS)
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        await asyncio.sleep(1.0)
        if not _is_quiet(shop, server, seats):
            continue
        truth = await _truth(shop)
        on_its_way = any(delivery["fate"] == "pending" for delivery in truth["deliveries"])
        # Ask again, because the last delivery may have come between the two checks.
        if not on_its_way and _is_quiet(shop, server, seats):
            return truth
        await asyncio.sleep(4.0)
    return await _truth(shop)


def _is_quiet(shop: Shop, server: Server, seats: list[Seat]) -> bool:
    """Whether Salesforce, the agents and the adapter have nothing under way."""
    saving = bool(+shop.org.under_way)
    return not (saving or _unsettled(server.database)) and all(seat.is_quiet for seat in seats)


def _unsettled(database: Path) -> int:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5.0)
    try:
        count: int = connection.execute(UNSETTLED).fetchone()[0]
        return count
    finally:
        connection.close()


async def _truth(shop: Shop) -> Fields:
    async with shop.http.get(
        f"{shop.provider_url}/v1/test_helpers/history",
        headers=shop.provider_headers,
        timeout=aiohttp.ClientTimeout(total=120),
    ) as answer:
        history: Fields = await answer.json()
        return history
