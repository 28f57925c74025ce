"""(d): from a click's frame to the POST that rings the agent's phones, beside a bare server's."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from qa.load import programs, scene
from qa.load.parts.results import Results, percentile
from qa.load.programs import Program
from qa.load.provider import providing
from qa.load.rounds import tell
from qa.load.wire import PageSocket

CLICKS, WARM_UPS = 60, 20
PATIENCE_SECONDS = 30.0
BARE, OURS = "click, floor", "click, ours"
Clicking = tuple[Program, list[PageSocket]]
"""A program, with one page for each click."""


async def click(folder: Path, rounds: int) -> Results:
    """Measure one click after the other, each by a different agent for a different number."""
    clicks = Clicks()
    agents = clicks_of(rounds)
    async with providing(clicks.posted) as address:
        with ExitStack() as stack:
            bare = programs.floor(folder, provider=address)
            adapter = await programs.ours(folder, agents, provider=address)
            contenders: dict[str, Clicking] = {}
            for kind, program in ((BARE, bare), (OURS, adapter)):
                stack.callback(program.stop)
                await program.start()
                pages = await scene.open_pages(program, range(agents))
                contenders[kind] = (program, list(pages.values()))
            measured = await clicks.interleave(contenders, rounds)
    measured.figures["click_to_post_p50_ms"] = measured.median_of(OURS, "p50_ms")
    measured.figures["click_to_post_floor_p50_ms"] = measured.median_of(BARE, "p50_ms")
    tell(f"click to POST: {measured.figures['click_to_post_p50_ms']} ms")
    return measured


def clicks_of(rounds: int) -> int:
    """How many pages so many rounds need: each page clicks once."""
    return WARM_UPS + CLICKS * rounds


class Clicks:
    """Makes one click after the other, and waits for the POST of each."""

    def __init__(self) -> None:
        self._times: asyncio.Queue[float] = asyncio.Queue()

    def posted(self, at: float, _body: bytes) -> None:
        """The provider received a POST."""
        self._times.put_nowait(at)

    async def interleave(self, contenders: Mapping[str, Clicking], rounds: int) -> Results:
        """Some clicks per contender to warm up, which do not count, then those that do."""
        measured = Results(rounds={kind: [] for kind in contenders})
        for program, pages in contenders.values():
            await self.milliseconds(program, pages[:WARM_UPS])
        for number in range(rounds):
            some = slice(clicks_of(number), clicks_of(number + 1))
            for kind, (program, pages) in contenders.items():
                taken = await self.milliseconds(program, pages[some])
                measured.rounds[kind].append(
                    {
                        "clicks": len(taken),
                        "p50_ms": round(percentile(taken, 50), 3),
                        "p99_ms": round(percentile(taken, 99), 3),
                    }
                )
        return measured

    async def milliseconds(self, program: Program, pages: list[PageSocket]) -> list[float]:
        """Click on each page; how long each click took."""
        return [await self._click(program, page) for page in pages]

    async def _click(self, program: Program, page: PageSocket) -> float:
        frame = dial(page.user, f"+1202555{page.user[1:]:0>4}")
        started = time.perf_counter()
        page.say(frame)
        try:
            at = await asyncio.wait_for(self._times.get(), PATIENCE_SECONDS)
        except TimeoutError as error:
            raise RuntimeError(f"{program.kind}: a click never became a POST") from error
        return (at - started) * 1000


def dial(name: str, number: str) -> bytes:
    """The frame of a click with this request id."""
    stamp = round(time.time() * 1000)
    message = {
        "type": "dial",
        "request_id": f"req-{name}",
        "number": number,
        "clicked_at": stamp,
        "sent_at": stamp,
    }
    return json.dumps(message).encode()
