"""Reading beside the writer: a few threads, each with a connection of its own.

Reads see every commit that was acknowledged before they began. A connection that fails is replaced,
and the read is tried once more on the new one: reading twice does no harm.

What one round of the event loop asks is handed over at its end, and what a thread has read comes
back in one call: when ten thousand pages come back, going to a thread and back for each of their
reads costs more than the reads.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

from adapter.storage.codec import Unreadable
from adapter.storage.port import StorageError
from adapter.storage.queries import Fetch
from adapter.storage.transaction import failure

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 16
"""So many reads a thread takes together; the first of them waits for the last."""

Asked: TypeAlias = tuple[Callable[[], Any], "asyncio.Future[Any]"]


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
        self._loop: asyncio.AbstractEventLoop
        self._gathered: list[Asked] = []
        self._waiting: deque[Asked] = deque()
        self._wake = threading.Condition()
        self._closed = False

    async def run(
        self, query: Callable[Concatenate[Fetch, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the query makes of the rows. Raises StorageError."""
        if self._closed:
            raise StorageError("the store is closed")
        self._loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append((partial(query, self._fetch, *args, **kwargs), future))
        return await future

    async def close(self) -> None:
        """Finish the reads that were begun, then close. May be called again."""
        self._hand_over()
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        while self._threads:
            await asyncio.to_thread(self._threads.pop().join)
        while self._open:
            self._open.pop().close()

    def _hand_over(self) -> None:
        if not self._gathered:
            return
        while len(self._threads) < self._most:
            # Daemons, so that a process that forgot to close can still end.
            thread = threading.Thread(target=self._run, name="reader", daemon=True)
            self._threads.append(thread)
            thread.start()
        with self._wake:
            self._waiting.extend(self._gathered)
            self._wake.notify(len(self._gathered))
        self._gathered.clear()

    def _hand_back(self, asked: list[Asked], outcomes: list[Any]) -> None:
        for (_, future), outcome in zip(asked, outcomes, strict=True):
            if future.done():
                continue
            if isinstance(outcome, StorageError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    # --- in the threads ---

    def _run(self) -> None:
        while asked := self._take():
            outcomes = [self._read(attempt) for attempt, _ in asked]
            try:
                self._loop.call_soon_threadsafe(self._hand_back, asked, outcomes)
            except RuntimeError:
                return  # The loop is closed: nobody waits for an answer.

    def _take(self) -> list[Asked]:
        """This thread's share of what waits; empty when closing and nothing is left."""
        with self._wake:
            while not self._waiting and not self._closed:
                self._wake.wait()
            share = -(-len(self._waiting) // self._most)
            return [self._waiting.popleft() for _ in range(min(share, AT_ONCE))]

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
