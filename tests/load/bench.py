"""`make bench`: the adapter beside its floor and its peers, interleaved, in one run.

The result is var/bench/summary.json; what was not measured is null there, and says why under
`not_measured`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tests.load import programs, rounds
from tests.load.profiled import profile
from tests.load.programs import GENERATOR_CORE
from tests.load.rounds import ratio, tell


def fsync_ms(folder: Path) -> float:
    """What the disk takes to keep 4 KiB for good, in the median."""
    taken = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - started) * 1000)
    return round(median(taken), 4)


async def quick(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """(a) alone."""
    disk = fsync_ms(folder)
    with ExitStack() as stack:
        made = {}
        for program in (programs.floor(folder), await programs.ours(folder, options.agents)):
            stack.callback(program.stop)
            made[program.kind] = await rounds.contender(program, options.agents)
            tell(f"{program.kind}: {options.agents} pages, {program.loop()}")
        await rounds.interleave(made, options.rounds)
        return {
            "durable_vs_floor": ratio(made, "ours", "floor"),
            "durable_vs_floor_cpu": ratio(made, "floor", "ours", "cpu_us_per_event"),
            "fsync_ms": disk,
            "loops": {kind: one.program.loop() for kind, one in made.items()},
            "medians": {kind: one.medians() for kind, one in made.items()},
        }


async def run(options: argparse.Namespace) -> None:
    """What the options ask for."""
    os.sched_setaffinity(0, {GENERATOR_CORE})
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if options.profile:
            await profile(folder, options.agents)
            return
        found = await quick(folder, options)
    print(json.dumps(found, indent=1))


def main() -> None:
    """Run, write, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="(a) and fsync alone")
    parser.add_argument("--profile", action="store_true", help="cProfile of the adapter instead")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--agents", type=int, default=1000)
    options = parser.parse_args()
    try:
        from uvloop import new_event_loop
    except ImportError:
        from asyncio import new_event_loop  # type: ignore[assignment]
    with asyncio.Runner(loop_factory=new_event_loop) as loop:
        loop.run(run(options))


if __name__ == "__main__":
    main()
