"""Many boards that stay open: `python -m qa.boards [--boards 50] [--calls 3000]`.

The demo runs as a process of its own. Five agents call without a pause: first until the adapter's
caches of numbers are full, then without boards, then with boards open (in another process, so that
reading them does not delay the clicks), then without boards again. The program prints the adapter's
memory after each hundred calls, and how long a click waits for its answer. The two runs without
boards show the noise. SQLite's page cache is 2 MB here instead of 64 MB, so that only the adapter's
own memory grows. The last line is JSON. `ok` means that with boards a call adds no more permanent
memory than without (within 1 KB), and that the median click takes no longer than the slower run
without boards (within a tenth).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

import httpx
from websockets.asyncio.client import connect

from adapter.demo import ACCOUNT, TOKEN
from qa.start import the_demo
from tests.fakes.page import FakePage
from tests.fakes.salesforce import FakeSalesforce

TREE = Path(__file__).parents[1]
CALL = {"outcome": "answered", "pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 0.2}
REMEMBERED = 1_100
"""How many different numbers are called: a few more than the adapter's caches hold."""
CALLS_A_PAGE = 10
"""The adapter disconnects a page that sends more than a hundred frames a minute."""

ALONE = 1_000
"""Calls that are measured in each period."""

LAUNCH = (
    "import sys; from adapter.storage import sqlite; sqlite.CACHE_KIB = 2048;"
    " from adapter.cli import main; sys.exit(main(sys.argv[1:]))"
)
UNLIMITED = {"SOFTPHONE_DIALS_PER_MINUTE": "100000", "SOFTPHONE_DIALS_PER_HOUR": "100000"} | {
    "SOFTPHONE_DIALS_PER_MINUTE_PER_ORG": "0"
}


@dataclass
class Measured:
    """Measurements of a period: clicks in milliseconds, memory in megabytes."""

    clicks: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    wanted: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def click(self, ms: float, memory: float) -> None:
        """Add a click; the memory is noted after each hundred."""
        self.clicks.append(ms)
        if len(self.clicks) % 100 == 0:
            self.memory.append(round(memory, 1))
        if len(self.clicks) == self.wanted:
            self.enough.set()

    def kb_a_call(self) -> float:
        """How many kilobytes the memory grew per call."""
        grown = self.memory[-1] - self.memory[0]
        return round(1000 * grown / (100 * (len(self.memory) - 1)), 2)

    def click_ms(self) -> dict[str, float]:
        """The median, and the 95th percentile."""
        cuts = quantiles(self.clicks, n=20)
        return {"calls": len(self.clicks), "p50": round(cuts[9], 1), "p95": round(cuts[18], 1)}


class Stage:
    """The demo, its agents, and the current measurement."""

    def __init__(self, port: int, pid: int) -> None:
        self.url = f"http://localhost:{port}"
        self.provider = f"http://127.0.0.1:{port + 2}"
        self.now = Measured()
        self._pid = pid
        self._salesforce = FakeSalesforce({})

    async def quick_calls(self) -> None:
        """Make the simulated provider's calls short."""
        headers = {"Authorization": f"Bearer {TOKEN}", "DialStack-Account": ACCOUNT}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as http:
            path = f"{self.provider}/v1/test_helpers/scenarios"
            wish = {"default": True, "scenario": CALL}
            (await http.post(path, json=wish)).raise_for_status()

    async def agent(self, number: int) -> None:
        """Call, wrap up, and call again, in a new page before the frame limit is reached.

        The old page stays open for a while, because an unfinished save would be in doubt and wait
        for the agent.
        """
        name, cookie, last = AGENTS[number], "", None
        while True:
            page = FakePage(self.url, name, self._salesforce, cookie=cookie)
            await page.open()
            cookie = page.cookie
            for _ in range(CALLS_A_PAGE):
                number += len(AGENTS)
                await self._call(page, f"+1202555{number % 10_000:04}")
            if last is not None:
                await last.close()
            last = page

    async def _call(self, page: FakePage, number: str) -> None:
        began = perf_counter()
        await page.until_answer(await page.dial(number))
        self.now.click((perf_counter() - began) * 1000, resident_mb(self._pid))
        view = await page.until(lambda view: view["wrapups"] or view["state"] == "idle")
        for card in view["wrapups"]:
            await page.send(type="wrapup", call_id=card["call_id"], notes="So.", done=True)
        await page.until(lambda view: view["click_to_dial"])

    async def measured(self, calls: int) -> Measured:
        """Measure the next `calls` calls."""
        self.now = Measured(wanted=calls)
        await self.now.enough.wait()
        return self.now


