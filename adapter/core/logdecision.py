"""What a decision about a call log is: the log afterwards, and what to do."""

from __future__ import annotations

from msgspec import Struct

from adapter.core.logevents import LogEffect
from adapter.core.logmodel import CallLog


class LogDecision(Struct, frozen=True):
    """The log afterwards, what to do, and why nothing was done (a stable word), if so."""

    log: CallLog
    effects: tuple[LogEffect, ...] = ()
    ignored: str = ""


def ignored(log: CallLog, why: str) -> LogDecision:
    """Nothing changes; the reason is counted."""
    return LogDecision(log, ignored=why)
