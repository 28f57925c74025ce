"""The fake Salesforce of `gate` with a unique key on its Tasks, as `SoftphoneHost` keeps it.

Whatever may go wrong does, and more than with Open CTI: saves are sent twice, and commit out of
order. The fake keeps the one of the highest number, as the class does under its lock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from adapter.core.logs.events import LogSaved
from adapter.core.logs.model import Attempt, CallLog, LogFields
from adapter.core.route import Route
from tests.core.gate import FakePage, Gate, new_log

TASK = "00T0"


@dataclass
class KeyedGate(Gate):
    """One log that is saved by key; `held` are the saves that Salesforce has not committed yet."""

    held: list[tuple[int, FakePage, Attempt]] = field(default_factory=list)
    number: int = 0
    says: LogFields | None = None
    commits: int = 0

    def _go(self, attempt: Attempt) -> None:
        """No law about creates: by key each may be repeated."""
        page = self.page(attempt.page_id)
        if page is not None:
            page.inbox.append((self.at + self.rng.choice([0, 10, 3_000, 8_000]), attempt))

    def _save(self, page: FakePage, attempt: Attempt) -> None:
        for _ in range(2 if self.chance(0.2) else 1):
            slow = self.rng.choice([100, 2_000, 40_000, 250_000]) if self.faults else 100
            self.held.append((self.at + slow, page, attempt))

    def _callbacks(self) -> None:
        """What is due commits, in its order; its report may be lost."""
        due = sorted((one for one in self.held if one[0] <= self.at), key=lambda one: one[0])
        self.held = [one for one in self.held if one[0] > self.at]
        for commit, page, attempt in due:
            self.commits += 1
            if attempt.number > self.number:
                self.number, self.says = attempt.number, attempt.fields
            page.journal[attempt.number] = TASK
            self.tasks[TASK] = (commit, attempt.fields)
            saved = LogSaved(commit, page.page_id, attempt.number, attempt.nonce, TASK)
            if not self.chance(0.25):
                self.callbacks.append((commit + 50, page, saved))
        super()._callbacks()


def keyed_log() -> CallLog:
    """A log of a call that has just ended, of an agent of our own host."""
    return replace(new_log(), route=Route.KEYED)
