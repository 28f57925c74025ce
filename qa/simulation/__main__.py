"""`python -m qa.simulation --calls N --seed S`: the last line is one JSON object.

A seed determines a campaign of histories, the same on every machine; `--history K` plays one.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator

from adapter import console
from qa.checker.report import Report
from qa.simulation.campaign import ENGINES, added, campaign, judge, quiet, seeds
from qa.simulation.keyed import LWC, MOVING


def main() -> int:
    """Play the histories, judge them, and print the result."""
    parser = argparse.ArgumentParser(prog="python -m qa.simulation", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000, help="roughly how many calls in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=sorted(ENGINES), default="runtime")
    parser.add_argument("--surface", choices=("open-cti", "voice", LWC, MOVING), default="open-cti")
    parser.add_argument("--history", type=int, help="play only this history")
    parser.add_argument("--processes", type=int, default=min(8, os.cpu_count() or 1))
    parser.add_argument("--json", action="store_true", help="print only the last line")
    wishes = parser.parse_args()
    if wishes.surface == MOVING and wishes.engine != "core":
        parser.error("--surface moving requires --engine core")
    quiet()
    surface = "" if wishes.surface == "open-cti" else wishes.surface
    began = time.perf_counter()
    if wishes.history is not None:
        report = judge(wishes.history, wishes.engine, surface)
        summary = added([report], wishes.history, wishes.engine, surface)
    else:
        wanted = seeds(wishes.seed, wishes.calls)
        reports = campaign(wanted, min(wishes.processes, len(wanted)), wishes.engine, surface)
        with console.bar("histories", len(wanted)) as advance:
            summary = added(moving(reports, advance), wishes.seed, wishes.engine, surface)
    seconds = time.perf_counter() - began
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_seconds = sum(usage.ru_utime + usage.ru_stime for usage in spent)
    summary |= {
        "seconds": round(seconds, 3),
        "calls_per_second": round(summary["calls"] / seconds),
        "calls_per_cpu_second": round(summary["calls"] / cpu_seconds),
    }
    if not wishes.json:
        print(console.sheet(summary))
    print(json.dumps(summary))
    return 0 if summary["ok"] else 1


def moving(reports: Iterable[Report], advance: console.Advance) -> Iterator[Report]:
    """Pass the reports on, and advance the progress bar with each."""
    for report in reports:
        advance()
        yield report


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Sets of strings must have a fixed order, or a seed would not determine a history.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "qa.simulation", *sys.argv[1:]])
    raise SystemExit(main())
