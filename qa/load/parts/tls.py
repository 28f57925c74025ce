"""(l): deliveries and clicks through TLS, with Caddy in front of a bare server and of ours.

Each has a Caddy of its own with the Caddyfile of deploy/, on the server's core, as in a small
deployment on one machine. Caddy's own processor time is a separate figure (`front_us_per_event`).
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from qa.load import programs, wire
from qa.load.parts.click import Clicks, clicks_of
from qa.load.parts.results import Results
from qa.load.programs import SERVER_CORE, Front, Program, free_port, pinned
from qa.load.provider import providing
from qa.load.rounds import contender, interleave
from qa.replicas.proxies import caddy_alone

FLOOR, OURS = "floor behind TLS", "ours behind TLS"
CLICK_FLOOR, CLICK_OURS = "click through TLS, floor", "click through TLS, ours"


async def tls(folder: Path, agents: int, rounds: int) -> Results:
    """Measure floods in turn, then clicks in turn, with the same programs and pages."""
    clicks = Clicks()
    agents = max(agents, clicks_of(rounds))
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(providing(clicks.posted))
        bare = await floor(folder, stack, provider)
        adapter = await ours(folder, stack, provider, agents)
        both = []
        for program in (bare, adapter):
            stack.callback(program.stop)
            both.append(await contender(program, agents))
        measured = await interleave(both, rounds)
        pages = [list(side.flood.pages.values()) for side in both]
        measured.add(
            await clicks.interleave(
                {CLICK_FLOOR: (bare, pages[0]), CLICK_OURS: (adapter, pages[1])}, rounds
            )
        )
    measured.figures = {
        "tls_vs_floor": measured.ratio(OURS, FLOOR, "events_per_second"),
        "tls_vs_floor_cpu": measured.ratio(FLOOR, OURS, "cpu_us_per_event"),
        "tls_click_p50_ms": measured.median_of(CLICK_OURS, "p50_ms"),
        "tls_click_floor_p50_ms": measured.median_of(CLICK_FLOOR, "p50_ms"),
    }
    return measured


async def floor(folder: Path, stack: AsyncExitStack, provider: str) -> Program:
    """A bare server, not started, behind a running Caddy."""
    bare = programs.floor(folder, provider=provider)
    return replace(bare, kind=FLOOR, front=await _front(stack, bare.port))


async def ours(folder: Path, stack: AsyncExitStack, provider: str, agents: int) -> Program:
    """The adapter, not started, behind another running Caddy."""
    port = free_port()
    front = await _front(stack, port)
    further = {
        "SOFTPHONE_PUBLIC_URL": f"https://localhost:{front.port}",
        "SOFTPHONE_PROXIES": "127.0.0.1",
    }
    adapter = await programs.ours(
        folder, agents, kind=OURS, provider=provider, port=port, further=further
    )
    return replace(adapter, front=front)


async def _front(stack: AsyncExitStack, port: int) -> Front:
    with pinned(SERVER_CORE):
        proxy = await stack.enter_async_context(caddy_alone(port))
    wire.encrypt(proxy.tls_port, proxy.trust())
    return Front(proxy.tls_port, proxy.process.pid)
