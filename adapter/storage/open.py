"""The store for an address, `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://…`.

A backend is imported only when it is asked for: PostgreSQL's driver is an extra that an SQLite
installation does not have. All here raise StorageError for an address of any other form.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adapter.storage.journal import Observer
from adapter.storage.port import StorageError
from adapter.storage.reader import Reader
from adapter.storage.sqlstore import SqlStore


async def open_store(
    url: str, *, clock_ms: Callable[[], int], observer: Observer | None = None
) -> SqlStore:
    """The store, to read and to write.

    SQLite's tables are made or completed; PostgreSQL's must have been (`python -m adapter
    migrate`). `clock_ms` tells the time in Unix milliseconds. Raises StorageError.
    """
    file = _file_of(url)
    if file is not None:
        from adapter.storage.sqlite import SqliteStore  # noqa: PLC0415

        return await SqliteStore.open(file, clock_ms=clock_ms, observer=observer)
    from adapter.storage.postgres import PostgresStore  # noqa: PLC0415

    return await PostgresStore.open(url, clock_ms=clock_ms, observer=observer)


def open_reader(url: str) -> Reader:
    """Reading alone, beside a running adapter. Raises StorageError where there is no SQLite file.

    A server that cannot be reached is told by the first reading.
    """
    file = _file_of(url)
    if file is not None:
        from adapter.storage import sqlite  # noqa: PLC0415

        if not file.exists():
            raise StorageError(f"there is no database at {file}")
        return sqlite.open_reader(file)
    from adapter.storage import postgres  # noqa: PLC0415

    return postgres.open_reader(url)


def compact(url: str) -> None:
    """Leave nothing of what was erased in an SQLite file's unused pages.

    PostgreSQL does so by itself (autovacuum). Raises StoreLocked while another process has it.
    """
    file = _file_of(url)
    if file is not None:
        from adapter.storage import sqlite  # noqa: PLC0415

        sqlite.compact(file)


def _file_of(url: str) -> Path | None:
    """SQLite's file, None for PostgreSQL."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return Path(rest.removeprefix("/")).absolute()
    if scheme in {"postgresql", "postgres"}:
        return None
    raise StorageError("the database's address must begin with sqlite:/// or postgresql://")
