"""`python -m adapter migrate`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from adapter.commands.migrate import run, sentence
from adapter.storage.filelock import FileLock
from adapter.storage.migrate import Migration
from adapter.storage.port import StorageError


def test_a_database_in_use_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running adapter holds it: the message says so, and names the process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", f"sqlite:///{tmp_path}/test.db")
    with FileLock(tmp_path / "test.db"), pytest.raises(StorageError, match="in use by process"):
        run(argparse.Namespace(json=False))
    assert run(argparse.Namespace(json=False)) == 0


def test_the_outcome_is_printed_as_text_or_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From nothing to the newest revision, and then nothing more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", f"sqlite:///{tmp_path}/test.db")
    assert run(argparse.Namespace(json=True)) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["before"], done["after"]) == (None, done["steps"][-1])
    assert run(argparse.Namespace(json=False)) == 0
    assert capsys.readouterr().out == f"The tables are up to date ({done['after']}).\n"


def test_each_outcome_has_its_sentence() -> None:
    """Also the one that a release which was taken back meets."""
    assert sentence(Migration(None, "0002", ("0001", "0002"))).startswith(
        "The tables went from nothing"
    )
    assert sentence(Migration("0001", "0002", ("0002",))).startswith(
        "The tables went from 0001 to 0002"
    )
    assert "a later release (9999)" in sentence(Migration("9999", "9999", is_later=True))
