"""(j), (k): whole outbound calls with wrap-up and Task, and an agent who dials all day."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from qa.load import programs
from qa.load.dialing import CALLS_A_PAGE, SETTINGS, Dialer, Placements, dial_all
from qa.load.parts.found import Results
from qa.load.programs import Program
from qa.load.provider import providing
from qa.load.rounds import tell

AGENTS, AT_ONCE = 100, 8
CALLS = {"floor": 1_000, "ours": 200}
"""Of a round in which many call at once: about a second and a half."""

ALONE = 60
"""Calls of a round in which one follows the other."""

SHIFT, CREW = 160, 3
"""Calls of a day (20 an hour, as in docs/capacity.md), and agents who are calls in one round."""

SPELLS = 2
"""In which a day is dialed: more than half of it at once would be too many frames for one agent."""

FORGOTTEN_SECONDS = 61.0
"""Answers are shown for a minute. Nobody dials 160 times within one."""

COST = "cpu_us_per_call"


class Office:
    """Programs with a provider behind them, and the pages of agents who dial."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._placements = Placements()
        self._provider = ""

    async def open(self) -> None:
        """The provider listens."""
        self._provider = await self._stack.enter_async_context(providing(self._placements.came))

    async def floor(self, agents: int) -> tuple[Program, list[Dialer]]:
        """A bare server whose pages dial."""
        return await self._begin(programs.floor(self._folder, provider=self._provider), agents)

    async def ours(self, agents: int) -> tuple[Program, list[Dialer]]:
        """The adapter, and pages that dial."""
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
    """Calls beside a bare server's: their cost with many at once, their steps one by one."""
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
        "outbound_call_cpu_ms": round(calls.middle("calls, ours", COST) / 1000, 3),
        "outbound_call_vs_floor_cpu": calls.ratio("calls, ours", "calls, floor", COST),
    }
    return calls


async def day(folder: Path, rounds: int) -> Results:
    """Calls in turn of those who have dialed all day, and of colleagues who begin."""
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
