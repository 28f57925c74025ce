"""Reading beside the writer: a few threads, each with a connection of its own.

Reads see every commit that was acknowledged before they began. A connection that fails is replaced,
and the read is tried once more on the new one: reading twice does no harm.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from adapter.storage.codec import Unreadable
from adapter.storage.port import StorageError
from adapter.storage.queries import Fetch
from adapter.storage.transaction import failure

P = ParamSpec("P")
T = TypeVar("T")


class Connection(Protocol):
    """What sqlite3 and psycopg connections have in common."""

    def execute(self, query: Any, params: Any = (), /) -> Any:
        """A cursor with the answer."""

    def close(self) -> None:
        """Let go of it."""


class Reader:
    """Runs queries of queries.py in `threads` threads.

    `connect` makes a connection in autocommit mode; `translate` turns `?` into what it takes.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        translate: Callable[[str], str],
        threads: int = 1,
    ) -> None:
        self._connect = connect
        self._translate = translate
        self._own = threading.local()
        self._open: list[Connection] = []
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")
        self._closed = False

    async def run(
        self, query: Callable[Concatenate[Fetch, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the query makes of the rows. Raises StorageError."""
        if self._closed:
            raise StorageError("the store is closed")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._pool, lambda: self._read(lambda: query(self._fetch, *args, **kwargs))
        )

    async def close(self) -> None:
        """Finish the reads that were begun, then close. May be called again."""
        self._closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._pool.shutdown)
        while self._open:
            self._open.pop().close()

    # --- in the threads ---

    def _read(self, attempt: Callable[[], T]) -> T:
        try:
            return attempt()
        except Unreadable as error:
            raise failure(error) from error
        except Exception:
            self._disconnect()
        try:
            return attempt()
        except Exception as error:
            self._disconnect()
            raise failure(error) from error

    def _fetch(self, statement: str, values: Sequence[object]) -> Sequence[tuple[Any, ...]]:
        cursor = self._connection().execute(self._translate(statement), values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _connection(self) -> Connection:
        found: Connection | None = getattr(self._own, "connection", None)
        if found is None:
            found = self._own.connection = self._connect()
            self._open.append(found)
        return found

    def _disconnect(self) -> None:
        found: Connection | None = getattr(self._own, "connection", None)
        if found is not None:
            self._own.connection = None
            self._open.remove(found)
            found.close()
