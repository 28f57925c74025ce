"""`make bench`: the adapter beside its floor and its peers, interleaved, in one run.

ROUNDS (5) and AGENTS (1000) may be set; QUICK=1 is two rounds of 200 agents; SKIP=express,fastapi
leaves peers out. The result is
var/bench/summary.json; what was not measured is null there, and says so under `not_measured`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tests.load import install, scene
from tests.load.client import Flood
from tests.load.programs import (
    BENCH,
    CLIENT_CORE,
    Program,
    express,
    fastapi,
    floor,
    ours,
)
from tests.storage.servers import Postgres

QUICK = bool(os.environ.get("QUICK"))
ROUNDS = int(os.environ.get("ROUNDS") or (2 if QUICK else 5))
AGENTS = int(os.environ.get("AGENTS") or (200 if QUICK else 1000))
SKIP = os.environ.get("SKIP", "").split(",")
GROWN = (100, 10_000)
GROWTH_PAGES = 100
IDLE_PAGES = 200 if QUICK else 2000
EVENTS = {"floor": 6000, "express": 2000, "fastapi": 400, "ours": 1500, "postgres": 1000}
NOT_MEASURED = {
    "added_p99_ms_half_load": "needs a quiet machine: not part of this bench yet",
    "click_to_post_p50_ms": "not part of this bench yet",
    "storm_ratio": "10,000 pages coming back at once: not part of this bench yet",
}
Round = dict[str, float]


class Measured:
    """A running program with its pages, and what its rounds were."""

    def __init__(self, program: Program, flood: Flood, agents: int) -> None:
        self._program = program
        self._flood = flood
        self._agents = agents
        self.rounds: list[Round] = []

    async def round(self) -> None:
        """Send one round's deliveries; each must be shown to its page."""
        count = EVENTS[self._program.kind]
        prepared = scene.deliveries(self._program.port, self._agents, count)
        before = self._program.cpu_seconds()
        sent = await self._flood.run(prepared)
        cpu = self._program.cpu_seconds() - before
        self.rounds.append(
            {
                "events": count,
                "views": sent.views,
                "events_per_second": round(count / sent.seconds, 1),
                "cpu_us_per_event": round(cpu / count * 1e6, 1),
                "p50_ms": round(median(sent.latencies_ms), 3),
            }
        )

    def middle(self, key: str) -> float:
        """The median of the rounds."""
        return median(one[key] for one in self.rounds)


async def measured(program: Program, agents: int) -> Measured:
    """The program with a page for each agent."""
    pages = await scene.open_pages(program, agents)
    return Measured(program, Flood(program.port, pages), agents)


async def throughput(folder: Path, stack: ExitStack, postgres: str) -> dict[str, Measured]:
    """(a), (b), (h): one round of each program in turn, again and again."""
    programs = [await floor(folder), await ours(folder, AGENTS)]
    for is_there, begin in ((install.express, express), (install.fastapi, fastapi)):
        try:
            if begin.__name__ not in SKIP and is_there():
                programs.append(await begin(folder))
        except RuntimeError as error:
            tell(f"left out: {error}")
    if postgres:
        programs.append(await ours(folder, AGENTS, database=postgres))
    for program in programs:
        stack.callback(program.stop)
    made = {program.kind: await measured(program, AGENTS) for program in programs}
    await interleave(made)
    return made


async def interleave(made: dict[str, Measured]) -> None:
    """One round to warm up, which does not count, then those that do."""
    for number in range(ROUNDS + 1):
        for one in made.values():
            await one.round()
            if number == 0:
                one.rounds.clear()
        tell(f"round {number} of {ROUNDS}: " + ", ".join(made))


async def growth(folder: Path, stack: ExitStack) -> dict[str, Measured]:
    """(g): the same load with few and with many agents in the store."""
    made = {}
    for known in GROWN:
        program = await ours(folder, GROWTH_PAGES, known=known)
        stack.callback(program.stop)
        made[str(known)] = await measured(program, GROWTH_PAGES)
    await interleave(made)
    return made


