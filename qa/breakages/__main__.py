"""`python -m qa.breakages`: break the source on purpose, one change at a time; who notices?

Each breakage is applied to a copy of the tree in the temporary folder. There, all named tests must
pass before anything is broken. The breakage's own tests run first (at most a quarter of the
two-minute suite), then the short simulation; both are part of `make check`. The table goes into
docs/reliability.md, between the markers. The exit code is 1 if nothing noticed a breakage, or if a
test fails without one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qa.breakages.listed import BREAKAGES, Breakage

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- breakages: begin -->", "<!-- breakages: end -->"
COPIED = (
    *("adapter", "qa", "tests", "web", "deploy", "salesforce", "scripts"),
    *("pyproject.toml", "package.json"),
)
SIMULATED_CALLS = 2_000
TIME_LIMIT_SECONDS = 1800
"""The time limit of one run; on a busy machine, 30 seconds have become 300."""


@dataclass(frozen=True, slots=True)
class Caught:
    """The test that noticed, and the promises that the simulation saw broken; empty if none."""

    test: str
    simulation: str


def copy_tree(to: Path) -> None:
    """Copy what the tests need, without generated files."""
    rubbish = shutil.ignore_patterns("__pycache__", "node_modules", ".hypothesis")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=rubbish)
        elif source.exists():
            shutil.copy(source, to / name)


def apply(breakage: Breakage, tree: Path) -> None:
    """Apply a breakage. Raises ValueError if the source no longer has the text in the list."""
    path = tree / breakage.path
    text = path.read_text(encoding="utf-8")
    if text.count(breakage.old) != 1:
        raise ValueError(f"{breakage.name}: not exactly once in {breakage.path}: {breakage.old!r}")
    path.write_text(text.replace(breakage.old, breakage.new), encoding="utf-8")


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the copy, without the real tree on the path."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        command,
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )


def failing_test(tree: Path, tests: Iterable[str]) -> str:
    """The first of the named tests that fails."""
    there = [test for test in tests if (tree / test).exists()]
    pages = [test for test in there if test.endswith(".mjs")]
    if pages:
        done = run(tree, _node(), "--test", "--test-reporter=tap", *pages)
        match = re.search(r"^\s+not ok \d+ - (.+)$|^not ok \d+ - (.+)$", done.stdout, re.MULTILINE)
        return f"{pages[0]}: {match[1] or match[2]}" if match else ""
    if not there:
        return ""
    done = run(
        tree, sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
        "-m", "not browser and not slow", *there,
    )  # fmt: skip
    match = re.search(r"^(?:FAILED|ERROR) ([^\s\[]+)", done.stdout, re.MULTILINE)
    return match[1] if match else ""


def _node() -> str:
    bundled = Path(sys.executable).parent / "node"
    return str(bundled) if bundled.exists() else "node"


def broken_promises(tree: Path) -> str:
    """The violations that the short simulation counts."""
    done = run(
        tree, sys.executable, "-m", "qa.simulation",
        "--calls", str(SIMULATED_CALLS), "--seed", "9", "--processes", "1",
    )  # fmt: skip
    try:
        summary = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return "it does not even run"
    counted = ("lost", "doubled", "illegal", "wrong_fields", "unlogged_webhooks")
    kinds = {kind: summary[kind] for kind in counted} | summary["other_violations"]
    return ", ".join(f"{kind} {n}" for kind, n in kinds.items() if n)


def red_already(breakages: Iterable[Breakage]) -> list[str]:
    """The tests that fail in an unbroken copy, and so could not notice a breakage."""
    tests = sorted({test for breakage in breakages for test in breakage.near})
    with tempfile.TemporaryDirectory(prefix="unbroken-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        return [red for test in tests if (red := failing_test(tree, (test,)))]


def judge(breakage: Breakage) -> Caught:
    """Break a fresh copy, and find what notices."""
    with tempfile.TemporaryDirectory(prefix="breakage-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        apply(breakage, tree)
        return Caught(
            failing_test(tree, breakage.near),
            broken_promises(tree) if breakage.simulated else "",
        )


def table(rows: Iterable[tuple[Breakage, Caught]]) -> str:
    """The results as a Markdown table."""
    head = "| breakage | where | caught by the test | and by the simulation |\n|---|---|---|---|"
    lines = [
        f"| {b.name} | `{b.path}` | {_code(c.test)} | {c.simulation or '-'} |" for b, c in rows
    ]
    return "\n".join([head, *lines])


def _code(test: str) -> str:
    return f"`{test}`" if test else "-"


def write(text: str) -> None:
    """Put the table into the document, between its markers."""
    before, _, rest = DOCS.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCS.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Apply the breakages, run the tests, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m qa.breakages", description=__doc__)
    parser.add_argument("--only", default="", help="only breakages whose name contains this")
    wishes = parser.parse_args()
    chosen = [breakage for breakage in BREAKAGES if wishes.only in breakage.name]
    if red := red_already(chosen):
        print(json.dumps({"breakages": len(chosen), "red_already": red, "ok": False}))
        return 1
    rows = []
    for breakage in chosen:
        caught = judge(breakage)
        rows.append((breakage, caught))
        print(f"{breakage.name}: {caught.test or '-'}; {caught.simulation or '-'}", flush=True)
    missed = [b.name for b, c in rows if not (c.test or c.simulation)]
    if not wishes.only:
        write(table(rows))
    print(json.dumps({"breakages": len(rows), "missed": missed, "ok": not missed}))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
