"""A pytest plugin: what scripts/audit could not look into is told in the last lines of a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat the warnings of the file that NOT_AUDITED names, if any."""
    report = Path(os.environ.get("NOT_AUDITED") or os.devnull)
    warnings = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    for warning in warnings:
        terminalreporter.write_line(warning, yellow=True)
