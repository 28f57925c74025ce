"""The store for an address; a backend is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from adapter.storage.journal import Observer
from adapter.storage.port import StorageError
from adapter.storage.sqlstore import SqlStore


async def open_store(
    url: str, *, clock_ms: Callable[[], int], observer: Observer | None = None
) -> SqlStore:
    """The store of `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://…`.

    SQLite's tables are made or completed; PostgreSQL's must have been (`python -m adapter
    migrate`). `clock_ms` tells the time in Unix milliseconds. Raises StorageError.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        from adapter.storage.sqlite import SqliteStore  # noqa: PLC0415

        return await SqliteStore.open(rest.removeprefix("/"), clock_ms=clock_ms, observer=observer)
    if scheme in {"postgresql", "postgres"}:
        # Its driver is an extra that an SQLite installation does not have.
        from adapter.storage.postgres import PostgresStore  # noqa: PLC0415

        return await PostgresStore.open(url, clock_ms=clock_ms, observer=observer)
    raise StorageError("the database's address must begin with sqlite:/// or postgresql://")
