"""PostgreSQL: one writing connection and a few reading ones per replica, by psycopg 3.

A lost connection fails running work with StorageError and is reopened for the next work. If the
answer to a COMMIT is lost, its outcome is queried for some seconds. If the server is away for
longer, the work fails, and may still be found stored later: as after a kill between commit and
effect, its repetition is then a duplicate or a conflict.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Self

import psycopg
from psycopg import errors, pq

from adapter.storage import dialect, sql
from adapter.storage.batch import Answer, ForRows, Row
from adapter.storage.journal import Journal, Observer
from adapter.storage.port import StorageError
from adapter.storage.reader import Reader
from adapter.storage.reasons import reason
from adapter.storage.sqlstore import SqlStore

IN_DOUBT_SECONDS = 5.0
"""How long the outcome of an unanswered COMMIT is queried."""

MIGRATION_MS = 120_000
"""How long a starting replica waits for a running migration (milliseconds)."""

READERS = 2

CONTENTION = (errors.DeadlockDetected, errors.SerializationFailure)
"""Errors by contention; smaller portions of the batch are retried at once."""


class PostgresDatabase:
    """The writing connection (transaction.Database), reopened when lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Row] | None = None
        self._transaction = ""

    def begin(self, *statements: ForRows) -> list[Answer]:
        """Start a transaction and run these statements in one round trip; their answers."""
        if self._connection is not None:
            try:
                return self._begin_transaction(self._connection, statements)
            except psycopg.OperationalError:
                if not self._connection.broken:
                    raise
                # The server was restarted, or closed the idle connection.
                self.close()
        self._connection = dialect.connect_for_writing(self._url)
        return self._begin_transaction(self._connection, statements)

    def commit(self) -> None:
        """Commit; if the answer is lost, find out the outcome."""
        try:
            self._open.execute("COMMIT")
        except psycopg.OperationalError:
            if not self._open.broken or not self._was_committed():
                raise

    def rollback(self) -> None:
        """Roll back; if the connection is lost, the server has done so."""
        if self._connection is None:
            return
        try:
            if self._connection.info.transaction_status != pq.TransactionStatus.IDLE:
                self._connection.execute("ROLLBACK")
        except psycopg.Error:
            self.close()

    def run(self, *statements: ForRows) -> list[Answer]:
        """Run these statements in one round trip; their answers."""
        with self._open.pipeline():
            queued = [dialect.queue(self._open, statement) for statement in statements]
        return [dialect.answer(cursors) for cursors in queued]

    def is_outage(self, error: Exception) -> bool:
        """Whether the server or the connection failed, rather than the batch."""
        return isinstance(error, psycopg.OperationalError) and not isinstance(error, CONTENTION)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin_transaction(
        self, connection: psycopg.Connection[Row], statements: Sequence[ForRows]
    ) -> list[Answer]:
        with connection.pipeline():
            connection.execute("BEGIN")
            # In case the COMMIT stays unanswered.
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
        """Query the transaction's outcome on a new connection, until known or timed out."""
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
        """Connect to a migrated database.

        `clock_ms` gives Unix milliseconds for the record of the store's creation. Waits for a
        running migration. Raises StorageError if the database is unreachable, cannot hold any text,
        has no tables, or is still being migrated after two minutes.
        """
        await asyncio.to_thread(_prepare, url, clock_ms())
        reader = Reader(lambda: dialect.connect(url), dialect.translate, READERS)
        return cls(Journal(PostgresDatabase(url), observer), reader)


def open_reader(url: str) -> Reader:
    """A reader, also of a standby; the first read connects to the server."""
    return Reader(lambda: dialect.connect(url, "any"), dialect.translate)


def _prepare(url: str, now: int) -> None:
    """Give the store its epoch, unless it has one."""
    dialect.demand_utf8(url)
    made: list[tuple[Any, ...]] = [("epoch", uuid.uuid4().hex), ("made_at", str(now))]
    try:
        with dialect.connect(url) as connection, connection.transaction():
            connection.silent_seconds += MIGRATION_MS / 1000
            connection.execute(f"SET LOCAL statement_timeout = {MIGRATION_MS}")
            # A migration holds this lock exclusively until it is finished (migrate.py).
            connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [sql.MIGRATION_LOCK])
            with connection.cursor() as cursor:
                cursor.executemany(dialect.translate(sql.PUT_META), made)
    except errors.QueryCanceled as error:
        raise StorageError("the database is being migrated: start again later") from error
    except errors.UndefinedTable as error:
        raise StorageError("the tables are missing: run `python -m adapter migrate`") from error
    except psycopg.Error as error:
        raise StorageError(f"cannot use the database: {reason(error)}") from error
