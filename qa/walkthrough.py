"""Which files a click and a webhook pass through: `python -m qa.walkthrough [--json]`.

The adapter runs as in the scenarios (real sockets, a simulated provider, a store on disk). A
profiling hook counts each function of ours that returns, in every thread, from the moment that the
frame or the delivery is sent until all its effects have been seen. A click counts until its POST is
at the provider and its view at the page; what the answer to the POST causes is not counted. The
first run of each fills caches and is not counted. Of the others, the one with the fewest returns
counts, because in the rest the sweeper looked at its deadlines. The fewer files a reader must open,
the better.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import logging
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import structlog

from tests.fakes.page import FakePage
from tests.scenarios.conftest import ACCOUNT, SECRET, World, a_world

ADAPTER = str(Path(__file__).parents[1] / "adapter") + "/"
SIMULATOR = f"{ADAPTER}telephony/simulator/"
POSTED = f"{SIMULATOR}api.py", "place"
SHOWN = f"{ADAPTER}page/frames.py", "view_frame"
NUMBER = "+1202555{:04d}"
TIMES = 4


class Trail:
    """Counts returns of the adapter's functions, by file, in the order of entry."""

    def __init__(self) -> None:
        self.returns: Counter[str] = Counter()
        self._is_on = False
        self._left: set[tuple[str, str]] = set()

    def until(self, *calls: tuple[str, str]) -> Trail:
        """Stop counting once all these functions have been called."""
        self._left = set(calls)
        return self

    def __enter__(self) -> Trail:
        """Start counting."""
        self.returns.clear()
        self._is_on = True
        return self

    def __exit__(self, *_: object) -> None:
        """Stop counting."""
        self._is_on = False
        self._left.clear()

    def watch(self, frame: FrameType, event: str, _argument: object) -> None:
        """The hook for sys.setprofile."""
        file = frame.f_code.co_filename
        if self._is_on and event == "call" and self._left:
            self._left.discard((file, frame.f_code.co_name))
            self._is_on = bool(self._left)
        if self._is_on and file.startswith(ADAPTER) and not file.startswith(SIMULATOR):
            name = file.removeprefix(ADAPTER)
            if event == "call":
                self.returns.setdefault(name, 0)
            elif event == "return":
                self.returns[name] += 1

    def told(self) -> dict[str, Any]:
        """The figures and the files."""
        return {
            "files": len(self.returns),
            "returns": sum(self.returns.values()),
            "by_file": dict(self.returns),
        }


async def click(world: World, page: FakePage, trail: Trail, number: int) -> dict[str, Any]:
    """Follow the page's frame to the POST at the provider and the view that shows it."""
    posts = len((await world.history())["posts"])
    with trail.until(POSTED, SHOWN):
        await page.dial(NUMBER.format(number))
        await page.until(lambda view: view["state"] == "ringing-user-devices")
        await world.until_history(lambda history: len(history["posts"]) > posts)
    return trail.told()


async def webhook(
    page: FakePage, trail: Trail, http: httpx.AsyncClient, number: int
) -> dict[str, Any]:
    """Follow a signed delivery to its 2xx and the view that shows it."""
    begun = {"direction": "outbound", "to_number": NUMBER.format(number)}
    with trail:
        await _deliver(http, "call.initiated", number, begun)
        await page.until(lambda view: view["state"] == "dialing-destination")
    return trail.told()


async def _deliver(http: httpx.AsyncClient, kind: str, number: int, fields: dict[str, str]) -> None:
    data = {"call_id": f"call_{number}", "user_id": "user_ada", **fields}
    event = {"id": f"{kind}-{number}", "type": kind, "account_id": ACCOUNT, "data": data}
    body = json.dumps(event).encode()
    at = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-DialStack-Signature": f"t={at},v1={signature}"}
    answer = await http.post("/webhooks/dialstack", content=body, headers=headers)
    answer.raise_for_status()


async def measured(folder: Path, trail: Trail) -> dict[str, Any]:
    """Measure both paths several times; all that a click causes is over before the webhook."""
    clicks, webhooks = [], []
    async with (
        a_world(folder, ring_seconds=30, wrap_up_seconds=0) as world,
        httpx.AsyncClient(base_url=world.url, trust_env=False) as http,
    ):
        await world.scenario(outcome="nobody-picks-up")
        page = await world.page()
        for number in range(TIMES):
            clicks.append(await click(world, page, trail, number))
            await _quiet(trail)
            webhooks.append(await webhook(page, trail, http, number))
            await _deliver(http, "call.end", number, {"status": "no-answer"})
            await page.until(lambda view: view["state"] == "idle")
            await _quiet(trail)
    return {"click": _fewest(clicks[1:]), "webhook": _fewest(webhooks[1:])}


def _fewest(figures: list[dict[str, Any]]) -> dict[str, Any]:
    return min(figures, key=lambda run: int(run["returns"]))


async def _quiet(trail: Trail) -> None:
    """Wait until everything before has been decided and logged."""
    busy = True
    while busy:
        with trail:
            await asyncio.sleep(0.3)
        # Meanwhile the sweeper looks at its deadlines but decides nothing.
        busy = any(file.startswith("core/") for file in trail.returns)


def main() -> None:
    """Measure and print the result."""
    parser = argparse.ArgumentParser(prog="python -m qa.walkthrough", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    trail = Trail()
    threading.setprofile(trail.watch)
    sys.setprofile(trail.watch)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measured(Path(folder), trail))
    if options.json:
        print(json.dumps(figures))
        return
    for way, figures_of in figures.items():
        print(f"{way}: {figures_of['files']} files, {figures_of['returns']} returns")
        for file, count in figures_of["by_file"].items():
            print(f"  {count:4} {file}")


if __name__ == "__main__":
    main()