AGENTS = ("ada", "grace", "linus", "radia", "alan")


def resident_mb(pid: int) -> float:
    """A process's resident memory in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


@asynccontextmanager
async def under_way(work: Any) -> AsyncIterator[None]:
    """Run these tasks during the block; the first failure ends the block, too."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(job) for job in work]
        yield
        for task in tasks:
            task.cancel()


async def board(url: str, number: int) -> None:
    """Keep a board open, as a supervisor does."""
    page = FakePage(url, f"Boss {number}", FakeSalesforce({}))
    await page.sign_in()
    address = f"{url.replace('http', 'ws')}/api/board/live"
    headers = {"Origin": url, "Cookie": page.cookie}
    async with connect(address, additional_headers=headers, max_size=None) as socket:
        async for _ in socket:
            sys.stdout.write(".")
            sys.stdout.flush()


async def look(url: str, boards: int) -> None:
    """Keep many boards open; prints a dot for each frame that one of them receives."""
    await asyncio.gather(*(board(url, number) for number in range(boards)))


@asynccontextmanager
async def looking(url: str, boards: int) -> AsyncIterator[list[int]]:
    """Keep boards open in a process of its own during the block; then prints the frame count."""
    command = (sys.executable, "-m", "qa.boards", "--look", url, "--boards", str(boards))
    process = await asyncio.create_subprocess_exec(*command, cwd=TREE, stdout=PIPE)
    assert process.stdout is not None
    reading = asyncio.create_task(process.stdout.read())
    frames: list[int] = []
    try:
        yield frames
    finally:
        process.terminate()
        frames.append(len(await reading))
        await process.wait()


async def run(boards: int, calls: int, port: int) -> dict[str, Any]:
    """Measure without boards, with boards, and without again."""
    async with the_demo(TREE, port, ("-c", LAUNCH), **UNLIMITED) as pid:
        stage = Stage(port, pid)
        await stage.quick_calls()
        async with under_way(stage.agent(number) for number in range(len(AGENTS))):
            await stage.measured(REMEMBERED)
            before = await stage.measured(ALONE)
            async with looking(stage.url, boards) as frames:
                await stage.measured(100)
                began = perf_counter()
                looked = await stage.measured(calls)
                minutes = (perf_counter() - began) / 60
            after = await stage.measured(ALONE)
    alone = [before, after]
    noise = max(measured.click_ms()["p50"] for measured in alone)
    kb = {"before": before.kb_a_call(), "with": looked.kb_a_call(), "after": after.kb_a_call()}
    return {
        **{"boards": boards, "minutes": round(minutes, 1), "frames": frames[0]},
        "memory_mb": {"from": looked.memory[0], "to": looked.memory[-1]},
        "kb_a_call": kb,
        "click_ms": {"before": before.click_ms(), "with": looked.click_ms()}
        | {"after": after.click_ms()},
        "ok": kb["with"] < max(kb["before"], kb["after"]) + 1
        and looked.click_ms()["p50"] < noise * 1.1,
    }


def main() -> int:
    """Print the results."""
    parser = argparse.ArgumentParser(prog="python -m qa.boards")
    parser.add_argument("--boards", type=int, default=50)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--port", type=int, default=18_600)
    parser.add_argument("--look", metavar="URL", help="only open the boards of that server")
    options = parser.parse_args()
    if options.look:
        asyncio.run(look(options.look, options.boards))
        return 0
    result = asyncio.run(run(options.boards, options.calls, options.port))
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
