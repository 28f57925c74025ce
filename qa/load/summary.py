"""The summary: every figure under its stable name, with a description of the machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from qa.load.parts.results import LEFT_OUT, Results, Round
from qa.load.programs import GENERATOR_CORE, NODE, SERVER_CORE

KEYS = (
    "durable_vs_floor",
    "durable_vs_floor_cpu",
    "durable_vs_floor_plain_loop",
    "durable_vs_express",
    "durable_vs_fastapi",
    "added_p99_ms_half_load",
    "click_to_post_p50_ms",
    "memory_per_page_ratio",
    "storm_ratio",
    "storm_webhooks_refused",
    "agents_growth",
    "postgres_vs_sqlite",
    "two_replicas_cost",
    "two_replicas_cost_loaded",
    "outbound_call_cpu_ms",
    "outbound_call_vs_floor_cpu",
    "day_growth",
    "tls_vs_floor",
    "tls_vs_floor_cpu",
    "tls_click_p50_ms",
    "slow_disk_vs_floor",
    "slow_disk_vs_own",
    "slow_disk_deliveries_a_wait",
    "fsync_ms",
)
"""The figures that are always present, if only as null."""

TARGETS: dict[str, tuple[str, float]] = {
    "durable_vs_floor": (">=", 0.45),
    "durable_vs_express": (">=", 2.5),
    "durable_vs_fastapi": (">=", 10.0),
    "added_p99_ms_half_load": ("<", 5.0),
    "memory_per_page_ratio": ("<=", 1.5),
    "storm_ratio": ("<=", 3.0),
    "storm_webhooks_refused": ("<=", 0.0),
    "agents_growth": ("<=", 1.15),
    "postgres_vs_sqlite": (">=", 0.5),
    "two_replicas_cost": ("<=", 1.3),
    "day_growth": ("<=", 1.1),
}


def fsync_ms(folder: Path, times: int = 200) -> float:
    """The median time of a durable 4 KiB write."""
    taken = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - started) * 1000)
    return round(median(taken), 4)


def is_met(name: str, value: float) -> bool | None:
    """Whether the figure meets its target; None if it has none."""
    if name not in TARGETS:
        return None
    sign, target = TARGETS[name]
    return {">=": value >= target, "<=": value <= target, "<": value < target}[sign]


def summary(measured: Results, **more: Any) -> dict[str, Any]:
    """The whole summary; every null has its reason under `not_measured`."""
    figures: dict[str, Any] = {**dict.fromkeys(KEYS), **measured.figures, **more}
    absent = [name for name, value in figures.items() if value is None]
    return {
        **figures,
        "not_measured": {name: measured.reasons.get(name, LEFT_OUT) for name in absent},
        "targets": {
            name: {"target": f"{sign} {target:g}", "met": is_met(name, figures[name])}
            for name, (sign, target) in TARGETS.items()
            if figures.get(name) is not None
        },
        "machine": machine(),
        "medians": measured.medians(),
        "rounds": measured.rounds,
    }


def machine() -> dict[str, Any]:
    """The machine and the versions of the measurement."""
    packages = ("aiohttp", "uvloop", "pydantic", "orjson", "psycopg")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "server_core": SERVER_CORE,
        "generator_core": GENERATOR_CORE,
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: _version(name) for name in packages},
        "node": _node(),
        "load_average": os.getloadavg()[0],
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _node() -> str | None:
    command = [str(NODE), "--version"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def table(result: dict[str, Any]) -> str:
    """The figures as text, one a line, with their targets; then the missing ones, with reasons."""
    lines = []
    for name, value in result.items():
        if value is None or isinstance(value, dict | list):
            continue
        goal = result["targets"].get(name)
        verdict = f"{goal['target']:>8}  {'met' if goal['met'] else 'MISSED'}" if goal else ""
        shown = f"{value:g}" if isinstance(value, float) else value
        lines.append(f"{name:<32}{shown:>12}  {verdict}".rstrip())
    lines += [_contender(kind, figures) for kind, figures in result["medians"].items()]
    reasons = result["not_measured"].items()
    lines += [f"{name}: null, {why}" for name, why in reasons if why != LEFT_OUT]
    return "\n".join(lines)


def _contender(kind: str, medians: Round) -> str:
    return f"{kind:<24}" + ", ".join(f"{key} {value:g}" for key, value in medians.items())


def write(result: dict[str, Any], file: Path) -> None:
    """Write the summary as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
