"""`python -m adapter migrate`."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from adapter.commands import CommandFailed
from adapter.commands.migrate import run
from adapter.storage.filelock import FileLock


def test_a_database_in_use_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running adapter holds it: the message says so, and names the process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", f"sqlite:///{tmp_path}/test.db")
    with FileLock(tmp_path / "test.db"), pytest.raises(CommandFailed, match="in use by process"):
        run(argparse.Namespace())
    assert run(argparse.Namespace()) == 0
