"""What the page weighs, and how soon a click shows: `python -m tests.browser.figures [--json]`.

Weight: every byte that we serve to an empty browser until the panel is ready, uncompressed, without
Salesforce's library. Click to paint: from the click on a call button to the frame after the one in
which the panel says so, in the real browser.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.async_api import Response

from adapter import observability
from tests.browser.conftest import Org
from tests.browser.states import ADA, a_stage

ROUNDS = 9
CLICK = """() => new Promise(resolve => {
  const began = performance.now();
  document.querySelector('.number-box .call').click();
  requestAnimationFrame(() => {
    const shows = !document.querySelector('.pending').hidden
      || document.querySelector('#softphone').dataset.state !== 'idle';
    requestAnimationFrame(() => resolve(shows ? performance.now() - began : 1e9));
  });
})"""


async def weight(org: Org) -> int:
    """Bytes that the panel fetches from us."""
    page = await org.context.new_page()
    seen: list[Response] = []

    def on_response(response: Response) -> None:
        seen.append(response)

    page.on("response", on_response)
    await page.goto(f"{org.url}/?agent={ADA}")
    await page.frame_locator("iframe").locator('#softphone[data-state="idle"]').wait_for()
    ours = [r for r in seen if r.url.startswith(org.world.url) and "/softphone" in r.url]
    total = sum([len(await response.body()) for response in ours])
    await page.close()
    return total


async def click_to_paint(org: Org) -> list[float]:
    """Milliseconds of each round."""
    await org.plays("+12025559000", outcome="busy", pick_up_seconds=0.3, ring_seconds=0.6)
    tab = await org.tab(ADA)
    times: list[float] = []
    for _ in range(ROUNDS):
        await tab.until("idle", "on")
        await tab.phone.get_by_label("Phone number").fill("+12025559000")
        times.append(await tab.phone.evaluate(CLICK))
        await tab.until("dialing-destination")
    return times


async def measure() -> dict[str, float]:
    """Both figures."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_stage(Path(folder), wrap_up_seconds=0, dials_per_minute=100) as org:
            bytes_served = await weight(org)
            times = await click_to_paint(org)
    return {
        "page_bytes": bytes_served,
        "click_to_paint_ms_median": round(median(times), 1),
        "click_to_paint_ms_max": round(max(times), 1),
    }


def main() -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.figures", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object, for machines")
    wishes = parser.parse_args()
    observability.set_up("error", "", sys.stderr)
    figures = asyncio.run(measure())
    if wishes.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for name, value in figures.items():
            sys.stdout.write(f"{name:<28}{value:>10,}\n")
    good = figures["page_bytes"] <= 100_000 and figures["click_to_paint_ms_median"] < 100
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
