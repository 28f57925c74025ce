"""(m): deliveries on a disk whose fsync takes 5 ms.

With one commit for each delivery, 200 a second would be the most. The figure is how many deliveries
share one wait, at least: a single thread cannot wait more than 200 times a second.
"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from qa.load import install, programs
from qa.load.parts.results import Results
from qa.load.programs import Program
from qa.load.rounds import Contender, contender, interleave

SOURCE = Path(__file__).parents[1] / "slowdisk.c"
WAIT_SECONDS = 0.005
"""As in the source."""

SPEED = "events_per_second"
FLOOR, OURS, EXPRESS = "floor, slow disk", "ours, slow disk", "express, slow disk"
QUICK = "ours, this disk"


def compiled(folder: Path) -> Path:
    """Compile the library that slows fsync and fdatasync down. Raises RuntimeError."""
    library = folder / "slowdisk.so"
    command = ("cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE))
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or error
        raise RuntimeError(f"{SOURCE.name} cannot be compiled: {reason}") from error
    return library


async def disk(folder: Path, agents: int, rounds: int) -> Results:
    """Measure floor, ours and Express on the slow disk, and ours on this machine's disk."""
    library = compiled(folder)

    def slowed(program: Program, kind: str) -> Program:
        variables = {**program.variables, "LD_PRELOAD": str(library)}
        return replace(program, kind=kind, variables=variables)

    chosen = [
        slowed(programs.floor(folder), FLOOR),
        await programs.ours(folder, agents, kind=QUICK),
        slowed(await programs.ours(folder, agents), OURS),
    ]
    absent = install.why_absent("express")
    if not absent:
        chosen.append(slowed(programs.express(folder), EXPRESS))
    with ExitStack() as stack:
        contenders: list[Contender] = []
        for program in chosen:
            stack.callback(program.stop)
            contenders.append(await contender(program, agents))
        measured = await interleave(contenders, rounds)
    measured.figures = {
        "slow_disk_vs_floor": measured.ratio(OURS, FLOOR, SPEED),
        "slow_disk_vs_own": measured.ratio(OURS, QUICK, SPEED),
        "slow_disk_vs_express": measured.ratio(OURS, EXPRESS, SPEED),
        "slow_disk_deliveries_a_wait": round(measured.median_of(OURS, SPEED) * WAIT_SECONDS, 1),
    }
    measured.reasons = {"slow_disk_vs_express": absent}
    return measured
