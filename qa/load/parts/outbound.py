"""(j), (k): whole outbound calls with wrap-up and Task, and an agent who dials all day."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from qa.load import programs
from qa.load.dialing import CALLS_A_PAGE, SETTINGS, Dialer, Placements, dial_all
from qa.load.parts.results import Results
from qa.load.programs import Program
from qa.load.provider import providing
from qa.load.rounds import tell

AGENTS, AT_ONCE = 100, 8
CALLS = {"floor": 1_000, "ours": 200}
"""Calls of a round with many at once: about a second and a half."""

ALONE = 60
"""Calls of a round without overlap."""

SHIFT, CREW = 160, 3
"""Calls of a day (20 an hour, as in docs/capacity.md), and the agents of one round."""

SPELLS = 2
"""How many parts a day is dialed in: more than half of it at once would exceed the frame limit."""

FORGOTTEN_SECONDS = 61.0
"""Answers are shown for a minute, and nobody dials 160 times within one."""

COST = "cpu_us_per_call"


class Office:
    """Programs with a provider, and the pages of agents who dial."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._placements = Placements()
        self._provider = ""

    async def open(self) -> None:
        """Start the provider."""
        self._provider = await self._stack.enter_async_context(providing(self._placements.posted))

    async def floor(self, agents: int) -> tuple[Program, list[Dialer]]:
        """Start a bare server with pages that dial."""
        return await self._begin(programs.floor(self._folder, provider=self._provider), agents)

    async def ours(self, agents: int) -> tuple[Program, list[Dialer]]:
        """Start the adapter with pages that dial."""
        program = await programs.ours(
            self._folder, agents, provider=self._provider, further=SETTINGS
        )
        return await self._begin(program, agents)

    async def _begin(self, program: Program, agents: int) -> tuple[Program, list[Dialer]]:
        self._stack.callback(program.stop)
        await program.start()
        dialers = [Dialer(program, number, self._placements) for number in range(agents)]
        for dialer in dialers:
            await dialer.open()
        return program, dialers


async def outbound(folder: Path, rounds: int) -> Results:
    """Measure calls beside a bare server's: cost with many at once, steps one by one."""
    calls = Results()
    async with AsyncExitStack() as stack:
        office = Office(folder, stack)
        await office.open()
        contenders = [await office.floor(AGENTS), await office.ours(AGENTS)]
        for number in range(-1, rounds):
            for program, dialers in contenders:
                many = await dial_all(program, dialers, CALLS[program.kind], AT_ONCE)
                alone = await dial_all(program, dialers, ALONE, 1)
                if number >= 0:
                    calls.rounds.setdefault(f"calls, {program.kind}", []).append(many)
                    calls.rounds.setdefault(f"calls one by one, {program.kind}", []).append(alone)
            tell(f"outbound, round {number + 1} of {rounds}")
    calls.figures = {
        "outbound_call_cpu_ms": round(calls.median_of("calls, ours", COST) / 1000, 3),
        "outbound_call_vs_floor_cpu": calls.ratio("calls, ours", "calls, floor", COST),
    }
    return calls


async def day(folder: Path, rounds: int) -> Results:
    """Measure calls of agents who have dialed all day, and in turn of agents who begin."""
    late, early = "day, its end", "day, its beginning"
    calls = Results(rounds={late: [], early: []})
    async with AsyncExitStack() as stack:
        office = Office(folder, stack)
        await office.open()
        program, dialers = await office.ours(2 * CREW * rounds)
        tired, fresh = dialers[: CREW * rounds], dialers[CREW * rounds :]
        for _ in range(SPELLS):
            await dial_all(program, tired, SHIFT // SPELLS * len(tired), AT_ONCE)
            tell(f"day: {SHIFT // SPELLS} calls of {len(tired)} agents each; a minute's pause")
            await asyncio.sleep(FORGOTTEN_SECONDS)
        for number in range(0, len(tired), CREW):
            for kind, agents in ((late, tired), (early, fresh)):
                crew = agents[number : number + CREW]
                for dialer in crew:
                    await dialer.open()
                calls.rounds[kind].append(
                    await dial_all(program, crew, CREW * CALLS_A_PAGE, at_once=1)
                )
    calls.figures = {"day_growth": calls.ratio(late, early, COST)}
    return calls
