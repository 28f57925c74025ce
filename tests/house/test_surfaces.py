"""What is Salesforce's stays in its rooms: the core has no word of it, a room can be deleted."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "adapter" / "core").glob("*.py"))
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
    "tests/core/test_calllog.py",
    "tests/core/test_writing.py",
    "tests/core/test_surfaces.py",
    "tests/page/test_frames.py",
    "tests/page/test_guests.py",
    "tests/page/test_registry.py",
)


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_knows_no_product_of_salesforces(path: Path) -> None:
    """Neither the object that a page saves, nor the call that saves it, nor where it runs."""
    text = ADDRESS.sub("", path.read_text(encoding="utf-8").replace(STORED, ""))
    assert SALESFORCES.findall(text) == []


@pytest.mark.slow
def test_without_open_cti_the_tree_imports_and_its_neutral_tests_pass(tmp_path: Path) -> None:
    """It retires on 2028-02-28: that day its room is deleted, and nothing else changes."""
    for name in ("adapter", "tests"):
        ignore = shutil.ignore_patterns("__pycache__", "opencti")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "web").symlink_to(ROOT / "web")
    (tmp_path / "salesforce").symlink_to(ROOT / "salesforce")
    assert not (tmp_path / "adapter" / "opencti").exists()
    run(tmp_path, "-c", IMPORT_ALL, *THEIR_OWN)
    run(tmp_path, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *NEUTRAL)


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
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
