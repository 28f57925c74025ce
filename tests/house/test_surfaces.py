"""What is Salesforce's stays in its rooms: the core has no word of it, a room can be deleted."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "adapter" / "core").rglob("*.py"))
SALESFORCES = re.compile(r"\btasks?\b|savelog|lightning|opencti|open cti|voicecall", re.IGNORECASE)
ADDRESS = re.compile(r"\S+\.htm\b")
"""The source of a rule: it may be a page about any product."""

STORED = 'name="task_id"'
"""How rows name a record's id since the first version: not a word of the core's own."""

THEIR_OWN = {"adapter.commands.callcenter", "adapter.commands.metadata"}
"""Commands that write the files of Open CTI."""

IMPORT_ALL = """
import importlib, pathlib, sys
skipped = set(sys.argv[1:])
for path in sorted(pathlib.Path("adapter").rglob("*.py")):
    parts = path.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    if name not in skipped and not name.endswith("__main__") and "migrations" not in parts:
        importlib.import_module(name)
"""

NEUTRAL = (
    "tests/core/logs/test_gate.py",
    "tests/core/logs/test_writing.py",
    "tests/core/test_surfaces.py",
    "tests/page/test_frames.py",
    "tests/page/test_guests.py",
    "tests/page/test_registry.py",
)


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_knows_no_salesforce_product(path: Path) -> None:
    """Neither the object that a page saves, nor the call that saves it, nor where it runs."""
    text = ADDRESS.sub("", path.read_text(encoding="utf-8").replace(STORED, ""))
    assert SALESFORCES.findall(text) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_without_open_cti_the_tree_imports_and_its_neutral_tests_pass(tmp_path: Path) -> None:
    """It retires on 2028-02-28: that day its room is deleted, and nothing else changes.

    Two Pythons start here and compile everything anew: on a busy machine that takes minutes.
    """
    for name in ours("adapter", "tests", "pyproject.toml"):
        if "opencti" not in name.parts:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "web").symlink_to(ROOT / "web")
    (tmp_path / "salesforce").symlink_to(ROOT / "salesforce")
    assert not (tmp_path / "adapter" / "opencti").exists()
    run(tmp_path, "-c", IMPORT_ALL, *THEIR_OWN)
    run(tmp_path, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *NEUTRAL)


def ours(*below: str) -> list[Path]:
    """What git has there or would take; other tests leave more there, which comes and goes."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard", "--", *below],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )  # fmt: skip
    return [Path(name) for name in listing.stdout.split("\0") if (ROOT / name).is_file()]


def run(folder: Path, *arguments: str) -> None:
    """A Python of ours, in that folder."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
    )
    ended = f"ended with {done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    assert done.returncode == 0, ended
