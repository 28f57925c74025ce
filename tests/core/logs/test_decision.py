"""Decisions about logs."""

from __future__ import annotations

from adapter.core.logs.decision import LogDecision, ignored
from tests.core.gate import new_log


def test_an_ignored_event_changes_nothing_and_says_why() -> None:
    """For counting."""
    log = new_log()
    assert ignored(log, "late") == LogDecision(log, (), "late")
