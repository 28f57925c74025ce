"""One batch as one transaction, on whichever database; a bad commit sinks alone.

A batch is first written optimistically (optimistic.py), in one go, and made durable if the answers
verify that all was as its commits had read it. Where that is not so, and for whatever it does not
suit, the batch is looked at first, judged, and what the winners leave is written.

An error that is the batch's own fault (a value that the database refuses, a lost race for a new
row, a deadlock) is narrowed down by halving the batch: the halves are tried again, and only the
commit that is left alone fails. An outage (disk full, locked, connection lost) fails all at once:
trying each again would only take longer.
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
    """A connection for writing, as the writer thread needs it; statements have `?` for values."""

    def begin(self) -> None:
        """Start a transaction, connecting first where that is needed."""

    def begin_with(self, statements: Sequence[ForRows]) -> list[Answer]:
        """Start a transaction and run these in it, each for all of its rows; what each answered."""

    def commit(self) -> None:
        """Make it durable; when this raises, nothing of it is in, as far as can be known."""

    def rollback(self) -> None:
        """Undo it. Never raises."""

    def versions(self, keys: Sequence[Pair]) -> Iterable[Row]:
        """(org, user, version) of those agents that are there, locked until the end."""

    def execute(self, statement: str, values: Sequence[object]) -> tuple[list[Row], int]:
        """The rows that it answers, and how many it changed."""

    def write(self, statement: str, rows: Sequence[Row]) -> int:
        """Run it for each row; how many rows changed in all."""

    def is_outage(self, error: Exception) -> bool:
        """Whether the database, not the batch, is what is wrong."""

    def close(self) -> None:
        """Let go of the connection. Never raises."""


Work: TypeAlias = Commit | Callable[[Database], Any]
"""A commit, or a small change that is none: what it returns is its outcome."""


class Raced(Conflict):
    """Another replica made the same new row at the same time."""


def settle(database: Database, works: Sequence[Work]) -> list[Any]:
    """The outcome of each: what it returned (None for a commit), or the StorageError."""
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
    return _settle(database, works)


def _settle(database: Database, works: Sequence[Work]) -> list[Any]:
    """The same, looking first."""
    try:
        return _transact(database, works)
    except Exception as error:
        database.rollback()
        if len(works) == 1 or database.is_outage(error):
            return [failure(error) for _ in works]
    middle = len(works) // 2
    return _settle(database, works[:middle]) + _settle(database, works[middle:])


def failure(error: Exception) -> StorageError:
    """An error as the port knows it; values that drivers put into messages stay out of ours."""
    if isinstance(error, StorageError):
        return error
    failed = StorageError(f"the store failed: {reason(error)}")
    failed.__cause__ = error
    return failed


def _transact(database: Database, works: Sequence[Work]) -> list[Any]:
    commits = [work for work in works if isinstance(work, Commit)]
    database.begin()
    writes, verdicts = judge(commits, _look(database, commits))
    _write(database, writes)
    lost = iter(verdicts)
    outcomes = [next(lost) if isinstance(work, Commit) else work(database) for work in works]
    database.commit()
    return outcomes


def _look(database: Database, commits: Sequence[Commit]) -> BatchState:
    asked = ask(commits)
    seen = BatchState()
    locked: Iterable[tuple[Any, ...]] = database.versions(asked.agents)
    seen.versions.update(
        (AgentKey(org_id, user_id), version) for org_id, user_id, version in locked
    )
    seen.taken.update(_found(database, sql.TAKEN, asked.deliveries))
    states = _found(database, sql.STATES, asked.states)
    seen.states.update(((account, call), version) for account, call, version in states)
    seen.find(_found(database, sql.ROUTES, asked.routes))
    return seen


def _found(database: Database, statement: str, keys: Sequence[Row]) -> Iterator[Any]:
    for text, values in sql.for_rows(statement, keys):
        yield from database.execute(text, values)[0]


def _write(database: Database, writes: Writes) -> None:
    """In one order of tables, each sorted: two replicas never wait for each other in a ring."""
    for statement, rows in writes.checked():
        if database.write(statement, rows) != len(rows):
            raise Raced("a newer version was committed")
    for statement, rows in writes.unchecked():
        database.write(statement, rows)
