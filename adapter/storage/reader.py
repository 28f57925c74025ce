"""Reading beside the writer: a few threads, each with a connection of its own.

Reads see every commit that was acknowledged before they began. A connection that fails is replaced,
and the read is tried once more on the new one: reading twice does no harm.
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
"""So many reads a thread takes together; the first of them waits for the last."""

MAX_WAITING = 100_000
"""Beyond so many that wait a read is refused; all pages of a process together ask for fewer."""


class Connection(Protocol):
    """What sqlite3 and psycopg connections have in common."""

    def execute(self, query: Any, params: Any = (), /) -> Any:
        """A cursor with the answer."""

    def close(self) -> None:
        """Let go of it."""


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
        """What the query makes of the rows. Raises StorageError."""
        while len(self._threads) < self._most:
            # Daemons, so that a process that forgot to close can still end.
            thread = threading.Thread(target=self._run, name="reader", daemon=True)
            self._threads.append(thread)
            thread.start()
        answer: T = await self._asked.submit(partial(query, self._fetch, *args, **kwargs))
        return answer

    async def close(self) -> None:
        """Finish the reads that were begun, then close. May be called again."""
        self._asked.end()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        while self._open:
            self._open.pop().close()

    # --- in the threads ---

    def _run(self) -> None:
        while asked := self._asked.next_batch():
            self._asked.resolve(asked, [self._read(attempt) for attempt, *_ in asked])

    def _read(self, attempt: Callable[[], T]) -> T | StorageError:
        """What came of it; after a failure tried once more, on a new connection."""
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
