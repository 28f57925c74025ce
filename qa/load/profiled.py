"""`--profile`: where the adapter's processor time goes, measured inside its process."""

from __future__ import annotations

import asyncio
import contextlib
import io
import pstats
import signal
from pathlib import Path

from qa.load import programs, rounds
from qa.load.programs import BENCH

WARM_UP = 2000
DELIVERIES = 6000
WRITE_SECONDS = 30
LINES = 45


async def profile(folder: Path, agents: int) -> None:
    """Flood it under cProfile (event loop only, no writer thread); the dump stays in var/bench."""
    BENCH.mkdir(parents=True, exist_ok=True)
    dump = BENCH / "profile.prof"
    dump.unlink(missing_ok=True)
    program = await programs.ours(folder, agents, launch=("--profile", str(dump)))
    try:
        contender = await rounds.contender(program, agents)
        await contender.flood.run(contender.calls.next(WARM_UP))
        assert program.process is not None
        program.process.send_signal(signal.SIGUSR1)
        sent = await contender.flood.run(contender.calls.next(DELIVERIES))
        program.process.send_signal(signal.SIGUSR2)
        await _wait_for_dump(dump)
    finally:
        program.stop()
    text = io.StringIO()
    stats = pstats.Stats(str(dump), stream=text)
    stats.strip_dirs().sort_stats("tottime").print_stats(LINES)
    stats.sort_stats("cumulative").print_stats(LINES)
    print(text.getvalue())
    print(f"{sent.events} deliveries; dump: {dump}")


async def _wait_for_dump(dump: Path) -> None:
    """Wait until the dump is complete, and read it."""
    async with asyncio.timeout(WRITE_SECONDS):
        while True:
            with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
                pstats.Stats(str(dump))
                return
            await asyncio.sleep(0.1)
