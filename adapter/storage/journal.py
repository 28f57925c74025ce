"""The one writer: a thread that takes what has come in as one transaction after another.

While one batch waits for the disk, the next one gathers, so that the load itself makes the batches
large (group commit). What one round of the event loop submits is handed over at its end, at once:
waking the thread for each would make it take turns with the loop. Outcomes come back to the event
loop in one call per batch. The queue has an end: beyond it, work is refused at once rather than
late.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from time import perf_counter
from typing import Any, TypeAlias

from adapter.core.quick import dataclass
from adapter.storage.port import StorageError
from adapter.storage.transaction import Database, Work, failure, settle

MAX_BATCH = 256
MAX_QUEUE = 20_000


@dataclass(frozen=True, slots=True)
class BatchDone:
    """What the metrics may know: works in the batch, how many failed, seconds, works waiting."""

    works: int
    failed: int
    seconds: float
    waiting: int


Observer: TypeAlias = Callable[[BatchDone], None]
Waiting: TypeAlias = tuple[Work, "asyncio.Future[Any]"]


def _nobody(_: BatchDone) -> None:
    """Nobody counts."""


class Journal:
    """Owns the writing connection. Made, used and closed in one running event loop.

    `observer` is called in the event loop after each batch.
    """

    def __init__(
        self, database: Database, observer: Observer | None = None, *, max_queue: int = MAX_QUEUE
    ) -> None:
        self._database = database
        self._observer = observer or _nobody
        self._max_queue = max_queue
        self._loop = asyncio.get_running_loop()
        self._gathered: list[Waiting] = []
        self._waiting: deque[Waiting] = deque()
        self._wake = Condition()
        self._closing = False
        self._ended = asyncio.Event()
        # A daemon, so that a process that forgot to close can still end: what was acknowledged
        # is durable, and the rest was never promised.
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def submit(self, work: Work) -> Any:
        """The outcome of the work, once durable. Raises Conflict, Duplicate or StorageError.

        When the caller is cancelled, the work is done all the same.
        """
        if self._closing:
            raise StorageError("the store is closed")
        if len(self._gathered) + len(self._waiting) >= self._max_queue:
            raise StorageError("the store is overloaded")
        future: asyncio.Future[Any] = self._loop.create_future()
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append((work, future))
        return await future

    async def close(self) -> None:
        """Finish what was taken, then close the connection. May be called again."""
        self._hand_over()
        with self._wake:
            self._closing = True
            self._wake.notify()
        await self._ended.wait()
        self._thread.join()

    # --- in the thread ---

    def _run(self) -> None:
        while batch := self._take():
            started = perf_counter()
            works = [work for work, _ in batch]
            try:
                outcomes = settle(self._database, works)
            except Exception as error:
                # Only if the database's own object breaks its word; the writer lives on.
                outcomes = [failure(error) for _ in works]
            self._report(self._hand_back, batch, outcomes, perf_counter() - started)
        self._database.close()
        self._report(self._ended.set)

    def _take(self) -> list[Waiting]:
        """The next batch; empty when closing and nothing is left."""
        with self._wake:
            while not self._waiting and not self._closing:
                self._wake.wait()
            size = min(MAX_BATCH, len(self._waiting))
            return [self._waiting.popleft() for _ in range(size)]

    def _report(self, callback: Callable[..., None], *args: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            # The loop is closed: the process is ending, and nobody waits for an answer.
            return

    # --- in the event loop ---

    def _hand_over(self) -> None:
        with self._wake:
            self._waiting.extend(self._gathered)
            self._wake.notify()
        self._gathered.clear()

    def _hand_back(self, batch: list[Waiting], outcomes: list[Any], seconds: float) -> None:
        failed = 0
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            is_failure = isinstance(outcome, StorageError)
            failed += is_failure
            if future.done():
                continue
            if is_failure:
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        self._observer(BatchDone(len(batch), failed, seconds, len(self._waiting)))
