"""Passes work from an event loop to threads, and the outcomes back.

Work of one event loop iteration is handed over together at its end, and outcomes of a batch come
back in one call, because waking threads and the loop for each would cost more than most work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar

from adapter.storage.port import Done, StorageError

T = TypeVar("T")
Work = TypeVar("Work")
Waiting: TypeAlias = "tuple[Work, Done[Any], Context]"
"""Work, the callback for its outcome, and the context of the caller."""


class ThreadBridge(Generic[Work]):
    """Connects callers in one event loop with worker threads."""

    def __init__(self, most: int, at_once: int, threads: int = 1) -> None:
        """Refuses more than `most` unanswered works; a thread takes about `at_once` together."""
        self._most = most
        self._at_once = at_once
        self._threads = threads
        self._loop: asyncio.AbstractEventLoop
        self._gathered: list[Waiting[Work]] = []
        self._portions: SimpleQueue[list[Waiting[Work]]] = SimpleQueue()
        self._ended = False
        self.waiting = 0
        """The number of unanswered works."""

    def begin(self, work: Work, done: Done[Any]) -> None:
        """Queue work; `done` gets the outcome. Raises StorageError when closed or full."""
        if self._ended:
            raise StorageError("the store is closed")
        if self.waiting >= self._most:
            raise StorageError("the store is overloaded")
        if not self._gathered:
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._hand_over)
        self.waiting += 1
        self._gathered.append((work, done, copy_context()))

    async def submit(self, work: Work) -> Any:
        """The outcome of the work. Raises StorageError, also when closed or full.

        If the caller is cancelled, the work is still done.
        """
        return await outcome_of(partial(self.begin, work))

    def end(self) -> None:
        """Accept no more work; threads finish the queued work and then get an empty batch."""
        self._hand_over()
        for _ in range(0 if self._ended else self._threads):
            self._portions.put([])
        self._ended = True

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        share = min(self._at_once, -(-len(gathered) // self._threads)) or 1
        for start in range(0, len(gathered), share):
            self._portions.put(gathered[start : start + share])

    def _deliver(
        self,
        taken: Sequence[Waiting[Work]],
        outcomes: Sequence[Any],
        then: Callable[[], None] | None,
    ) -> None:
        self.waiting -= len(taken)
        for (_, done, context), outcome in zip(taken, outcomes, strict=True):
            try:
                context.run(done, outcome)
            except Exception as error:  # one callback's bug must not affect the others
                problem = {"message": "the callback of an outcome failed", "exception": error}
                self._loop.call_exception_handler(problem)
        if then is not None:
            then()

    # --- in the threads ---

    def next_batch(self) -> list[Waiting[Work]]:
        """Wait for a thread's next batch; empty at the end."""
        batch = self._portions.get()
        while batch and len(batch) < self._at_once and self._portions.qsize() >= self._threads:
            try:
                more = self._portions.get_nowait()
            except Empty:
                return batch
            if not more:
                self._portions.put(more)  # the end marker, for after this batch
                return batch
            batch += more
        return batch

    def resolve(
        self,
        taken: Sequence[Waiting[Work]],
        outcomes: Sequence[Any],
        then: Callable[[], None] | None = None,
    ) -> None:
        """Deliver the outcomes; `then` is called afterwards, in the event loop."""
        try:
            self._loop.call_soon_threadsafe(self._deliver, taken, outcomes, then)
        except RuntimeError:
            return  # The loop is closed, because the process is ending.


async def outcome_of(begin: Callable[[Done[T]], None]) -> T:
    """Start callback-based work and await its outcome; raises an outcome that is an exception.

    Deliveries use callbacks, because a task and a dozen coroutines would cost as much as the
    decision. Other callers can await here. If the caller is cancelled, the work is still done.
    """
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    begin(partial(_settle, future))
    return await future


def _settle(future: asyncio.Future[Any], outcome: Any) -> None:
    if future.done():
        return  # The caller was cancelled.
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
