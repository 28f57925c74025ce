"""Reads beside the writer, in a few threads with a connection each.

A read sees every commit acknowledged before it began. A failed connection is replaced, and the read
is repeated once, which is safe.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from adapter.storage.port import StorageError
from adapter.storage.queries import Fetch
from adapter.storage.rows import Unreadable
from adapter.storage.threadbridge import ThreadBridge
from adapter.storage.transaction import failure

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 16
"""The most reads that a thread takes together; the first one waits for the last."""

MAX_WAITING = 100_000
"""The most waiting reads; all pages of a process together need fewer."""


class Connection(Protocol):
    """What sqlite3 and psycopg connections have in common."""

    def execute(self, query: Any, params: Any = (), /) -> Any:
        """Run a query; a cursor with its rows."""

    def close(self) -> None:
        """Close the connection."""


class Reader:
    """Runs queries of queries.py in `threads` threads, for one event loop.

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
        self._most = threads
        self._threads: list[threading.Thread] = []
        self._asked: ThreadBridge[Callable[[], Any]] = ThreadBridge(MAX_WAITING, AT_ONCE, threads)

    async def run(
        self, query: Callable[Concatenate[Fetch, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query and return its result. Raises StorageError."""
        while len(self._threads) < self._most:
            # Daemons, so that the process can exit without `close`.
            thread = threading.Thread(target=self._serve_reads, name="reader", daemon=True)
            self._threads.append(thread)
            thread.start()
        answer: T = await self._asked.submit(partial(query, self._fetch, *args, **kwargs))
        return answer

    async def close(self) -> None:
        """Finish started reads, then close. May be called repeatedly."""
        self._asked.end()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        while self._open:
            self._open.pop().close()

    # --- in the threads ---

    def _serve_reads(self) -> None:
        while batch := self._asked.next_batch():
            self._asked.resolve(batch, [self._attempt(attempt) for attempt, *_ in batch])

    def _attempt(self, attempt: Callable[[], T]) -> T | StorageError:
        """The result; after a failure, one retry on a new connection."""
        try:
            return attempt()
        except Unreadable as error:
            return failure(error)
        except Exception:
            self._disconnect()
        try:
            return attempt()
        except Exception as error:
            self._disconnect()
            return failure(error)

    def _fetch(self, statement: str, values: Sequence[object]) -> Sequence[tuple[Any, ...]]:
        cursor = self._thread_connection().execute(self._translate(statement), values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _thread_connection(self) -> Connection:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._connect()
            self._open.append(connection)
        return connection

    def _disconnect(self) -> None:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            self._own.connection = None
            self._open.remove(connection)
            connection.close()
