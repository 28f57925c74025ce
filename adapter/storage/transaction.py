"""One batch as one transaction, on whichever database; a bad commit sinks alone.

An error that is the batch's own fault (a value that the database refuses, a lost race for a new
row, a deadlock) is narrowed down by halving the batch: the halves are tried again, and only the
commit that is left alone fails. An outage (disk full, locked, connection lost) fails all at once:
trying each again would only take longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from adapter.storage import sql
from adapter.storage.batch import Prepared, Row, Writes, ask, judge
from adapter.storage.port import Conflict, StorageError
from adapter.storage.seen import Pair, Seen


class Database(Protocol):
    """A connection for writing, as the writer thread needs it; statements have `?` for values."""

    def begin(self) -> None:
        """Start a transaction, connecting first where that is needed."""

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


@dataclass(frozen=True, slots=True)
class Job:
    """A small change that is no commit; what it returns is its outcome."""

    run: Callable[[Database], Any]


Work: TypeAlias = Prepared | Job


class Raced(Conflict):
    """Another replica made the same new row at the same time."""


def settle(database: Database, works: Sequence[Work]) -> list[Any]:
    """The outcome of each: what it returned (None for a commit), or the StorageError."""
    try:
        return _transact(database, works)
    except Exception as error:
        database.rollback()
        if len(works) == 1 or database.is_outage(error):
            return [failure(error) for _ in works]
    middle = len(works) // 2
    return settle(database, works[:middle]) + settle(database, works[middle:])


def failure(error: Exception) -> StorageError:
    """An error as the port knows it; values that drivers put into messages stay out of ours."""
    if isinstance(error, StorageError):
        return error
    failed = StorageError(f"the store failed: {type(error).__name__}")
    failed.__cause__ = error
    return failed


def _transact(database: Database, works: Sequence[Work]) -> list[Any]:
    commits = [work for work in works if isinstance(work, Prepared)]
    database.begin()
    writes, verdicts = judge(commits, _look(database, commits))
    _write(database, writes)
    lost = iter(verdicts)
    outcomes = [work.run(database) if isinstance(work, Job) else next(lost) for work in works]
    database.commit()
    return outcomes


def _look(database: Database, commits: Sequence[Prepared]) -> Seen:
    asked = ask(commits)
    seen = Seen()
    for keys in sql.chunks(asked.agents):
        seen.versions.update(((str(o), str(u)), v) for o, u, v in _rows(database.versions(keys)))
    for account, event_id in _found(database, sql.TAKEN, asked.deliveries):
        seen.taken.add((account, event_id))
    for account, call, org_id, user_id in _found(database, sql.OWNERS_OF, asked.calls):
        seen.own((account, call), (org_id, user_id))
    for account, call, event_id in _found(database, sql.PARKED_OF, asked.parked):
        seen.park((account, call), event_id)
    for account, user, org_id, user_id in _found(database, sql.AGENTS_OF, asked.lines):
        seen.connect((account, user), (org_id, user_id))
    return seen


def _rows(rows: Iterable[Row]) -> Iterable[tuple[Any, ...]]:
    return rows


def _found(database: Database, statement: str, keys: Sequence[Pair]) -> Iterable[tuple[str, ...]]:
    for chunk in sql.chunks(keys):
        rows, _ = database.execute(*sql.for_pairs(statement, chunk))
        for row in rows:
            yield tuple(map(str, row))


def _write(database: Database, writes: Writes) -> None:
    """In one order of tables, each sorted: two replicas never wait for each other in a ring."""
    _all(database, sql.UPDATE_AGENT, writes.updated_agents())
    _all(database, sql.INSERT_AGENT, writes.new_agents())
    _all(database, sql.INSERT_DELIVERY, _sorted(writes.deliveries))
    _some(database, sql.PUT_CALL, _sorted(writes.calls))
    _some(database, sql.PUT_LOG, _sorted(writes.logs))
    _some(database, sql.UNPARK, sorted(writes.unpark))
    _some(database, sql.PARK, _sorted(writes.park))


def _sorted(rows: dict[Any, Row]) -> list[Row]:
    return [rows[key] for key in sorted(rows)]


def _some(database: Database, statement: str, rows: Sequence[Row]) -> int:
    return database.write(statement, rows) if rows else 0


def _all(database: Database, statement: str, rows: Sequence[Row]) -> None:
    """Each row must take effect: the versions and deliveries seen must still be so."""
    if _some(database, statement, rows) != len(rows):
        raise Raced("a newer version was committed")
