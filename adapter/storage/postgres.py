"""PostgreSQL: one writing connection and a few reading ones per replica, by psycopg 3.

A lost connection fails what was under way with StorageError and is made anew for the next work.
Whether a COMMIT whose answer was lost took effect is asked afterwards, so that "nothing is in"
is true when it is said.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import psycopg
from psycopg import errors, pq

from adapter.storage import dialect, sql
from adapter.storage.batch import ForRows, Row
from adapter.storage.batchstate import Pair
from adapter.storage.journal import Journal, Observer
from adapter.storage.optimistic import Answer
from adapter.storage.port import StorageError
from adapter.storage.reader import Reader
from adapter.storage.reasons import reason
from adapter.storage.sqlstore import SqlStore

IN_DOUBT_SECONDS = 5.0
"""So long the outcome of a COMMIT without an answer is asked for."""

MIGRATION_MS = 120_000
"""So long a replica that starts waits for a migration that is under way (milliseconds)."""

READERS = 2

CONTENTION = (errors.DeadlockDetected, errors.SerializationFailure)
"""The batch's own bad luck: smaller portions are tried again at once."""


class PostgresDatabase:
    """The writing connection (transaction.Database), made anew when it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Row] | None = None
        self._transaction = ""

    def begin(self) -> None:
        """Start a transaction, and learn its id for the case that its COMMIT is in doubt."""
        self.begin_with(())

    def begin_with(self, statements: Sequence[ForRows]) -> list[Answer]:
        """The same, and in the same exchange with the server all of these; what each answered."""
        if self._connection is not None:
            try:
                return self._start(self._connection, statements)
            except psycopg.OperationalError:
                if not self._connection.broken:
                    raise
                # The server was started anew, or dropped us while nothing was to be done.
                self.close()
        self._connection = dialect.connect_for_writing(self._url)
        return self._start(self._connection, statements)

    def commit(self) -> None:
        """Make it durable; if the answer is lost, find out."""
        try:
            self._open.execute("COMMIT")
        except psycopg.OperationalError:
            if not self._open.broken or not self._was_committed():
                raise

    def rollback(self) -> None:
        """Undo it; the server has done so itself when the connection is lost."""
        if self._connection is None:
            return
        try:
            if self._connection.info.transaction_status != pq.TransactionStatus.IDLE:
                self._connection.execute("ROLLBACK")
        except psycopg.Error:
            self.close()

    def versions(self, keys: Sequence[Pair]) -> Iterable[Row]:
        """(org, user, version) of those that are there, locked in the order of their keys."""
        asked = sql.for_rows(dialect.LOCKED_VERSIONS, keys)
        return [row for text, values in asked for row in self.execute(text, values)[0]]

    def execute(self, statement: str, values: Sequence[object]) -> tuple[list[Row], int]:
        """The rows that it answers, and how many it changed."""
        cursor = self._open.execute(dialect.numbered(statement), values)
        rows = cursor.fetchall() if cursor.description is not None else []
        return rows, cursor.rowcount

    def write(self, statement: str, rows: Sequence[Row]) -> int:
        """Run it for each row, in one exchange with the server; how many rows changed in all."""
        with self._open.pipeline():
            cursors = dialect.queue(self._open, (statement, rows))
        return dialect.answer(cursors)[1]

    def is_outage(self, error: Exception) -> bool:
        """Whether the server or the way to it is what is wrong."""
        return isinstance(error, psycopg.OperationalError) and not isinstance(error, CONTENTION)

    def close(self) -> None:
        """Let go of the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _start(
        self, connection: psycopg.Connection[Row], statements: Sequence[ForRows]
    ) -> list[Answer]:
        with connection.pipeline():
            connection.execute("BEGIN")
            transaction = connection.execute(dialect.XACT_ID)
            queued = [dialect.queue(connection, statement) for statement in statements]
        self._transaction = str(transaction.fetchall()[0][0])
        return [dialect.answer(cursors) for cursors in queued]

    @property
    def _open(self) -> psycopg.Connection[Row]:
        if self._connection is None:
            raise psycopg.OperationalError("no connection")
        return self._connection

    def _was_committed(self) -> bool:
        """Ask a new connection about the transaction, until the server knows or time is up."""
        until = time.monotonic() + IN_DOUBT_SECONDS
        while time.monotonic() < until:
            try:
                with dialect.connect(self._url) as fresh:
                    status = fresh.execute(dialect.XACT_STATUS, [self._transaction]).fetchone()
            except psycopg.Error:
                status = None
            if status is not None and status[0] != "in progress":
                return bool(status[0] == "committed")
            time.sleep(0.1)
        return False


class PostgresStore(SqlStore):
    """The store that replicas share."""

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock_ms: Callable[[], int],
        observer: Observer | None = None,
    ) -> Self:
        """Connect to a database that was migrated.

        `clock_ms` tells the time (Unix milliseconds) for the store's own record of when it was
        made. A migration under way is waited for. Raises StorageError when the database cannot be
        reached, has no tables yet, or is still being migrated after two minutes.
        """
        await asyncio.to_thread(_prepare, url, clock_ms())
        return cls(Journal(PostgresDatabase(url), observer), open_reader(url, READERS))


def open_reader(url: str, threads: int = 1) -> Reader:
    """Reading alone; the server is connected to by the first of it."""
    return Reader(lambda: dialect.connect(url), dialect.translate, threads)


def _prepare(url: str, now: int) -> None:
    """Give the store its epoch, unless it has one."""
    made: list[tuple[Any, ...]] = [("epoch", uuid.uuid4().hex), ("made_at", str(now))]
    try:
        with dialect.connect(url) as connection, connection.transaction():
            connection.execute(f"SET LOCAL statement_timeout = {MIGRATION_MS}")
            # Whoever migrates holds it alone until the tables are whole (migrate.py).
            connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [sql.MIGRATION_LOCK])
            with connection.cursor() as cursor:
                cursor.executemany(dialect.translate(sql.PUT_META), made)
    except errors.QueryCanceled as error:
        raise StorageError("the database is being migrated: start again later") from error
    except errors.UndefinedTable as error:
        raise StorageError("the tables are missing: run `python -m adapter migrate`") from error
    except psycopg.Error as error:
        raise StorageError(f"cannot use the database: {reason(error)}") from error
