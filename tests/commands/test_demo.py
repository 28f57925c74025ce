"""`python -m adapter demo`: its arguments."""

from __future__ import annotations

import argparse

import pytest

from adapter.commands.demo import add_arguments


def parsed(*arguments: str) -> argparse.Namespace:
    """The arguments as the demo gets them."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


def test_the_port_comes_from_the_environment_or_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PORT=9000 make demo` moves it, --port overrules that, 8080 is where it is else."""
    monkeypatch.delenv("PORT", raising=False)
    assert parsed().port == 8080
    monkeypatch.setenv("PORT", "9000")
    assert parsed().port == 9000
    assert parsed("--port", "9100").port == 9100


def test_the_agent_and_the_data_folder_have_defaults() -> None:
    """Ada, and var/."""
    assert (parsed().agent, parsed().data) == ("ada", "var")
    assert (parsed("--agent", "grace").agent, parsed("--data", "x").data) == ("grace", "x")
