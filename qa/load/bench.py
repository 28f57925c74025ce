"""`make bench`: the adapter beside its floor and its peers, interleaved, in one run.

The result is var/bench/summary.json with a plot beside it; what was not measured is null there,
and says why under `not_measured`. Ends by itself, and takes what it started with it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from adapter import console
from qa.load import plot, summary
from qa.load.parts.click import click
from qa.load.parts.crowd import Crowd
from qa.load.parts.flow import SPEED, Flow
from qa.load.parts.found import Found
from qa.load.parts.growth import growth
from qa.load.parts.latency import latency
from qa.load.parts.replicas import replicas
from qa.load.profiled import profile
from qa.load.programs import BENCH, GENERATOR_CORE, bind
from qa.load.rounds import tell
from qa.load.wire import Wrong

PART_SECONDS = 420.0
Part = Callable[[Path, argparse.Namespace], Awaitable[Found]]


async def flow(folder: Path, options: argparse.Namespace) -> Found:
    """(a), (b), (h), and (c) with the same programs."""
    with ExitStack() as stack:
        part = Flow(folder, stack, options.agents)
        await part.start(everybody=not options.quick)
        found = await part.measure(options.rounds)
        if not options.quick:
            ours, floor = part.contenders["ours"], part.contenders["floor"]
            part.leave_alone(ours, floor)
            limit = found.middle("ours", SPEED)
            found.add(await latency(ours, floor, limit, options.rounds))
        return found


async def crowd(folder: Path, options: argparse.Namespace) -> Found:
    """(e), (f)."""
    with ExitStack() as stack:
        return await Crowd(folder, stack).measure(options.rounds)


PARTS: dict[str, tuple[Part, tuple[str, ...]]] = {
    "flow": (
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
    ),
    "click": (
        lambda folder, options: click(folder, options.rounds),
        ("click_to_post_p50_ms",),
    ),
    "crowd": (crowd, ("memory_per_page_ratio", "storm_ratio", "storm_webhooks_refused")),
    "growth": (lambda folder, options: growth(folder, options.rounds), ("agents_growth",)),
    "replicas": (
        lambda folder, options: replicas(folder, options.agents, options.rounds),
        ("two_replicas_cost",),
    ),
}


async def measure(folder: Path, options: argparse.Namespace) -> Found:
    """One part after the other; what fails is left out, and says so."""
    found = Found()
    with console.bar("bench", len(options.only), live=False) as advance:
        for name in options.only:
            advance(0, f"bench: {name}")
            await _measure(name, folder, options, found)
            advance()
    return found


async def _measure(name: str, folder: Path, options: argparse.Namespace, found: Found) -> None:
    part, figures = PARTS[name]
    place = folder / name
    # PostgreSQL and its user must be able to come by.
    place.mkdir(mode=0o755)
    try:
        async with asyncio.timeout(PART_SECONDS):
            found.add(await part(place, options))
    except (Wrong, OSError, RuntimeError, TimeoutError, ExceptionGroup) as error:
        reason = f"{name} failed: {_told(error)}"
        tell(reason)
        found.reasons.update(dict.fromkeys(figures, reason))


def _told(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__} {error}".strip()


async def run(options: argparse.Namespace) -> None:
    """What the options ask for."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    bind(GENERATOR_CORE)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if options.profile:
            await profile(folder, options.agents)
            return
        disk = summary.fsync_ms(folder)
        found = await measure(folder, options)
    told = summary.summary(
        found,
        fsync_ms=disk,
        agents=options.agents,
        rounds_each=options.rounds,
        commit=_commit(),
        seconds=round(time.monotonic() - started),
    )
    file = BENCH / f"{_name(options)}.json"
    summary.written(told, file)
    plot.written(told, file.with_suffix(".svg"))
    if options.json:
        print(json.dumps(told))
        return
    print(summary.table(told))
    print(f"\nthe rounds: {file}, the plot: {file.with_suffix('.svg')}")


def _name(options: argparse.Namespace) -> str:
    """A part of the bench does not overwrite the summary of the whole."""
    if options.quick:
        return "quick"
    return "summary" if options.only == list(PARTS) else "-".join(options.only)


def _commit() -> str:
    git = ("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty")
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def parsed() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(prog="python -m qa.load.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute: (a) alone, to quick.json")
    parser.add_argument("--profile", action="store_true", help="cProfile of the adapter instead")
    parser.add_argument("--rounds", type=int, default=5, help="that count, of each contender")
    parser.add_argument("--agents", type=int, default=1000, help="in (a), (b), (c), (h)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    options = parser.parse_args()
    if options.quick:
        options.only = ["flow"]
    return options


def main() -> int:
    """Run, write, print."""
    options = parsed()
    try:
        from uvloop import new_event_loop
    except ImportError:
        from asyncio import new_event_loop  # type: ignore[assignment]
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as loop:
            loop.run(run(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        tell("stopped")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
