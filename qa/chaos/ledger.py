"""What a run writes down about itself while it lasts: the observers' part of the history."""

from __future__ import annotations

import time
from typing import Any

from qa.checker.history import Fault, Fields, History, TaskWrite, Word


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Ledger:
    """Appends to a history, in the order in which things happen in this process."""

    def __init__(self, seed: int) -> None:
        self.history = History(seed=seed)
        self.counted: dict[str, int] = {}

    def fault(self, kind: str, subject: str = "") -> None:
        """Something was broken on purpose; `subject` is the log, call or number that it hit."""
        self.history.faults.append(Fault(now_ms(), kind, subject))

    def word(self, kind: str, **about: Any) -> None:
        """A page heard or said something (checker.history.Word)."""
        self.history.words.append(Word(at=now_ms(), kind=kind, **about))

    def write(self, task_id: str, fields: Fields) -> None:
        """Salesforce committed a save."""
        self.history.tasks.append(TaskWrite(now_ms(), task_id, fields))

    def count(self, kind: str) -> None:
        """Something worth a number, and no fault."""
        self.counted[kind] = self.counted.get(kind, 0) + 1
