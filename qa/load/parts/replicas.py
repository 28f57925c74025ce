"""(i): two replicas on one PostgreSQL, with each webhook sent to either, beside one replica alone.

Each has half of the agents' pages, so half of the webhooks reach the replica without the page. The
figure is the total cost of a delivery: the processor time of the replicas and of the database. Two
replicas share the connections, so each has half as many requests under way as a single one, and
commits half as many at a time. They are therefore also measured with as many connections each.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGKILL

from qa.load import programs, scene
from qa.load.flood import Flood
from qa.load.parts.results import Results, Round
from qa.load.programs import Program
from qa.load.rounds import Contender, contender, interleave, tell
from tests.storage.servers import running_postgres

ALL = "all_us_per_event"
ONE, TWO = "postgres, one replica", "postgres, two replicas"
LOADED = f"{TWO} loaded as one"


@dataclass
class Pair(Program):
    """Two replicas, whose processor time counts together."""

    other: Program | None = None

    async def start(self) -> None:
        """Start both."""
        await super().start()
        await self._other.start()

    def stop(self, number: int = SIGKILL) -> None:
        """Stop both."""
        super().stop(number)
        self._other.stop(number)

    def cpu_seconds(self) -> float:
        """The processor time of both, in seconds."""
        return super().cpu_seconds() + self._other.cpu_seconds()

    def waited_seconds(self) -> float:
        """The waiting time of both, in seconds."""
        return super().waited_seconds() + self._other.waited_seconds()

    @property
    def _other(self) -> Program:
        assert self.other is not None
        return self.other


class Loaded(Contender):
    """Two replicas with twice the connections: each has as many as a single replica."""

    async def round(self) -> Round:
        """Measure one more round."""
        self.flood.connections *= 2
        try:
            return await super().round()
        finally:
            self.flood.connections //= 2


async def replicas(folder: Path, agents: int, rounds: int) -> Results:
    """Measure one replica and two, in turn. Raises RuntimeError without PostgreSQL."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgres())
        except ImportError as error:
            raise RuntimeError(f"PostgreSQL could not be started: {error}") from error
        alone = await programs.ours(folder, agents, kind=ONE, database=server.database())
        stack.callback(alone.stop)
        both = await _pair(folder, agents, server.database())
        stack.callback(both.stop)
        single, two = await contender(alone, agents), await _paired(both, agents)
        loaded = Loaded(replace(both, kind=LOADED), two.flood, agents)
        result = await interleave([single, two, loaded], rounds)
    for measured in result.rounds.values():
        for figures in measured:
            figures[ALL] = round(figures["cpu_us_per_event"] + figures["database_us_per_event"], 1)
    result.figures = {
        "two_replicas_cost": result.ratio(TWO, ONE, ALL),
        "two_replicas_cost_loaded": result.ratio(LOADED, ONE, ALL),
    }
    return result


async def _pair(folder: Path, agents: int, database: str) -> Pair:
    first = await programs.ours(folder, agents, kind=TWO, database=database)
    second = await programs.ours(folder, agents, kind=f"{TWO}: the second", database=database)
    return Pair(TWO, first.port, first.command, folder, first.variables, is_ours=True, other=second)


async def _paired(both: Pair, agents: int) -> Contender:
    await both.start()
    second = both.other
    assert second is not None
    pages = await scene.open_pages(both, range(0, agents, 2))
    pages |= await scene.open_pages(second, range(1, agents, 2))
    tell(f"{both.kind}: {agents:,} pages")
    return Contender(both, Flood(both.port, pages, also=second.port), agents)
