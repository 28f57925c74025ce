"""Runs many histories, each with its own seed, and sums up the results."""

from __future__ import annotations

import logging
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import structlog

from qa.checker.check import check
from qa.checker.report import Report
from qa.simulation.core.run import simulate_core
from qa.simulation.run import simulate

HISTORY_CALLS = 200
"""Calls in one history: enough for faults to coincide, few enough to read."""

ENGINES = {"runtime": simulate, "core": simulate_core}
"""The real runtime on asyncio, or only its core on a heap of events."""

COUNTED = ("lost", "doubled", "incomplete", "illegal", "wrong_fields", "unlogged_webhooks")


def quiet() -> None:
    """Suppress log lines, because the faults are deliberate."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        cache_logger_on_first_use=True,
    )


def seeds(seed: int, calls: int) -> range:
    """The seeds of a campaign's histories; campaigns with other seeds share none."""
    count = max(1, -(-calls // HISTORY_CALLS))
    return range(seed * 1_000_000, seed * 1_000_000 + count)


def judge(seed: int, engine: str = "runtime", surface: str = "") -> Report:
    """Play and check one history; everybody works with this surface ("": Open CTI)."""
    return check(ENGINES[engine](seed, HISTORY_CALLS, surface=surface))


def campaign(
    wanted: Iterable[int], processes: int, engine: str = "runtime", surface: str = ""
) -> Iterator[Report]:
    """Play all histories; yields the reports as they are done."""
    judge_one = partial(judge, engine=engine, surface=surface)
    if processes == 1:
        yield from map(judge_one, wanted)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=quiet) as pool:
        yield from pool.imap_unordered(judge_one, wanted, chunksize=2)


def story(report: Report, engine: str, surface: str = "") -> str:
    """A failing history as text, with the command that replays it."""
    lines = [f"history {report.seed}:"]
    lines += [f"{v.kind} {v.subject}: {v.text}" for v in report.violations]
    return "\n".join([*lines, f"again: {again(report.seed, engine, surface)}"])


def again(seed: int, engine: str = "runtime", surface: str = "") -> str:
    """The command that replays one history."""
    where = f" --surface {surface}" if surface else ""
    return f"PYTHONHASHSEED=0 python -m qa.simulation --engine {engine}{where} --history {seed}"


def added(
    reports: Iterable[Report], seed: int, engine: str = "runtime", surface: str = ""
) -> dict[str, Any]:
    """The summary over all histories; prints failing ones to standard error."""
    total: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    other_kinds: Counter[str] = Counter()
    posts, failing = 0, list[int]()
    for report in reports:
        summary = report.summary()
        total.update({name: summary[name] for name in ("calls", "kills", "tray", "tray_expected")})
        total.update({name: summary[name] for name in COUNTED})
        faults.update(summary["faults"])
        other_kinds.update(summary["other_violations"])
        posts = max(posts, summary["max_posts_per_dial"])
        if not report.is_ok:
            failing.append(report.seed)
            print(story(report, engine, surface), file=sys.stderr)
    return {
        "calls": total["calls"],
        "seed": seed,
        "engine": engine,
        **({"surface": surface} if surface else {}),
        **{name: total[name] for name in ("kills", *COUNTED)},
        "max_posts_per_dial": posts,
        "tray": total["tray"],
        "tray_expected": total["tray_expected"],
        "other_violations": dict(other_kinds),
        "faults": dict(sorted(faults.items())),
        "failing_histories": failing,
        "ok": not failing,
    }
