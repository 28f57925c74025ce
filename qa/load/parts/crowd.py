"""(e), (f): the cost of an idle page, and of 10,000 pages that reconnect after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from qa.load import programs, scene, wire
from qa.load.parts.results import Results, percentile
from qa.load.programs import Program
from qa.load.rounds import tell
from qa.load.scene import Calls
from qa.load.wire import PageSocket

CROWD, SOME, FEW = 10_000, 2_000, 50
AT_ONCE = 512
BACKGROUND_PER_SECOND, BACKGROUND_SECONDS = 50, 60
SPARE_FILES = 500
SETTLE_SECONDS = 0.5


class Crowd:
    """A bare server and ours, with as many pages as one process may have on this machine."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.size = room(CROWD)
        self._cookies: list[str] = []

    async def start(self) -> tuple[Program, Program]:
        """Sign every agent in once; the sessions survive the restarts to come."""
        bare = programs.floor(self._folder)
        ours = await programs.ours(self._folder, self.size, kind="ours")
        for program in (bare, ours):
            self._stack.callback(program.stop)
        await ours.start()
        started = time.perf_counter()
        self._cookies = await scene.sign_in(ours, range(self.size))
        tell(f"{self.size:,} agents have signed in in {time.perf_counter() - started:.1f} s")
        ours.stop()
        return bare, ours

    async def measure(self, rounds: int) -> Results:
        """Measure each program in turn: memory with some pages, then a restart with all of them."""
        programs_ = await self.start()
        measured = Results(rounds={f"crowd, {program.kind}": [] for program in programs_})
        for number in range(rounds):
            for program in programs_:
                measured.rounds[f"crowd, {program.kind}"].append(await self._round(program))
            last = {kind: rows[-1]["back_seconds"] for kind, rows in measured.rounds.items()}
            tell(f"crowd, round {number + 1} of {rounds}: all back in {last}")
        pair = ("crowd, ours", "crowd, floor")
        measured.figures = {
            "memory_per_page_ratio": measured.ratio(*pair, "kib_per_page_of_all"),
            "memory_per_page_ratio_2000": measured.ratio(*pair, "kib_per_page_of_some"),
            "storm_ratio": measured.ratio(*pair, "back_seconds"),
            "storm_ratio_cpu": measured.ratio(*pair, "back_cpu_seconds"),
            "storm_webhooks_refused": sum(r["webhooks_refused"] for r in measured.rounds[pair[0]]),
            "crowd_pages": self.size,
        }
        return measured

    async def _round(self, program: Program) -> dict[str, float]:
        base, some = await self._some(program)
        await program.start()
        async with background_deliveries(program, self.size) as background:
            started, used = time.perf_counter(), program.cpu_seconds()
            pages = await self._open(program, range(self.size))
            seconds, cpu = time.perf_counter() - started, program.cpu_seconds() - used
        await asyncio.sleep(SETTLE_SECONDS)
        if background.why:
            tell(f"{program.kind}: {background.refused} webhooks refused, first: {background.why}")
        full = program.memory_kib()
        stop(program, pages)
        return {
            "mib_before_pages": round(base / 1024, 1),
            "kib_per_page_of_some": round((some - base) / (SOME - FEW), 2),
            "kib_per_page_of_all": round((full - base) / (self.size - FEW), 2),
            "back_seconds": round(seconds, 3),
            "back_cpu_seconds": round(cpu, 2),
            "webhooks": len(background.taken_ms),
            "webhooks_refused": background.refused,
            "webhook_p99_ms": round(percentile(background.taken_ms, 99), 1),
        }

    async def _some(self, program: Program) -> tuple[int, int]:
        """The memory in KiB with a few pages, which warm everything up, and with some."""
        await program.start()
        pages = await self._open(program, range(FEW))
        await asyncio.sleep(SETTLE_SECONDS)
        base = program.memory_kib()
        pages |= await self._open(program, range(FEW, SOME))
        await asyncio.sleep(SETTLE_SECONDS)
        some = program.memory_kib()
        stop(program, pages)
        return base, some

    async def _open(self, program: Program, numbers: range) -> dict[str, PageSocket]:
        cookies = self._cookies[numbers.start : numbers.stop]
        return await scene.open_pages(program, numbers, cookies, AT_ONCE)


def stop(program: Program, pages: dict[str, PageSocket]) -> None:
    """Stop the program and close its pages."""
    program.stop()
    for page in pages.values():
        page.close()


def room(wanted: int) -> int:
    """The wanted number of pages, or fewer if the process may not open so many files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY or hard - SPARE_FILES - AT_ONCE >= wanted:
        return wanted
    tell(f"only {hard} open files are allowed here (ulimit -n): fewer pages")
    return hard - SPARE_FILES - AT_ONCE


class BackgroundDeliveries:
    """The outcome of the deliveries sent in the background."""

    def __init__(self) -> None:
        self.refused = 0
        self.why = ""
        self.taken_ms: list[float] = []


@asynccontextmanager
async def background_deliveries(
    program: Program, agents: int
) -> AsyncIterator[BackgroundDeliveries]:
    """Send deliveries at a steady, low rate, whether or not pages are back."""
    background, over = BackgroundDeliveries(), asyncio.Event()
    deliveries = Calls(program, agents).next(BACKGROUND_PER_SECOND * BACKGROUND_SECONDS)

    async def deliver_all() -> None:
        async with wire.asking(program.entrance) as ask:
            for delivery in deliveries:
                started = time.perf_counter()
                answer = await ask(delivery.request)
                if not answer.startswith(b"HTTP/1.1 200"):
                    background.refused += 1
                    background.why = background.why or answer[:400].decode(errors="replace")
                background.taken_ms.append((time.perf_counter() - started) * 1000)
                if over.is_set():
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), 1 / BACKGROUND_PER_SECOND)

    async with asyncio.TaskGroup() as group:
        group.create_task(deliver_all())
        try:
            yield background
        finally:
            over.set()
