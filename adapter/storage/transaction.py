"""Writes a batch as one transaction on any database; a bad commit fails alone.

A batch is first written optimistically (optimistic.py), and committed if the answers verify what
its commits had read. Otherwise the state is read first, the batch is judged, and the winners'
changes are written.

An error that the batch itself causes (a refused value, a lost race for a new row, a deadlock) is
isolated by halving the batch, until only the responsible commit fails. An outage (disk full,
locked, connection lost) fails all commits at once, because retries would only take longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from adapter.storage.batch import Answer, ForRows, judge, lookups, state_of
from adapter.storage.optimistic import optimistic_batch
from adapter.storage.port import Commit, Conflict, StorageError
from adapter.storage.reasons import reason


class Database(Protocol):
    """A writing connection for the writer thread; statements use `?` for values."""

    def begin(self, *statements: ForRows) -> list[Answer]:
        """Start a transaction and run these statements; connects first if needed."""

    def run(self, *statements: ForRows) -> list[Answer]:
        """Run these statements, in this order, for all their rows; an answer for each."""

    def commit(self) -> None:
        """Commit durably; if it raises, nothing is stored, as far as can be known."""

    def rollback(self) -> None:
        """Roll back. Never raises."""

    def is_outage(self, error: Exception) -> bool:
        """Whether the database failed, rather than the batch."""

    def close(self) -> None:
        """Close the connection. Never raises."""


Work: TypeAlias = Commit | Callable[[Database], Any]
"""A commit, or a small change whose return value is its outcome."""


def execute(database: Database, statement: str, *values: object) -> Answer:
    """Run a statement once."""
    return database.run((statement, [values]))[0]


class Raced(Conflict):
    """Another replica created the same row at the same time."""


def settle(database: Database, works: Sequence[Work]) -> list[Any]:
    """The outcome of each work: its return value (None for a commit) or a StorageError."""
    try:
        written = optimistic_batch(works)
        if written is not None and written.verified_by(database.begin(*written.statements)):
            database.commit()
            return [None] * len(works)
    except Exception as error:
        if database.is_outage(error):
            database.rollback()
            return [failure(error) for _ in works]
    database.rollback()
    return _settle_checked(database, works)


def _settle_checked(database: Database, works: Sequence[Work]) -> list[Any]:
    """Settle without optimism: read the state first, and halve the batch on errors."""
    try:
        return _transact(database, works)
    except Exception as error:
        database.rollback()
        if len(works) == 1 or database.is_outage(error):
            return [failure(error) for _ in works]
    middle = len(works) // 2
    return _settle_checked(database, works[:middle]) + _settle_checked(database, works[middle:])


def failure(error: Exception) -> StorageError:
    """The error as a StorageError, without the driver's message, which may quote values."""
    if isinstance(error, StorageError):
        return error
    failed = StorageError(f"the store failed: {reason(error)}")
    failed.__cause__ = error
    return failed


def _transact(database: Database, works: Sequence[Work]) -> list[Any]:
    commits = [work for work in works if isinstance(work, Commit)]
    writes, verdicts = judge(commits, state_of(database.begin(*lookups(commits))))
    # In a fixed order of tables and rows, so that replicas cannot deadlock.
    checked = writes.checked()
    answers = database.run(*checked, *writes.unchecked())
    if any(changed != len(rows) for (_, rows), (_, changed) in zip(checked, answers, strict=False)):
        raise Raced("a newer version was committed")
    lost = iter(verdicts)
    outcomes = [next(lost) if isinstance(work, Commit) else work(database) for work in works]
    database.commit()
    return outcomes
