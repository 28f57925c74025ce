"""(a), (b), (h): webhook → durable commit → page, beside the floor, the peers and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from qa.load import install, programs
from qa.load.parts.results import LEFT_OUT, Results
from qa.load.programs import Program
from qa.load.rounds import Contender, contender, interleave, tell
from tests.storage.servers import running_postgres

SPEED, CPU = "events_per_second", "cpu_us_per_event"
PLAIN = "plain loop"
RATIOS = {
    "durable_vs_floor": ("ours", "floor", SPEED),
    "durable_vs_floor_cpu": ("floor", "ours", CPU),
    "durable_vs_floor_plain_loop": (f"ours, {PLAIN}", f"floor, {PLAIN}", SPEED),
    "durable_vs_express": ("ours", "express", SPEED),
    "durable_vs_fastapi": ("ours", "fastapi", SPEED),
    "postgres_vs_sqlite": ("postgres", "ours", SPEED),
}
WANTS = {
    "durable_vs_express": "express",
    "durable_vs_fastapi": "fastapi",
    "postgres_vs_sqlite": "postgres",
    "durable_vs_floor_plain_loop": f"floor, {PLAIN}",
}
MakeProgram = Callable[[Path], Program]
PEERS: dict[str, MakeProgram] = {"express": programs.express, "fastapi": programs.fastapi}


class Flow:
    """The contenders; they run until the exit stack closes."""

    def __init__(self, folder: Path, stack: ExitStack, agents: int) -> None:
        self._folder = folder
        self._stack = stack
        self._agents = agents
        self.contenders: dict[str, Contender] = {}
        self._absent: dict[str, str] = {}

    async def start(self, *, everybody: bool) -> None:
        """Start the floor and ours; with `everybody` also the peers, PostgreSQL and plain loops."""
        await self._begin(programs.floor(self._folder))
        await self._begin(await programs.ours(self._folder, self._agents))
        if everybody:
            await self._plain_loops()
            for kind, make in PEERS.items():
                await self._peer(kind, make)
            await self._postgres()

    async def measure(self, rounds: int) -> Results:
        """Measure every contender's rounds, and compare them."""
        flow = await interleave(list(self.contenders.values()), rounds)
        flow.figures = {name: flow.ratio(*pair) for name, pair in RATIOS.items()}
        # The floor has one thread, so what it waits for is another process.
        flow.figures["others_busy"] = flow.median_of("floor", "server_waited")
        flow.reasons = {name: self._absent.get(kind) or LEFT_OUT for name, kind in WANTS.items()}
        return flow

    def stop_all_but(self, *staying: Contender) -> None:
        """Stop all other contenders; every hundredth delivery would wait for their pages' pings."""
        for present in self.contenders.values():
            if present not in staying:
                present.leave()

    async def _begin(self, program: Program) -> None:
        self._stack.callback(program.stop)
        self.contenders[program.kind] = await contender(program, self._agents)

    async def _plain_loops(self) -> None:
        if self.contenders["floor"].program.loop() != "uvloop":
            self._absent[f"floor, {PLAIN}"] = "uvloop is absent, so every loop is a plain one"
            return
        await self._begin(programs.floor(self._folder, plain_loop=True))
        kind, launch = f"ours, {PLAIN}", ("--plain-loop",)
        ours = await programs.ours(self._folder, self._agents, kind=kind, launch=launch)
        await self._begin(ours)

    async def _peer(self, kind: str, make: MakeProgram) -> None:
        self._absent[kind] = install.why_absent(kind)
        if self._absent[kind]:
            return
        try:
            await self._begin(make(self._folder))
        except (RuntimeError, TimeoutError) as error:
            self._absent[kind] = f"{kind} could not be started: {error}"
            tell(self._absent[kind])

    async def _postgres(self) -> None:
        try:
            server = self._stack.enter_context(running_postgres())
        except (ImportError, OSError, RuntimeError) as error:
            self._absent["postgres"] = f"PostgreSQL could not be started: {error}"
            tell(self._absent["postgres"])
            return
        url = server.database()
        await self._begin(
            await programs.ours(self._folder, self._agents, kind="postgres", database=url)
        )
