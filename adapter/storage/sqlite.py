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
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from shutil import disk_usage
from typing import Self

from adapter.storage import sql
from adapter.storage.batch import ForRows, Row
from adapter.storage.batchstate import Pair
from adapter.storage.filelock import OWNER_ONLY, FileLock
from adapter.storage.journal import Journal, Observer
from adapter.storage.migrate import upgrade_tables
from adapter.storage.optimistic import Answer
from adapter.storage.port import StorageError
from adapter.storage.reader import Reader
from adapter.storage.sqlstore import SqlStore

BUSY_MS = 5_000
"""So long a statement waits for somebody's lock (a backup, a shell) before it fails."""

LEAST_FREE = 256 * 1024
"""Bytes on the disk: a few calls' worth."""

CACHE_KIB = 64 * 1024
"""So much of the file may be in memory: the busy pages of some 10,000 agents, who with SQLite's
own 2 MB would be read from the file again for each commit."""

OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)
"""Primary result codes with which no other commit would fare better."""


class SqliteDatabase:
    """The writing connection (transaction.Database)."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)

    def begin(self) -> None:
        """Take the write lock at once, so that no statement after it can find it taken."""
        self._connection.execute("BEGIN IMMEDIATE")

    def begin_with(self, statements: Sequence[ForRows]) -> list[Answer]:
        """Take the write lock, and run these, each for all of its rows; what each answered."""
        self.begin()
        return [self._run(statement, rows) for statement, rows in statements]

    def commit(self) -> None:
        """Make it durable."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo it, if SQLite has not done so itself."""
        if self._connection.in_transaction:
            self._connection.rollback()

    def versions(self, keys: Sequence[Pair]) -> Iterable[Row]:
        """(org, user, version) of those that are there; nobody else writes meanwhile."""
        return self._run(sql.VERSIONS, keys)[0]

    def execute(self, statement: str, values: Sequence[object]) -> tuple[list[Row], int]:
        """The rows that it answers, and how many it changed."""
        cursor = self._connection.execute(statement, values)
        return cursor.fetchall(), cursor.rowcount

    def write(self, statement: str, rows: Sequence[Row]) -> int:
        """Run it for each row; how many rows changed in all."""
        return self._run(statement, rows)[1]

    def _run(self, statement: str, rows: Sequence[Row]) -> Answer:
        # Many rows to a statement: between two of them, sqlite3 gives the interpreter up and must
        # wait to get it back from the event loop, which costs more than the row.
        found: list[Row] = []
        changed = 0
        for text, part in sql.portions(statement, len(rows)):
            cursor = self._connection.execute(text, [*chain(*rows[part])])
            found += cursor.fetchall()
            changed += cursor.rowcount
        return found, changed

    def is_outage(self, error: Exception) -> bool:
        """Whether the file or its disk is what is wrong."""
        code = getattr(error, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in OUTAGES

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, durable and patient."""
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
    # What undoes half a statement of many rows: else it is a file, made and unlinked each time.
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that refuses to write."""
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def open_reader(file: Path) -> Reader:
    """Reading alone; the file is opened by the first of it."""
    return Reader(lambda: connect_for_reading(file), lambda statement: statement)


def compact(file: Path) -> None:
    """Write the file anew, so that its unused pages hold nothing of what was erased.

    Raises StoreLocked while another process has it.
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
        """Open the file, making it and its directory where they are missing.

        `clock_ms` tells the time (Unix milliseconds) for the store's own record of when it was
        made. Raises StoreLocked while another process has it, StorageError when it cannot be used.
        """
        file, lock, database = await asyncio.to_thread(_prepare, Path(path), clock_ms())
        return cls(Journal(database, observer), open_reader(file), lock, file.parent)

    async def try_writing(self) -> None:
        """Commit something that changes nothing. Raises StorageError, also on a nearly full disk.

        That commit may find a place in the WAL where the next call would find none.
        """
        left = (await asyncio.to_thread(disk_usage, self._folder)).free
        if left < LEAST_FREE:
            raise StorageError(f"the store failed: the disk is full ({left} bytes are left)")
        await super().try_writing()

    async def close(self) -> None:
        """Finish what was taken, close the file, let another process have it."""
        await super().close()
        self._lock.release()


def _prepare(path: Path, now: int) -> tuple[Path, FileLock, SqliteDatabase]:
    """Everything before the first commit: lock, file, tables, epoch."""
    file = path.absolute()
    lock = FileLock(file)
    lock.acquire()
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY))
        for one in (file, *(file.with_name(file.name + more) for more in ("-wal", "-shm"))):
            _keep_from_others(one)
        upgrade_tables(f"sqlite:///{file}")
        database = SqliteDatabase(file)
        made = [("epoch", uuid.uuid4().hex), ("made_at", str(now))]
        database.write(sql.PUT_META, made)
    except (OSError, sqlite3.Error) as error:
        lock.release()
        raise StorageError(f"cannot open {file}: {error}") from error
    except BaseException:
        lock.release()
        raise
    return file, lock, database


def _keep_from_others(file: Path) -> None:
    """Only its owner reads numbers and names, in a file that an older release made, too."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        if file.stat().st_mode & 0o077:
            file.chmod(OWNER_ONLY)
