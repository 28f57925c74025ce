"""Writes a batch as one transaction on any database; a bad commit fails alone.

A batch is first written optimistically (optimistic.py), and committed if the answers verify what
its commits had read. Otherwise the state is read first, the batch is judged, and the winners'
changes are written.

An error that the batch itself causes (a refused value, a lost race for a new row, a deadlock) is
isolated by halving the batch, until only the responsible commit fails. An outage (disk full,
locked, connection lost) fails all commits at once, because retries would only take longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from adapter.core.model import AgentKey
from adapter.storage import sql
from adapter.storage.batch import ForRows, Row, Writes, ask, judge
from adapter.storage.batchstate import BatchState, Pair
from adapter.storage.optimistic import Answer, optimistic_batch
from adapter.storage.port import Commit, Conflict, StorageError
from adapter.storage.reasons import reason


class Database(Protocol):
    """A writing connection for the writer thread; statements use `?` for values."""

    def begin(self) -> None:
        """Start a transaction; connects first if needed."""

    def begin_with(self, statements: Sequence[ForRows]) -> list[Answer]:
        """Start a transaction and run these statements for all their rows; their answers."""

    def commit(self) -> None:
        """Commit durably; if it raises, nothing is stored, as far as can be known."""

    def rollback(self) -> None:
        """Roll back. Never raises."""

    def versions(self, keys: Sequence[Pair]) -> Iterable[Row]:
        """(org, user, version) of those agents that are there, locked until the end."""

    def execute(self, statement: str, values: Sequence[object]) -> tuple[list[Row], int]:
        """The rows that a statement returns, and the number it changed."""

    def write(self, statement: str, rows: Sequence[Row]) -> int:
        """Run a statement for each row; the number of rows changed."""

    def is_outage(self, error: Exception) -> bool:
        """Whether the database failed, rather than the batch."""

    def close(self) -> None:
        """Close the connection. Never raises."""


Work: TypeAlias = Commit | Callable[[Database], Any]
"""A commit, or a small change whose return value is its outcome."""


class Raced(Conflict):
    """Another replica created the same row at the same time."""


def settle(database: Database, works: Sequence[Work]) -> list[Any]:
    """The outcome of each work: its return value (None for a commit) or a StorageError."""
    try:
        written = optimistic_batch(works)
        if written is not None and written.verified_by(database.begin_with(written.statements)):
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
    database.begin()
    writes, verdicts = judge(commits, _read_state(database, commits))
    _write(database, writes)
    lost = iter(verdicts)
    outcomes = [next(lost) if isinstance(work, Commit) else work(database) for work in works]
    database.commit()
    return outcomes


def _read_state(database: Database, commits: Sequence[Commit]) -> BatchState:
    keys = ask(commits)
    seen = BatchState()
    locked: Iterable[tuple[Any, ...]] = database.versions(keys.agents)
    seen.versions.update(
        (AgentKey(org_id, user_id), version) for org_id, user_id, version in locked
    )
    seen.taken.update(_select(database, sql.TAKEN, keys.deliveries))
    states = _select(database, sql.STATES, keys.states)
    seen.states.update(((account, call), version) for account, call, version in states)
    seen.find(_select(database, sql.ROUTES, keys.routes))
    return seen


def _select(database: Database, statement: str, keys: Sequence[Row]) -> Iterator[Any]:
    for text, values in sql.for_rows(statement, keys):
        yield from database.execute(text, values)[0]


def _write(database: Database, writes: Writes) -> None:
    """Write in a fixed order of tables and rows, so that replicas cannot deadlock."""
    for statement, rows in writes.checked():
        if database.write(statement, rows) != len(rows):
            raise Raced("a newer version was committed")
    for statement, rows in writes.unchecked():
        database.write(statement, rows)
