"""(g): the cost of a delivery with 100, 1,000 and 10,000 agents, each with a page."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from qa.load import programs
from qa.load.parts.crowd import room
from qa.load.parts.results import Results
from qa.load.rounds import contender, interleave

FEW, MANY, CROWD = 100, 1_000, 10_000


async def growth(folder: Path, rounds: int) -> Results:
    """Send deliveries to all agents in turn, and compare the processor time of a delivery."""
    contenders = []
    with ExitStack() as stack:
        for agents in (FEW, MANY, room(CROWD + FEW + MANY) - FEW - MANY):
            program = await programs.ours(folder, agents, kind=f"ours, {agents:,} agents")
            stack.callback(program.stop)
            contenders.append(await contender(program, agents))
        measured = await interleave(contenders, rounds)
    few, many, crowd = measured.rounds
    measured.figures["agents_growth"] = measured.ratio(crowd, few, "cpu_us_per_event")
    measured.figures["agents_growth_1000"] = measured.ratio(many, few, "cpu_us_per_event")
    return measured
