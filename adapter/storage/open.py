"""Opens the store at `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://…`.

A backend is imported only when needed, because PostgreSQL's driver is an optional extra. All
functions raise StorageError for any other form of address.
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
    """Open the store for reading and writing.

    Creates or updates SQLite's tables; PostgreSQL's need `python -m adapter migrate` first.
    `clock_ms` gives Unix milliseconds. Raises StorageError.
    """
    file = _file_of(url)
    if file is not None:
        from adapter.storage.sqlite import SqliteStore  # noqa: PLC0415

        return await SqliteStore.open(file, clock_ms=clock_ms, observer=observer)
    from adapter.storage.postgres import PostgresStore  # noqa: PLC0415

    return await PostgresStore.open(url, clock_ms=clock_ms, observer=observer)


def open_reader(url: str) -> Reader:
    """Open for reading only, beside a running adapter. Raises StorageError without an SQLite file.

    An unreachable server is reported by the first read.
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
    """Remove erased data from an SQLite file's unused pages.

    PostgreSQL does this itself (autovacuum). Raises StoreLocked if another process uses it.
    """
    file = _file_of(url)
    if file is not None:
        from adapter.storage import sqlite  # noqa: PLC0415

        sqlite.compact(file)


def _file_of(url: str) -> Path | None:
    """The SQLite file; None for PostgreSQL."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return Path(rest.removeprefix("/")).absolute()
    if scheme in {"postgresql", "postgres"}:
        return None
    raise StorageError("the database's address must begin with sqlite:/// or postgresql://")
