"""Runs the contenders' rounds in turn, so that a disturbance of the machine affects all alike."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from qa.load import scene
from qa.load.flood import Flood
from qa.load.parts.results import Results, Round, percentile
from qa.load.programs import Program, database_seconds, seconds_of
from qa.load.scene import Calls
from qa.load.wire import Wrong

ROUND_SECONDS = 1.5
FIRST, WARM_UPS = 400, 2


class Contender:
    """A running program with its pages and the results of its rounds."""

    def __init__(self, program: Program, flood: Flood, agents: int) -> None:
        self.program = program
        self.flood = flood
        self.calls = Calls(program, agents)
        self.count = FIRST
        self.rounds: list[Round] = []

    async def round(self) -> Round:
        """Send deliveries for about a second and a half, and wait until each is shown.

        The previous round gives their number. `server_busy` is the share of the time in which all
        its threads together used the core. `server_waited` is the share in which its first thread
        was ready to run while another one had the core. `generator_busy` is the generator's share
        of its own core.
        """
        deliveries = self.calls.next(self.count)
        database = database_seconds() if self.program.kind.startswith("postgres") else None
        front = self.program.front
        in_front = seconds_of(front.pid) if front else 0.0
        before, waited = self.program.cpu_seconds(), self.program.waited_seconds()
        try:
            sent = await self.flood.run(deliveries)
        except Wrong as error:
            raise Wrong(f"{self.program.kind}: {error}") from error
        cpu = self.program.cpu_seconds() - before
        waited = self.program.waited_seconds() - waited
        rate = sent.events / sent.seconds
        self.count = round(rate * ROUND_SECONDS)
        measured = {
            "events": sent.events,
            "events_per_second": round(rate, 1),
            "cpu_us_per_event": round(cpu / sent.events * 1e6, 1),
            "server_busy": round(cpu / sent.seconds, 3),
            "server_waited": round(waited / sent.seconds, 3),
            "generator_busy": round(sent.busy, 3),
            "p50_ms": round(percentile(sent.latencies_ms, 50), 3),
            "p99_ms": round(percentile(sent.latencies_ms, 99), 3),
        }
        if front:
            used = (seconds_of(front.pid) - in_front) / sent.events
            measured["front_us_per_event"] = round(used * 1e6, 1)
        if database is not None:
            used = (database_seconds() - database) / sent.events
            measured["database_us_per_event"] = round(used * 1e6, 1)
        return measured

    def leave(self) -> None:
        """Stop the program and close its pages."""
        self.program.stop()
        for page in self.flood.pages.values():
            page.close()


async def contender(program: Program, agents: int) -> Contender:
    """Start the program, with a page for each agent."""
    await program.start()
    pages = await scene.open_pages(program, range(agents))
    tell(f"{program.kind}: {agents:,} pages, {program.loop()}")
    return Contender(program, Flood(program.entrance, pages), agents)


async def interleave(contenders: Sequence[Contender], rounds: int) -> Results:
    """Run two rounds each to warm up, which do not count, then those that do."""
    figures = Results(rounds={contender.program.kind: [] for contender in contenders})
    for number in range(-WARM_UPS, rounds):
        for contender in contenders:
            measured = await contender.round()
            if number >= 0:
                figures.rounds[contender.program.kind].append(measured)
        if number >= 0:
            tell(f"round {number + 1} of {rounds}: {_rates(figures)}")
    return figures


def _rates(measured: Results) -> str:
    return ", ".join(
        f"{kind} {rounds[-1]['events_per_second']:,.0f}/s"
        for kind, rounds in measured.rounds.items()
    )


def tell(text: str) -> None:
    """Print progress to standard error; the figures go to standard output."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
