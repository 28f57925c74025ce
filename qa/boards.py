"""Many boards that stay open: `python -m qa.boards [--boards 50] [--minutes 4]`.

The demo runs as a process of its own; agents call without a pause, at first alone, then while the
boards are open, then alone again. Told: the adapter's memory while the boards were open, from their
first half minute to the end, and how long a click waits for its answer without them and with them.
The last line is JSON; `ok`: the memory grew by less than a twentieth, and the median click waits
less than twice as long as without boards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
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
WARM_SECONDS = 30.0
CALL = {"outcome": "answered", "pick_up_seconds": 0.2, "ring_seconds": 0.2, "talk_seconds": 0.6}


@dataclass
class Measured:
    """What was seen of one stretch of time: clicks in milliseconds, memory in megabytes."""

    clicks: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    frames: int = 0

    def click_ms(self) -> dict[str, float]:
        """The median, and what one of twenty exceeds."""
        cuts = quantiles(self.clicks, n=20)
        return {"calls": len(self.clicks), "p50": round(cuts[9], 1), "p95": round(cuts[18], 1)}


class Stage:
    """The demo, its agents, and the stretch that is measured now."""

    def __init__(self, port: int, pid: int) -> None:
        self.url = f"http://localhost:{port}"
        self.provider = f"http://127.0.0.1:{port + 2}"
        self.now = Measured()
        self._pid = pid

    async def quick_calls(self) -> None:
        """Let the simulated provider's calls be short."""
        headers = {"Authorization": f"Bearer {TOKEN}", "DialStack-Account": ACCOUNT}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as http:
            path = f"{self.provider}/v1/test_helpers/scenarios"
            wish = {"default": True, "scenario": CALL}
            (await http.post(path, json=wish)).raise_for_status()

    async def agent(self, number: int) -> None:
        """Call, wrap up, call again."""
        page = await FakePage(self.url, AGENTS[number], FakeSalesforce({})).open()
        while True:
            number += len(AGENTS)
            began = perf_counter()
            await page.until_answer(await page.dial(f"+1202555{number % 10_000:04}"))
            self.now.clicks.append((perf_counter() - began) * 1000)
            view = await page.until(lambda view: view["wrapups"] or view["state"] == "idle")
            for card in view["wrapups"]:
                await page.send(type="wrapup", call_id=card["call_id"], notes="So.", done=True)
            await page.until(lambda view: view["click_to_dial"])
            await asyncio.sleep(6)  # ten calls in a minute are an agent's limit

    async def board(self, number: int) -> None:
        """Look on, as a supervisor whose page stays open."""
        page = FakePage(self.url, f"Boss {number}", FakeSalesforce({}))
        await page.sign_in()
        address = f"{self.url.replace('http', 'ws')}/api/board/live"
        headers = {"Origin": self.url, "Cookie": page.cookie}
        async with connect(address, additional_headers=headers, max_size=None) as socket:
            async for _ in socket:
                self.now.frames += 1

    async def watch(self, seconds: float) -> Measured:
        """So long, with the memory every second."""
        self.now = Measured()
        for _ in range(round(seconds)):
            await asyncio.sleep(1)
            self.now.memory.append(resident_mb(self._pid))
        return self.now


AGENTS = ("ada", "grace", "linus", "radia", "alan")


def resident_mb(pid: int) -> float:
    """The memory that a process has, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


@asynccontextmanager
async def under_way(work: Any) -> AsyncIterator[None]:
    """Those tasks, as long as this lasts; the first that fails ends it."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def run(boards: int, minutes: float, port: int) -> dict[str, Any]:
    """Alone, with boards, alone again."""
    async with the_demo(TREE, port) as pid:
        stage = Stage(port, pid)
        await stage.quick_calls()
        async with under_way(stage.agent(number) for number in range(len(AGENTS))):
            before = await stage.watch(2 * WARM_SECONDS)
            async with under_way(stage.board(number) for number in range(boards)):
                looked = await stage.watch(minutes * 60)
            after = await stage.watch(2 * WARM_SECONDS)
    warm, end = looked.memory[round(WARM_SECONDS)], looked.memory[-1]
    alone = Measured([*before.clicks, *after.clicks])
    return {
        **{"boards": boards, "minutes": minutes, "frames": looked.frames},
        "memory_mb": {"before": round(before.memory[-1], 1), "warm": round(warm, 1)}
        | {"end": round(end, 1), "after": round(after.memory[-1], 1)},
        "click_ms": {"without": alone.click_ms(), "with": looked.click_ms()},
        "ok": end < warm * 1.05 and looked.click_ms()["p50"] < 2 * alone.click_ms()["p50"],
    }


def main() -> int:
    """Print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m qa.boards")
    parser.add_argument("--boards", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--port", type=int, default=18_600)
    options = parser.parse_args()
    told = asyncio.run(run(options.boards, options.minutes, options.port))
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if told["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
