"""The faults of a whole run: kills, a locked database, a full disk, frozen or closed pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from qa.chaos.ledger import Ledger
from qa.chaos.processes import Server
from qa.chaos.seat import Seat
from qa.chaos.server import POINTS
from qa.chaos.tab import Tab

PAGE_FAULTS = ("freeze", "freeze", "stall", "reload", "away")
VOICE_FAULTS = (*PAGE_FAULTS, "crash")
"""Pages that save nothing crash at any time; others crash around their saves (chaos.org)."""


class Progress:
    """How many calls have been played."""

    def __init__(self, calls: int, on_step: Callable[[], None]) -> None:
        self.calls = calls
        self._on_step = on_step
        self.done = 0
        self._moved = asyncio.Event()

    def step(self) -> None:
        """Count a played call."""
        self.done += 1
        self._on_step()
        self._moved.set()

    async def reached(self, share: float) -> None:
        """Wait until this share (0 to 1) of all calls has been played."""
        while self.done < share * self.calls:
            self._moved.clear()
            await self._moved.wait()


async def kill_now_and_then(
    server: Server, progress: Progress, kills: int, rng: Random, points: tuple[str, ...] = POINTS
) -> None:
    """Spread SIGKILLs over the run: every other one at any time, the rest at the points in turn."""
    for number in range(kills):
        await progress.reached((number + 0.2 + 0.6 * rng.random()) / max(kills, 1))
        point = "anywhere" if number % 2 else points[(number // 2) % len(points)]
        await server.kill(point)


async def starve_the_store(server: Server, progress: Progress, rng: Random) -> None:
    """Lock the database and fill the disk in turn: at least twice each, more in a long run."""
    times = max(2, progress.calls // 1000)
    for number in range(times):
        await progress.reached((number + 0.1 + 0.4 * rng.random()) / times)
        await server.lock_database(rng.uniform(5.5, 7.0) if number % 2 == 0 else 1.0)
        await progress.reached((number + 0.5 + 0.4 * rng.random()) / times)
        await server.fill_disk(rng.uniform(0.5, 3.0))


async def trouble_the_pages(
    seats: list[Seat],
    ledger: Ledger,
    rng: Random,
    per_second: float,
    faults: tuple[str, ...] = PAGE_FAULTS,
) -> None:
    """Freeze, deafen, reload or close pages, one after the other, until canceled."""
    beds: set[asyncio.Task[None]] = set()
    kinds: list[str] = []
    try:
        while True:
            await asyncio.sleep(rng.expovariate(per_second))
            tab = rng.choice(rng.choice(seats).tabs or [None])
            if tab is None or not tab.is_connected:
                continue
            if not kinds:  # Deal the faults like cards, so that even a short run has every kind.
                kinds = rng.sample(faults, k=len(faults))
            kind = kinds.pop()
            if kind == "away":
                ledger.fault("agent-away", tab.seat.key)
                tab.seat.start(tab.seat.leave(rng.uniform(0.5, 6.0)))
                continue
            ledger.fault(f"page-{kind}", tab.page_id)
            if kind == "reload":
                await tab.seat.reload(tab)
            elif kind == "crash":
                tab.crash()
            else:
                bed = asyncio.create_task(_sleep(tab, kind, rng.uniform(0.5, 6.0)))
                beds.add(bed)
                bed.add_done_callback(beds.discard)
    finally:
        for seat in seats:
            for tab in seat.tabs:
                tab.thaw()


async def _sleep(tab: Tab, kind: str, seconds: float) -> None:
    tab.freeze(deaf=kind == "stall")
    try:
        await asyncio.sleep(seconds)
    finally:
        tab.thaw()
