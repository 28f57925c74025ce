"""A decision about a call log: the log afterwards, and what to do."""

from __future__ import annotations

from msgspec import Struct

from adapter.core.logs.events import LogEffect
from adapter.core.logs.model import CallLog


class LogDecision(Struct, frozen=True):
    """The log afterwards and what to do; `ignored` is a stable reason if nothing was done."""

    log: CallLog
    effects: tuple[LogEffect, ...] = ()
    ignored: str = ""


def ignored(log: CallLog, why: str) -> LogDecision:
    """Nothing changes; the reason is counted."""
    return LogDecision(log, ignored=why)
