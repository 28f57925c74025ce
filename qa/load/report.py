"""`python -m qa.load.report [SUMMARY]`: the tables of docs/performance.md and capacity.md.

Reads var/bench/summary.json, or the summary of a run of some parts; tables that it did not measure
stay. The figures in the documents are those of a named run; nobody copies them by hand.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from qa.load.dialing import STEPS
from qa.load.programs import BENCH, ROOT
from qa.load.summary import TARGETS

AGENTS = (1_000, 10_000, 100_000, 1_000_000)
CALLS_AN_HOUR, COMMITS_A_CALL = 20, 8
"""Assumed: four deliveries a call, and as many commits for its page's frames."""

LOAD = 0.5
"""The share of its limit that a replica or a core should carry in the busiest hour."""

PAGES_A_REPLICA = 10_000
"""The most pages that have been measured in one replica."""

RATES = ("floor", "ours", "postgres", "express", "fastapi", "floor, plain loop", "ours, plain loop")
FURTHER_RATES = (
    *("floor behind TLS", "ours behind TLS"),
    *("floor, slow disk", "ours, slow disk", "ours, this disk", "express, slow disk"),
)

ROWS = (
    ("(a) deliveries per second: ours / floor", "durable_vs_floor"),
    ("(a) the same, by processor time", "durable_vs_floor_cpu"),
    ("(a) the same, without uvloop on either side", "durable_vs_floor_plain_loop"),
    ("(b) the same: ours / Express + ws + better-sqlite3", "durable_vs_express"),
    ("(b) the same: ours / FastAPI + SQLAlchemy + aiosqlite", "durable_vs_fastapi"),
    ("(c) p99 added at 10 % of our limit, ms", "added_p99_ms_tenth_load"),
    ("(c) p99 added at 50 %, ms", "added_p99_ms_half_load"),
    ("(c) p99 added at 80 %, ms", "added_p99_ms_four_fifths_load"),
    ("(d) click to POST, p50, ms", "click_to_post_p50_ms"),
    ("(d) the same, bare server, ms", "click_to_post_floor_p50_ms"),
    ("(e) memory of an idle page, 2,000 pages: ours / bare server", "memory_per_page_ratio_2000"),
    ("(e) the same, all pages", "memory_per_page_ratio"),
    ("(f) time until all pages have their view: ours / bare server", "storm_ratio"),
    ("(f) webhooks refused meanwhile", "storm_webhooks_refused"),
    ("(g) processor time per delivery: 1,000 / 100 agents", "agents_growth_1000"),
    ("(g) the same: 10,000 / 100 agents", "agents_growth"),
    ("(h) deliveries per second: PostgreSQL / SQLite", "postgres_vs_sqlite"),
    ("(i) processor time per delivery: two replicas / one", "two_replicas_cost"),
    ("(i) the same, each with as many connections as the one", "two_replicas_cost_loaded"),
)

FURTHER_ROWS = (
    ("(j) an outbound call with wrap-up and Task, ms of processor time", "outbound_call_cpu_ms"),
    ("(j) the same: ours / bare server", "outbound_call_vs_floor_cpu"),
    ("(k) processor time of a call: end of an agent's day / beginning", "day_growth"),
    ("(l) deliveries per second behind TLS: ours / floor", "tls_vs_floor"),
    ("(l) the same, by processor time without the proxy's", "tls_vs_floor_cpu"),
    ("(l) click to POST through TLS, p50, ms", "tls_click_p50_ms"),
    ("(l) the same, bare server, ms", "tls_click_floor_p50_ms"),
    ("(m) deliveries per second with a 5 ms fsync: ours / floor", "slow_disk_vs_floor"),
    ("(m) the same: 5 ms fsync / this machine's own disk", "slow_disk_vs_own"),
    ("(m) the same: ours / Express with a 5 ms fsync", "slow_disk_vs_express"),
    ("(m) deliveries per wait for the disk, at least", "slow_disk_deliveries_a_wait"),
)

Rows = tuple[tuple[str, str], ...]


def table(result: dict[str, Any]) -> str:
    """The figures of (a) to (i) as Markdown, with the reason where one is null."""
    return _table(result, ROWS, RATES)


def further(result: dict[str, Any]) -> str:
    """The figures of (j) to (m), and each step of a call."""
    return _table(result, FURTHER_ROWS, FURTHER_RATES) + "\n\n" + steps(result)


def steps(result: dict[str, Any]) -> str:
    """How long each step of an outbound call takes, one call after the other and many at once."""
    kinds = [f"calls{how}, {who}" for how in (" one by one", "") for who in ("floor", "ours")]
    lines = [
        "| step, p50 / p99 ms | bare server | ours | bare server, 8 at once | ours, 8 at once |",
        "|---|---|---|---|---|",
    ]
    for name in STEPS:
        cells = (_step(result["medians"].get(kind, {}), name) for kind in kinds)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _step(medians: dict[str, float], name: str) -> str:
    percentiles = [medians.get(f"{name}, {percent}") for percent in ("p50", "p99")]
    return (
        " / ".join(f"{percentile:.2f}" for percentile in percentiles if percentile is not None)
        or "none"
    )


