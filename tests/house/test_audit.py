"""The audit of pinned packages: all locks, and three answers that cannot be mistaken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOLE = "Found 1 known vulnerability in 1 package"
SILENCE = "Dependency not found and could not be audited: rich"
NPM_HOLES = "3 vulnerabilities (1 moderate, 2 high)"
NPM_SILENCE = "npm error audit endpoint returned an error"
CLEAR = "found 0 vulnerabilities"


def tool(folder: Path, name: str, said: str, status: int) -> str:
    """A program that notes its arguments, says that, and ends so."""
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "$*" >>{folder}/asked\necho "{said}"\nexit {status}\n')
    path.chmod(0o755)
    return str(path)


def audit(
    folder: Path, python: tuple[str, int], npm: tuple[str, int]
) -> subprocess.CompletedProcess[str]:
    """scripts/audit, with tools that answer so."""
    told = {
        "PATH": os.environ["PATH"],
        "PIP_AUDIT": tool(folder, "pip-audit", *python),
        "NPM": tool(folder, "npm", *npm),
        "NOT_AUDITED": str(folder / "not-audited"),
    }
    return subprocess.run(
        [ROOT / "scripts" / "audit"], env=told, capture_output=True, text=True, check=False
    )


def locks() -> list[str]:
    """All files of pins that git tracks, save for the tool of one test (its first line says so)."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "*.txt", "*package-lock.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [
        name
        for name in listed
        if name != "tests/house/oldest-pip.txt"
        and (name.endswith(".json") or "--hash=sha256:" in (ROOT / name).read_text())
    ]


def test_every_lock_file_is_audited(tmp_path: Path) -> None:
    """Python's and npm's, those of the measured peers too; all clear is one word."""
    ended = audit(tmp_path, (CLEAR, 0), (CLEAR, 0))
    assert (ended.returncode, ended.stdout.split()) == (0, ["audit", "ok"])
    asked = (tmp_path / "asked").read_text()
    assert len(locks()) >= 6
    for lock in locks():
        words = f"-r ./{lock}\n" if lock.endswith(".txt") else f"--prefix ./{Path(lock).parent}\n"
        assert words.replace("/.\n", "\n").replace("./.", ".") in asked, lock
    assert (tmp_path / "not-audited").read_text() == ""


@pytest.mark.parametrize(("python", "npm"), [((HOLE, 1), (CLEAR, 0)), ((CLEAR, 0), (NPM_HOLES, 1))])
def test_a_known_vulnerability_fails(
    tmp_path: Path, python: tuple[str, int], npm: tuple[str, int]
) -> None:
    """In either kind of packages; the lock is named."""
    ended = audit(tmp_path, python, npm)
    assert ended.returncode == 1
    assert "FAILED (./" in ended.stderr


@pytest.mark.parametrize(
    ("python", "npm", "lock"),
    [
        ((SILENCE, 0), (CLEAR, 0), "requirements/runtime.txt"),
        (("Connection refused", 1), (CLEAR, 0), "requirements/dev.txt"),
        ((CLEAR, 0), (NPM_SILENCE, 1), "package-lock.json"),
    ],
)
def test_an_unavailable_audit_says_so(
    tmp_path: Path, python: tuple[str, int], npm: tuple[str, int], lock: str
) -> None:
    """No failure, and no word that could be taken for an all-clear; make test repeats it."""
    ended = audit(tmp_path, python, npm)
    assert ended.returncode == 0
    assert "ok" not in ended.stdout
    warning = f"WARNING: not audited (advisories cannot be reached): {lock}\n"
    assert warning in ended.stdout
    assert warning in (tmp_path / "not-audited").read_text()


def test_the_last_lines_of_a_test_run_show_what_was_not_audited(tmp_path: Path) -> None:
    """As pytest's summary, above its closing line."""
    (tmp_path / "test_nothing.py").write_text("def test_nothing() -> None:\n    pass\n")
    (tmp_path / "not-audited").write_text("WARNING: not audited (…): package-lock.json\n")
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "tests.unaudited", "-c", "/dev/null", str(tmp_path)),
        ],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "NOT_AUDITED": str(tmp_path / "not-audited")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert "not audited" in ended.stdout.splitlines()[-2]
    assert "1 passed" in ended.stdout.splitlines()[-1]
