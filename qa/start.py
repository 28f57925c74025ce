"""How soon the panel is ready: `python -m qa.start [--rtt 40,150] [--rounds 3] [--tree FOLDER]`.

A real Chromium opens the demo of a tree over a slow link: a connection costs a round trip, and data
arrives half a round trip later. For an empty cache and for a full one, the program prints in
milliseconds of the panel's clock when the first content was painted and when click-to-dial was on,
and what was fetched from the adapter. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.browser.conftest import CHROMIUM

WATCH = """() => {
  new MutationObserver(() => {
    const root = document.querySelector('#softphone');
    if (root?.dataset.clickToDial === 'on') window.readyAt ??= performance.now();
  }).observe(document, {attributes: true, childList: true, subtree: true});
}"""
TOLD = """() => {
  const all = ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
    .filter(({name}) => name.startsWith(location.origin));
  const [paint] = performance.getEntriesByName('first-contentful-paint');
  return {
    ready: window.readyAt, paint: paint?.startTime ?? null, requests: all.length,
    bytes: all.reduce((sum, {transferSize}) => sum + transferSize, 0),
  };
}"""


@contextlib.asynccontextmanager
async def slow_link(port: int, rtt: float) -> AsyncIterator[int]:
    """Forward a new port to this one of loopback, with a round trip of `rtt` seconds."""
    loop = asyncio.get_running_loop()
    open_ends: set[asyncio.StreamWriter] = set()

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65_536):
            loop.call_later(rtt / 2, target.write, chunk)
        loop.call_later(rtt / 2, target.close)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(rtt)
        there, back = await asyncio.open_connection("127.0.0.1", port)
        open_ends.update((writer, back))
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(carry(reader, back), carry(there, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for end in open_ends:
            end.close()


@contextlib.asynccontextmanager
async def the_demo(
    tree: Path, port: int, program: Sequence[str] = ("-m", "adapter"), **environ: str
) -> AsyncIterator[int]:
    """Run the demo of this tree at its usual ports; yields the id of the adapter's process."""
    with tempfile.TemporaryDirectory() as folder:
        demo = await asyncio.create_subprocess_exec(
            *(sys.executable, *program, "demo", "--data", folder, "--port", str(port)),
            cwd=tree,
            env={**os.environ, **environ},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            for each in range(3):
                await _until_open(port + each)
            yield demo.pid
        finally:
            demo.terminate()
            await demo.wait()


async def _until_open(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)


async def look(context: BrowserContext, org: str) -> dict[str, Any]:
    """Load the panel once in this browser profile; times count from the frame's start."""
    page = await context.new_page()
    await page.goto(org)
    ready = page.frame_locator("iframe").locator('#softphone[data-click-to-dial="on"]')
    await ready.wait_for(timeout=60_000)
    frame = next(frame for frame in page.frames if "/softphone" in frame.url)
    timings: dict[str, Any] = await frame.evaluate(TOLD)
    await page.close()
    return timings


async def measure(browser: Browser, org: str, rounds: int) -> dict[str, dict[str, float]]:
    """The medians with an empty cache and with a full one."""
    seen: dict[str, list[dict[str, Any]]] = {"cold": [], "warm": []}
    for _ in range(rounds):
        context = await browser.new_context()
        await context.add_init_script(f"({WATCH})()")
        seen["cold"].append(await look(context, org))
        seen["warm"].append(await look(context, org))
        await context.close()
    return {
        kind: {name: round(median(load[name] or 0 for load in loads)) for name in loads[0]}
        for kind, loads in seen.items()
    }


async def run(tree: Path, rtts: list[float], rounds: int, port: int) -> dict[str, Any]:
    """Measure all links, one after the other."""
    result: dict[str, Any] = {}
    async with the_demo(tree, port), async_playwright() as playwright:
        for rtt in rtts:
            async with slow_link(port, rtt / 1000) as ours, slow_link(port + 1, rtt / 1000) as org:
                ways = {f"localhost:{port}": ours, f"127.0.0.1:{port + 1}": org}
                rules = ",".join(f"MAP {name} 127.0.0.1:{way}" for name, way in ways.items())
                browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM,
                    args=["--no-sandbox", "--disable-gpu", f"--host-resolver-rules={rules}"],
                )
                result[f"{rtt:g} ms"] = await measure(
                    browser, f"http://127.0.0.1:{port + 1}/", rounds
                )
                await browser.close()
                sys.stdout.write(f"{rtt:g} ms: {json.dumps(result[f'{rtt:g} ms'])}\n")
    return result


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m qa.start")
    parser.add_argument("--rtt", default="40,150", help="milliseconds, separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tree", type=Path, default=Path.cwd())
    parser.add_argument("--port", type=int, default=18_080)
    options = parser.parse_args()
    rtts = [float(rtt) for rtt in options.rtt.split(",")]
    result = asyncio.run(run(options.tree, rtts, options.rounds, options.port))
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