def _table(result: dict[str, Any], rows: Rows, rates: tuple[str, ...]) -> str:
    machine = result["machine"]
    lines = [
        f"Measured at {result['commit']} in {result['seconds']} s: {result['rounds_each']} rounds "
        f"each, {result['agents']:,} agents, {machine['processor']} with {machine['cores']} cores, "
        f"{_versions(machine)}. One fdatasync of 4 KiB took {result['fsync_ms']:g} ms. "
        f"{_others(result)}",
        "",
        "| what | measured | target | met |",
        "|---|---|---|---|",
        *(_row(label, name, result) for label, name in rows),
        "",
        "| program | deliveries a second | µs of processor time each | p50 ms | p99 ms "
        "| server, generator busy |",
        "|---|---|---|---|---|---|",
        *(_program(kind, result["medians"][kind]) for kind in rates if kind in result["medians"]),
    ]
    return "\n".join(lines)


def _others(result: dict[str, Any]) -> str:
    if "others_busy" in result:
        busy = 100 * result["others_busy"]
        return f"Other processes took {busy:.0f} % of the server's core meanwhile."
    return f"The machine's load was {result['machine']['load_average']:.1f} at the end."


def _versions(machine: dict[str, Any]) -> str:
    names = ("python", "aiohttp", "uvloop", "node")
    return ", ".join(f"{name} {machine[name] or 'absent'}" for name in names)


def _row(label: str, name: str, result: dict[str, Any]) -> str:
    value = result.get(name)
    if value is None:
        why = result["not_measured"].get(name, "not measured").replace("|", "/")
        return f"| {label} | {why} | {_target(name)} | unknown |"
    met = result["targets"].get(name, {}).get("met")
    verdict = "" if met is None else "yes" if met else "**no**"
    return f"| {label} | {value:.3g} | {_target(name)} | {verdict} |"


def _target(name: str) -> str:
    if name not in TARGETS:
        return ""
    sign, target = TARGETS[name]
    return f"{sign} {target:g}"


def _program(kind: str, figures: dict[str, float]) -> str:
    return (
        f"| {kind} | {figures['events_per_second']:,.0f} | {figures['cpu_us_per_event']:.0f} "
        f"| {figures['p50_ms']:.2f} | {figures['p99_ms']:.2f} "
        f"| {figures['server_busy']:.0%}, {figures['generator_busy']:.0%} |"
    )


def capacity(result: dict[str, Any]) -> str:
    """What numbers of agents need at the measured costs (assumptions: docs/capacity.md)."""
    ours, crowd = result["medians"]["postgres"], result["medians"]["crowd, ours"]
    limit = ours["events_per_second"]
    database = ours["database_us_per_event"]
    lines = [
        f"From the run at {result['commit']}: a replica on PostgreSQL takes {limit:,.0f} "
        f"deliveries a second, and each costs PostgreSQL {database:.0f} µs of processor time; an "
        f"idle page takes {crowd['kib_per_page_of_all']:.0f} KiB, the process itself "
        f"{crowd['mib_before_pages']:.0f} MiB. One fdatasync took {result['fsync_ms']:g} ms.",
        "",
        "| agents | commits a second | replicas | cores of PostgreSQL | memory of the pages |",
        "|---|---|---|---|---|",
    ]
    for agents in AGENTS:
        commits = agents * CALLS_AN_HOUR * COMMITS_A_CALL / 3600
        replicas = max(math.ceil(commits / (limit * LOAD)), math.ceil(agents / PAGES_A_REPLICA))
        cores = commits * database / 1e6 / LOAD
        memory = agents * crowd["kib_per_page_of_all"] / 1024**2
        lines.append(
            f"| {agents:,} | {commits:,.0f} | {replicas + 1} | {cores:.1f} | {memory:.1f} GiB |"
        )
    return "\n".join(lines)


def fill(document: str, name: str, text: str) -> str:
    """The document with this text between its marks. Raises ValueError if they are missing."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, separator, rest = document.partition(begin)
    _, over, tail = rest.partition(end)
    if not separator or not over:
        raise ValueError(f"the document has no {begin} … {end}")
    return f"{head}{begin}\n{text}\n{end}{tail}"


def main() -> int:
    """Rewrite the sections of the documents for which the summary has figures."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else BENCH / "summary.json"
    result = json.loads(source.read_text(encoding="utf-8"))
    for name, file, needs, made in DOCUMENTS:
        if needs not in result["medians"]:
            continue
        file.write_text(
            fill(file.read_text(encoding="utf-8"), name, made(result)), encoding="utf-8"
        )
        print(f"{file}: figures of {result['commit']}")
    return 0


DOCUMENTS = (
    ("bench", ROOT / "docs" / "performance.md", "ours", table),
    ("further", ROOT / "docs" / "performance.md", "calls, ours", further),
    ("capacity", ROOT / "docs" / "capacity.md", "postgres", capacity),
)
"""Each section's mark, document, indispensable contender and text."""


if __name__ == "__main__":
    sys.exit(main())