async def memory(folder: Path, stack: ExitStack) -> dict[str, float]:
    """(e): KiB a page that does nothing, ours and a bare server's."""
    found = {}
    for program in (await floor(folder), await ours(folder, IDLE_PAGES)):
        stack.callback(program.stop)
        await scene.open_pages(program, 1)
        before = program.memory_kib()
        await scene.open_pages(program, IDLE_PAGES)
        found[program.kind] = round((program.memory_kib() - before) / IDLE_PAGES, 2)
    return found


def fsync_ms(folder: Path) -> float:
    """What the disk takes to keep 4 KiB for good, in the median."""
    taken = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - started) * 1000)
    return round(median(taken), 4)


def ratio(made: dict[str, Measured], one: str, other: str, key: str) -> float | None:
    """How much more of it one has than the other; None if either was not measured.

    Round by round, then the median: what disturbs the machine disturbs both of a pair.
    """
    if one not in made or other not in made:
        return None
    pairs = zip(made[one].rounds, made[other].rounds, strict=True)
    return round(median(a[key] / b[key] for a, b in pairs), 3)


async def run() -> dict[str, Any]:
    """Everything, one part after the other; each part's programs end with it."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        disk = fsync_ms(folder)
        data = folder / "postgres"
        data.mkdir()
        folder.chmod(0o755)  # noqa: ASYNC240
        server = Postgres(data)
        server.start()
        stack.callback(server.stop)
        with ExitStack() as part:
            flow = await throughput(folder, part, server.database())
        with ExitStack() as part:
            grown = await growth(folder, part)
        with ExitStack() as part:
            idle = await memory(folder, part)
    return summary(disk, flow, grown, idle)


def summary(
    disk: float, flow: dict[str, Measured], grown: dict[str, Measured], idle: dict[str, float]
) -> dict[str, Any]:
    """The figures under their stable names, and the rounds that they come from."""
    few, many = (str(known) for known in GROWN)
    speed, cpu = "events_per_second", "cpu_us_per_event"
    absent = {kind for kind in EVENTS if kind not in flow}
    return {
        "durable_vs_floor": ratio(flow, "ours", "floor", speed),
        "durable_vs_floor_cpu": ratio(flow, "floor", "ours", cpu),
        "durable_vs_express": ratio(flow, "ours", "express", speed),
        "durable_vs_fastapi": ratio(flow, "ours", "fastapi", speed),
        "postgres_vs_sqlite": ratio(flow, "postgres", "ours", speed),
        "agents_growth": ratio(grown, many, few, cpu),
        "memory_per_page_ratio": round(idle["ours"] / idle["floor"], 2),
        "fsync_ms": disk,
        **dict.fromkeys(NOT_MEASURED),
        "not_measured": {**NOT_MEASURED, **dict.fromkeys(absent, "could not be installed")},
        "agents": AGENTS,
        "medians": {
            kind: {key: one.middle(key) for key in one.rounds[0]}
            for kind, one in {**flow, **{f"{k} known": v for k, v in grown.items()}}.items()
        },
        "memory_kib_per_page": idle,
        "idle_pages": IDLE_PAGES,
        "rounds": {
            **{kind: one.rounds for kind, one in flow.items()},
            **{f"{known} known": one.rounds for known, one in grown.items()},
        },
    }


def tell(text: str) -> None:
    """Say how far it is; the figures go to standard output."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Run, write, print."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        from asyncio import new_event_loop  # type: ignore[assignment]
    with asyncio.Runner(loop_factory=new_event_loop) as loop:
        found = loop.run(run())
    BENCH.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1)
    (BENCH / "summary.json").write_text(text + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in found.items() if key != "rounds"}, indent=1))


if __name__ == "__main__":
    main()
