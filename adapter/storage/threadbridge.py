"""Work on its way from one event loop to the threads that do it, and its outcomes back.

What one round of the event loop asks is handed over at its end, at once, and the outcomes of what a
thread took together come back in one call: waking threads and the loop for each alone would cost
more than most of the work.
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
"""A work, who hears of its outcome, and the context in which it was asked."""


class ThreadBridge(Generic[Work]):
    """Between callers in one event loop and the threads."""

    def __init__(self, most: int, at_once: int, threads: int = 1) -> None:
        """It refuses beyond `most` works without an answer; a thread takes about `at_once`."""
        self._most = most
        self._at_once = at_once
        self._threads = threads
        self._loop: asyncio.AbstractEventLoop
        self._gathered: list[Waiting[Work]] = []
        self._portions: SimpleQueue[list[Waiting[Work]]] = SimpleQueue()
        self._ended = False
        self.waiting = 0
        """How many works have no answer yet."""

    def begin(self, work: Work, done: Done[Any]) -> None:
        """Have it done; `done` hears the outcome. Raises StorageError when closed or full."""
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
        """The outcome of the work, raised where it is a StorageError; one too when closed or full.

        When the caller is cancelled, the work is done all the same.
        """
        return await outcome_of(partial(self.begin, work))

    def end(self) -> None:
        """Take no more; threads have what was asked before, and then each an empty portion."""
        self._hand_over()
        for _ in range(0 if self._ended else self._threads):
            self._portions.put([])
        self._ended = True

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        share = min(self._at_once, -(-len(gathered) // self._threads)) or 1
        for start in range(0, len(gathered), share):
            self._portions.put(gathered[start : start + share])

    def _answer(
        self,
        taken: Sequence[Waiting[Work]],
        outcomes: Sequence[Any],
        then: Callable[[], None] | None,
    ) -> None:
        self.waiting -= len(taken)
        for (_, done, context), outcome in zip(taken, outcomes, strict=True):
            try:
                context.run(done, outcome)
            except Exception as error:  # one caller's bug must not cost the others their answers
                told = {"message": "an outcome was not taken", "exception": error}
                self._loop.call_exception_handler(told)
        if then is not None:
            then()

    # --- in the threads ---

    def next_batch(self) -> list[Waiting[Work]]:
        """One thread's share, as soon as anything waits; empty at the end."""
        batch = self._portions.get()
        while batch and len(batch) < self._at_once and self._portions.qsize() >= self._threads:
            try:
                more = self._portions.get_nowait()
            except Empty:
                return batch
            if not more:
                self._portions.put(more)  # the end, which comes after this batch
                return batch
            batch += more
        return batch

    def resolve(
        self,
        taken: Sequence[Waiting[Work]],
        outcomes: Sequence[Any],
        then: Callable[[], None] | None = None,
    ) -> None:
        """Each its outcome; `then` is called after that, in the event loop."""
        try:
            self._loop.call_soon_threadsafe(self._answer, taken, outcomes, then)
        except RuntimeError:
            return  # The loop is closed: the process is ending, and nobody waits for an answer.


async def outcome_of(begin: Callable[[Done[T]], None]) -> T:
    """Begin what tells its outcome by a call, and wait; an exception is raised.

    The usual delivery is decided and staged in one go, and goes on when its commit is durable: a
    task and a dozen coroutines for it would cost as much as the decision. Who may wait, waits here.
    When the caller is cancelled, the work is done all the same.
    """
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    begin(partial(_settle, future))
    return await future


def _settle(future: asyncio.Future[Any], outcome: Any) -> None:
    if future.done():
        return  # Nobody waits any more.
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
