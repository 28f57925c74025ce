"""Rounds in turn: what disturbs the machine for a while disturbs every contender alike."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from statistics import median

from tests.load import scene
from tests.load.flood import Flood
from tests.load.programs import Program
from tests.load.scene import Calls

ROUND_SECONDS = 1.5
FIRST = 400
Round = dict[str, float]


class Contender:
    """A running program with its pages, and what its rounds were."""

    def __init__(self, program: Program, flood: Flood, agents: int) -> None:
        self.program = program
        self.flood = flood
        self.calls = Calls(program, agents)
        self.count = FIRST
        self.rounds: list[Round] = []

    async def round(self) -> None:
        """As many deliveries as take a second and a half, by the round before; each is shown."""
        deliveries = self.calls.next(self.count)
        before = self.program.cpu_seconds()
        sent = await self.flood.run(deliveries)
        cpu = self.program.cpu_seconds() - before
        rate = sent.events / sent.seconds
        self.count = round(rate * ROUND_SECONDS)
        self.rounds.append(
            {
                "events": sent.events,
                "events_per_second": round(rate, 1),
                "cpu_us_per_event": round(cpu / sent.events * 1e6, 1),
                "server_busy": round(cpu / sent.seconds, 3),
                "generator_busy": round(sent.busy, 3),
                "p50_ms": round(median(sent.latencies_ms), 3),
            }
        )

    def middle(self, key: str) -> float:
        """The median of the rounds."""
        return median(one[key] for one in self.rounds)

    def medians(self) -> Round:
        """Of everything."""
        return {key: round(self.middle(key), 3) for key in self.rounds[0]}


async def contender(program: Program, agents: int) -> Contender:
    """The program, running, with a page for each agent."""
    await program.start()
    pages = await scene.open_pages(program, range(agents))
    return Contender(program, Flood(program.port, pages), agents)


async def interleave(contenders: Mapping[str, Contender], rounds: int) -> None:
    """Two rounds to warm up, which do not count, then those that do."""
    for number in range(-2, rounds):
        for one in contenders.values():
            await one.round()
            if number < 0:
                one.rounds.clear()
        if number >= 0:
            tell(f"round {number + 1} of {rounds}: {_rates(contenders)}")


def _rates(contenders: Mapping[str, Contender]) -> str:
    return ", ".join(
        f"{kind} {one.rounds[-1]['events_per_second']:,.0f}/s" for kind, one in contenders.items()
    )


def ratio(
    contenders: Mapping[str, Contender], one: str, other: str, key: str = "events_per_second"
) -> float | None:
    """How much more of it one has than the other; None if either was not measured.

    Round by round, then the median: what disturbs the machine disturbs both of a pair.
    """
    if one not in contenders or other not in contenders:
        return None
    pairs = zip(contenders[one].rounds, contenders[other].rounds, strict=True)
    return round(median(a[key] / b[key] for a, b in pairs), 3)


def tell(text: str) -> None:
    """Say how far it is; the figures go to standard output."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
