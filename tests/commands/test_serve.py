"""`python -m adapter serve`: what keeps it from beginning is said in words."""

from __future__ import annotations

import argparse
import gc
import re
import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapter import observability
from adapter.commands import CommandFailed
from adapter.commands.serve import run


@pytest.fixture(autouse=True)
def thresholds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """No .env of ours, a database of its own; logs and garbage of the other tests as they are.

    When garbage is to be looked for, as the command would have it.
    """
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(gc, "set_threshold", lambda *told: asked.append(told))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(observability, "set_up", lambda *_: None)
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", f"sqlite:///{tmp_path}/test.db")
    return asked


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("SOFTPHONE_DATABASE_URL", "postgresql://127.0.0.1:1/x", "(SOFTPHONE_DATABASE_URL)"),
        ("SOFTPHONE_DIRECTORY_FILE", "/nowhere/agents.toml", "(SOFTPHONE_DIRECTORY_FILE, or"),
    ],
)
def test_a_start_that_fails_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, word: str
) -> None:
    """The database and the directory: each its sentence, no traceback."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(CommandFailed, match=re.escape(word)):
        run(argparse.Namespace())


def test_an_address_in_use_is_named_with_its_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another program has the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("SOFTPHONE_PORT", str(taken.getsockname()[1]))
        with pytest.raises(CommandFailed, match="SOFTPHONE_PORT"):
            run(argparse.Namespace())


def test_a_misspelled_variable_is_reported_with_the_likely_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The start goes on: a newer release's variable must not keep an older one down."""
    monkeypatch.setenv("SOFTPHONE_RING_SECOND", "20")
    monkeypatch.setenv("SOFTPHONE_DIRECTORY_FILE", "/nowhere/agents.toml")
    with capture_logs() as lines, pytest.raises(CommandFailed, match="No such file"):
        run(argparse.Namespace())
    (warning,) = (line for line in lines if line["log_level"] == "warning")
    assert warning["event"] == "settings.ignored"
    assert "SOFTPHONE_RING_SECOND " in warning["said"]
    assert "Did you mean SOFTPHONE_RING_SECONDS or" in warning["said"]


def test_garbage_is_rarely_collected_during_calls(
    monkeypatch: pytest.MonkeyPatch, thresholds: list[tuple[int, ...]]
) -> None:
    """Ten thousand pages that come in, with some 400 objects each, cause no look at all."""
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", "sqlite:////dev/null/no.db")
    with pytest.raises(CommandFailed):
        run(argparse.Namespace())
    [(young, *_)] = thresholds
    assert young > 10_000 * 400
