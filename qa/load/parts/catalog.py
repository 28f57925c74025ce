"""The parts of the bench: what each measures, which figures it has, and which peers it needs."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from qa.load.parts.click import click
from qa.load.parts.crowd import Crowd
from qa.load.parts.disk import disk
from qa.load.parts.flow import SPEED, Flow
from qa.load.parts.growth import growth
from qa.load.parts.latency import latency
from qa.load.parts.outbound import day, outbound
from qa.load.parts.replicas import replicas
from qa.load.parts.results import Results
from qa.load.parts.tls import tls


class Part(NamedTuple):
    """A function to run in a folder of its own, the figures it measures, the peers it needs."""

    run: Callable[[Path, argparse.Namespace], Awaitable[Results]]
    figures: tuple[str, ...]
    peers: tuple[str, ...] = ()


async def flow(folder: Path, options: argparse.Namespace) -> Results:
    """(a), (b), (h), and (c) with the same programs."""
    with ExitStack() as stack:
        part = Flow(folder, stack, options.agents)
        await part.start(everybody=not options.quick)
        measured = await part.measure(options.rounds)
        if not options.quick:
            ours, floor = part.contenders["ours"], part.contenders["floor"]
            part.stop_all_but(ours, floor)
            limit = measured.median_of("ours", SPEED)
            measured.add(await latency(ours, floor, limit, options.rounds))
        return measured


async def crowd(folder: Path, options: argparse.Namespace) -> Results:
    """(e), (f)."""
    with ExitStack() as stack:
        return await Crowd(folder, stack).measure(options.rounds)


PARTS = {
    "flow": Part(
        flow,
        (
            "durable_vs_floor",
            "durable_vs_floor_cpu",
            "durable_vs_floor_plain_loop",
            "durable_vs_express",
            "durable_vs_fastapi",
            "postgres_vs_sqlite",
            "added_p99_ms_half_load",
        ),
        ("express", "fastapi"),
    ),
    "click": Part(
        lambda folder, options: click(folder, options.rounds),
        ("click_to_post_p50_ms",),
    ),
    "crowd": Part(crowd, ("memory_per_page_ratio", "storm_ratio", "storm_webhooks_refused")),
    "growth": Part(lambda folder, options: growth(folder, options.rounds), ("agents_growth",)),
    "replicas": Part(
        lambda folder, options: replicas(folder, options.agents, options.rounds),
        ("two_replicas_cost", "two_replicas_cost_loaded"),
    ),
    "outbound": Part(
        lambda folder, options: outbound(folder, options.rounds),
        ("outbound_call_cpu_ms", "outbound_call_vs_floor_cpu"),
    ),
    "day": Part(lambda folder, options: day(folder, options.rounds), ("day_growth",)),
    "tls": Part(
        lambda folder, options: tls(folder, options.agents, options.rounds),
        ("tls_vs_floor", "tls_vs_floor_cpu", "tls_click_p50_ms"),
    ),
    "disk": Part(
        lambda folder, options: disk(folder, options.agents, options.rounds),
        ("slow_disk_vs_floor", "slow_disk_vs_own", "slow_disk_deliveries_a_wait"),
        ("express",),
    ),
}
