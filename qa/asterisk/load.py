"""Many calls at once through one adapter on a real Asterisk: what reaches the pages, and when.

    python -m qa.asterisk.load --calls 100

Every agent clicks within a second; every customer picks up and talks. The result counts the calls
that were bridged and logged, and measures how long after the pick-up the page showed it (p50, p99,
in ms). The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from qa.asterisk.bench import Bench, always, real
from qa.asterisk.handset import Plan
from qa.asterisk.kills import environment
from tests.fakes.page import FakePage
from tests.fakes.process import AdapterProcess
from tests.fakes.salesforce import FakeSalesforce
from tests.scenarios.conftest import free_port

TALK_SECONDS = 8.0
CLICKS_WITHIN_SECONDS = 1.0


async def one_call(
    page: FakePage, bench: Bench, number: str, late: float, delays: list[float]
) -> bool:
    """Click and wait until the page shows the call bridged, then over; whether it showed both."""
    await asyncio.sleep(late)
    await page.dial(number)
    try:
        await page.until(lambda view: view.get("state") == "bridged", 60)
        seen = time.time()
        call = next(leg for leg in bench.trunk.calls if leg.number == number)
        delays.append((seen - call.up) * 1000)
        await page.until(lambda view: view["click_to_dial"], 60)
    except TimeoutError:
        return False
    return True


async def run(calls: int) -> dict[str, Any]:
    """Play so many calls at once, and return the result."""
    names = tuple(f"agent{n:03}" for n in range(calls))
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bench = await stack.enter_async_context(real(folder, names))
        for phone in [await bench.phone(name) for name in names]:
            phone.plan = always(Plan(after=0.5, silent=True))
        bench.trunk.plan = always(Plan(after=0.5, talk=TALK_SECONDS, silent=True))
        url = await _adapter(stack, bench, folder, names)
        salesforce = FakeSalesforce()
        pages = [FakePage(url, name, salesforce) for name in names]
        for page in pages:
            await page.open()
            stack.push_async_callback(page.close)
        delays: list[float] = []
        began = time.time()
        done = await asyncio.gather(
            *(
                one_call(page, bench, f"+1202556{n:04}", n * CLICKS_WITHIN_SECONDS / calls, delays)
                for n, page in enumerate(pages)
            )
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                while len(salesforce.tasks) < calls:  # noqa: ASYNC110 - seen from outside
                    await asyncio.sleep(0.1)
        left = len(await bench.channels())
    ordered, tasks = sorted(delays), len(salesforce.tasks)
    return {
        "calls": calls,
        "bridged_and_over": sum(done),
        "tasks": tasks,
        "customers_called": len({call.number for call in bench.trunk.calls}),
        "worst_talk_error_s": _worst_talk_error(bench, salesforce),
        "page_p50_ms": round(ordered[len(ordered) // 2]) if ordered else None,
        "page_p99_ms": round(ordered[int(len(ordered) * 0.99)]) if ordered else None,
        "channels_left": left,
        "seconds": round(time.time() - began, 1),
        "ok": sum(done) == calls == tasks and not left,
    }


async def _adapter(
    stack: AsyncExitStack, bench: Bench, folder: Path, names: tuple[str, ...]
) -> str:
    """Start the adapter and return its address."""
    port = free_port()
    url = f"http://localhost:{port}"
    variables = environment(bench, url, port, folder, names)
    variables["SOFTPHONE_RING_SECONDS"] = variables["SOFTPHONE_DIAL_SECONDS"] = "45"
    adapter = AdapterProcess(url, variables, folder / "adapter.log")
    await adapter.start()
    stack.push_async_callback(adapter.kill)
    return url


def _worst_talk_error(bench: Bench, salesforce: FakeSalesforce) -> float:
    """The largest difference in seconds between a Task's talk time and the customer's phone's."""
    talks = {call.number: call.talked for call in bench.trunk.calls}
    errors = [
        abs(float(task["CallDurationInSeconds"]) - talk)
        for task in salesforce.tasks.values()
        for number, talk in talks.items()
        if number in task["Subject"].replace(" ", "").replace("-", "")
    ]
    return round(max(errors, default=0), 2)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m qa.asterisk.load", description=__doc__)
    parser.add_argument("--calls", type=int, default=100)
    result = asyncio.run(run(parser.parse_args().calls))
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
