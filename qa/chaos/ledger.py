"""Records what the observers of a run see, as a part of its history."""

from __future__ import annotations

import time
from typing import Any

from qa.checker.history import Fault, Fields, History, TaskWrite, Word


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Ledger:
    """Appends to a history, in the order of events in this process."""

    def __init__(self, seed: int) -> None:
        self.history = History(seed=seed)
        self.counted: dict[str, int] = {}

    def fault(self, kind: str, subject: str = "") -> None:
        """Record an injected fault; `subject` is the affected log, call or number."""
        self.history.faults.append(Fault(now_ms(), kind, subject))

    def word(self, kind: str, **about: Any) -> None:
        """Record a message that a page received or sent (checker.history.Word)."""
        self.history.words.append(Word(at=now_ms(), kind=kind, **about))

    def write(self, task_id: str, fields: Fields) -> None:
        """Record a save that Salesforce committed."""
        self.history.tasks.append(TaskWrite(now_ms(), task_id, fields))

    def count(self, kind: str) -> None:
        """Count an event that is not a fault."""
        self.counted[kind] = self.counted.get(kind, 0) + 1
