"""SQLite: one file, one process, one writing connection, one reading connection.

WAL with synchronous=FULL: an acknowledged commit survives a power cut
(https://sqlite.org/pragma.html#pragma_synchronous), and reading never waits for writing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import disk_usage
from typing import Self

from adapter.storage import sql
from adapter.storage.batch import Answer, ForRows, Row
from adapter.storage.filelock import OWNER_ONLY, FileLock
from adapter.storage.journal import Journal, Observer
from adapter.storage.migrate import upgrade_tables
from adapter.storage.port import StorageError
from adapter.storage.reader import Reader
from adapter.storage.reasons import SQLITE
from adapter.storage.sqlstore import SqlStore

BUSY_MS = 5_000
"""How long a statement waits for a lock (of a backup or a shell) before it fails."""

LEAST_FREE = 256 * 1024
"""The least free bytes on the disk: enough for a few calls."""

CACHE_KIB = 64 * 1024
"""The page cache, enough for the busy pages of about 10,000 agents. With SQLite's default of 2 MB
they would be read from the file for each commit."""

OUTAGES = SQLITE.keys() - {sqlite3.SQLITE_NOMEM}
"""Primary result codes that would also fail every other commit."""


class SqliteDatabase:
    """The writing connection (transaction.Database)."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)

    def begin(self, *statements: ForRows) -> list[Answer]:
        """Take the write lock at once, so that no statement waits for it, and run these."""
        self._connection.execute("BEGIN IMMEDIATE")
        return self.run(*statements)

    def run(self, *statements: ForRows) -> list[Answer]:
        """Run these statements for all their rows; their answers."""
        return [self._run_for_rows(statement, rows) for statement, rows in statements]

    def commit(self) -> None:
        """Commit durably."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Roll back, if SQLite has not done so itself."""
        if self._connection.in_transaction:
            self._connection.rollback()

    def _run_for_rows(self, statement: str, rows: Sequence[Row]) -> Answer:
        # Many rows per statement: between statements sqlite3 releases the GIL and must wait for
        # the event loop to get it back, which costs more than a row.
        answer: list[Row] = []
        changed = 0
        for text, values in sql.for_rows(statement, rows):
            cursor = self._connection.execute(text, values)
            answer += cursor.fetchall()
            changed += cursor.rowcount
        return answer, changed

    def is_outage(self, error: Exception) -> bool:
        """Whether the file or its disk failed, rather than the batch."""
        code = getattr(error, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in OUTAGES

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, with durable commits and a busy timeout."""
    connection = sqlite3.connect(
        path,
        timeout=BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    # Keep statement journals in memory: otherwise a file is created for each statement.
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that refuses to write."""
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def open_reader(file: Path) -> Reader:
    """A reader; the first read opens the file."""
    return Reader(lambda: connect_for_reading(file), lambda statement: statement)


def compact(file: Path) -> None:
    """Rewrite the file, so that its unused pages contain no erased data.

    Raises StoreLocked while another process uses it.
    """
    with FileLock(file):
        connection = connect(file)
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


class SqliteStore(SqlStore):
    """The store in one file. The file's lock is held until `close`."""

    def __init__(self, journal: Journal, reader: Reader, lock: FileLock, folder: Path) -> None:
        super().__init__(journal, reader)
        self._lock = lock
        self._folder = folder

    @classmethod
    async def open(
        cls, path: Path | str, *, clock_ms: Callable[[], int], observer: Observer | None = None
    ) -> Self:
        """Open the file; creates it and its directory if needed.

        `clock_ms` gives Unix milliseconds for the record of the store's creation. Raises
        StoreLocked while another process uses it, and StorageError if it is unusable.
        """
        file, lock, database = await asyncio.to_thread(_prepare, Path(path), clock_ms())
        return cls(Journal(database, observer), open_reader(file), lock, file.parent)

    async def try_writing(self) -> None:
        """Test a commit that changes nothing. Raises StorageError, also on a nearly full disk.

        Such a commit may still fit into the WAL when a real one would not.
        """
        left = (await asyncio.to_thread(disk_usage, self._folder)).free
        if left < LEAST_FREE:
            raise StorageError(f"the store failed: the disk is full ({left} bytes are left)")
        await super().try_writing()

    async def close(self) -> None:
        """Finish accepted work, close the file and release its lock."""
        await super().close()
        self._lock.release()


def _prepare(path: Path, now: int) -> tuple[Path, FileLock, SqliteDatabase]:
    """Prepare the store: lock, file, tables, epoch. Raises StorageError."""
    file = path.absolute()
    lock = FileLock(file)
    lock.acquire()
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY))
        for part in (file, *(file.with_name(file.name + more) for more in ("-wal", "-shm"))):
            _keep_from_others(part)
        upgrade_tables(f"sqlite:///{file}")
        database = SqliteDatabase(file)
        made = [("epoch", uuid.uuid4().hex), ("made_at", str(now))]
        database.run((sql.PUT_META, made))
    except (OSError, sqlite3.Error, UnicodeError) as error:  # UnicodeError: a name without UTF-8.
        lock.release()
        raise StorageError(f"cannot open {file}: {error}") from error
    except BaseException:
        lock.release()
        raise
    return file, lock, database


def _keep_from_others(file: Path) -> None:
    """Restrict a file to its owner, also one that an older release created."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        if file.stat().st_mode & 0o077:
            file.chmod(OWNER_ONLY)
