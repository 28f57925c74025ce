"""`make bench`: the adapter beside its floor and its peers, interleaved, in one run.

The result is var/bench/summary.json with a plot beside it. A figure that was not measured is null,
and `not_measured` says why. The bench ends on its own and stops every process that it started.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from adapter import console
from qa.load import install, plot, summary
from qa.load.parts.catalog import PARTS
from qa.load.parts.results import Results
from qa.load.profiled import profile
from qa.load.programs import BENCH, GENERATOR_CORE, bind
from qa.load.rounds import tell
from qa.load.wire import Wrong

PART_SECONDS = 420.0


async def measure(folder: Path, options: argparse.Namespace) -> Results:
    """Measure one part after the other; a part that fails is left out, with its reason."""
    figures = Results()
    with console.bar("bench", len(options.only), live=False) as advance:
        for name in options.only:
            advance(0, f"bench: {name}")
            await _measure(name, folder, options, figures)
            advance()
    return figures


async def _measure(name: str, folder: Path, options: argparse.Namespace, measured: Results) -> None:
    part, figures, _ = PARTS[name]
    place = folder / name
    # PostgreSQL runs as a user of its own, who must be able to enter the folder.
    place.mkdir(mode=0o755)
    try:
        async with asyncio.timeout(PART_SECONDS):
            measured.add(await part(place, options))
    except (Wrong, OSError, RuntimeError, TimeoutError, ExceptionGroup) as error:
        reason = f"{name} failed: {_describe(error)}"
        tell(reason)
        measured.reasons.update(dict.fromkeys(figures, reason))


def _describe(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__} {error}".strip()


def fetch_peers(options: argparse.Namespace) -> None:
    """Install the peers before anything is measured, because that takes minutes and a core."""
    wanted = {kind: None for name in options.only for kind in PARTS[name].peers}
    for kind in () if options.quick else wanted:
        install.why_absent(kind)


async def run(options: argparse.Namespace) -> None:
    """The command line's options."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    bind(GENERATOR_CORE)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if options.profile:
            await profile(folder, options.agents)
            return
        fetch_peers(options)
        disk = summary.fsync_ms(folder)
        figures = await measure(folder, options)
    result = summary.summary(
        figures,
        fsync_ms=disk,
        agents=options.agents,
        rounds_each=options.rounds,
        commit=_commit(),
        seconds=round(time.monotonic() - started),
    )
    file = BENCH / f"{_name(options)}.json"
    summary.write(result, file)
    plot.write(result, file.with_suffix(".svg"))
    if options.json:
        print(json.dumps(result))
        return
    print(summary.table(result))
    print(f"\nthe rounds: {file}, the plot: {file.with_suffix('.svg')}")


def _name(options: argparse.Namespace) -> str:
    """The summary's name: a run of some parts does not overwrite that of all parts."""
    if options.quick:
        return "quick"
    return "summary" if options.only == list(PARTS) else "-".join(options.only)


def _commit() -> str:
    git = ("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty")
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def parse_options() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(prog="python -m qa.load.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only (a), into quick.json: a minute")
    parser.add_argument("--profile", action="store_true", help="profile the adapter instead")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each contender")
    parser.add_argument("--agents", type=int, default=1000, help="agents in (a), (b), (c), (h)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    options = parser.parse_args()
    if options.quick:
        options.only = ["flow"]
    return options


def main() -> int:
    """Run the bench, then write and print the summary."""
    options = parse_options()
    try:
        from uvloop import new_event_loop
    except ImportError:
        from asyncio import new_event_loop  # type: ignore[assignment]
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as loop:
            loop.run(run(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        tell("stopped")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
