"""A breakage is noticed by a test that turns red, not by one that was red before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qa.breakages import __main__ as program
from qa.breakages.listed import BREAKAGES, Breakage


@pytest.mark.slow
def test_every_named_test_can_be_collected_in_the_copy(tmp_path: Path) -> None:
    """What is missing there would pass for having noticed each breakage."""
    program.copy_tree(tmp_path)
    named = sorted({test for one in BREAKAGES for test in one.near if not test.endswith(".mjs")})
    command = (sys.executable, "-m", "pytest", "-q", "--co", "-p", "no:cacheprovider", *named)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize("fault", ["import nothing_of_this_name", "def test_it():\n    assert 0"])
def test_no_breakage_is_tried_while_a_test_fails(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run ends there, and says which test."""
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_green.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    (tests / "test_red.py").write_text(fault + "\n", encoding="utf-8")
    named = ("tests/test_green.py", "tests/test_red.py")
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program, "BREAKAGES", (Breakage("odd", "adapter/a.py", "a", "b", named),))
    monkeypatch.setattr(sys, "argv", ["breakages"])
    assert program.main() == 1
    assert "tests/test_red.py" in capsys.readouterr().out
