"""Work on its way from one event loop to the threads that do it, and its outcomes back.

What one round of the event loop asks is handed over at its end, at once, and the outcomes of what a
thread took together come back in one call: waking threads and the loop for each alone would cost
more than most of the work.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from functools import partial
from threading import Condition
from typing import Any, Generic, TypeAlias, TypeVar

from adapter.storage.port import Done, StorageError

T = TypeVar("T")
Work = TypeVar("Work")
Waiting: TypeAlias = "tuple[Work, Done[Any], Context]"
"""A work, who hears of its outcome, and the context in which it was asked."""


class ThreadBridge(Generic[Work]):
    """Between callers in one event loop and the threads. Beyond `most` waiting, it refuses."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._loop: asyncio.AbstractEventLoop
        self._gathered: list[Waiting[Work]] = []
        self._waiting: deque[Waiting[Work]] = deque()
        self._wake = Condition()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many works no thread has taken yet."""
        return len(self._gathered) + len(self._waiting)

    def begin(self, work: Work, done: Done[Any]) -> None:
        """Have it done; `done` hears the outcome. Raises StorageError when closed or full."""
        if self._closed:
            raise StorageError("the store is closed")
        if self.waiting >= self._most:
            raise StorageError("the store is overloaded")
        if not self._gathered:
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._hand_over)
        self._gathered.append((work, done, copy_context()))

    async def submit(self, work: Work) -> Any:
        """The outcome of the work, raised where it is a StorageError; one too when closed or full.

        When the caller is cancelled, the work is done all the same.
        """
        return await outcome_of(partial(self.begin, work))

    def close(self) -> None:
        """Take no more; threads have what was asked before, and then nothing."""
        self._hand_over()
        with self._wake:
            self._closed = True
            self._wake.notify_all()

    def _hand_over(self) -> None:
        with self._wake:
            self._waiting.extend(self._gathered)
            self._wake.notify(len(self._gathered))
        self._gathered.clear()

    # --- in the threads ---

    def next_batch(self, most: int, among: int = 1) -> list[Waiting[Work]]:
        """One of so many threads' share, as soon as anything waits; empty at the end."""
        with self._wake:
            while not self._waiting and not self._closed:
                self._wake.wait()
            share = -(-len(self._waiting) // among)
            return [self._waiting.popleft() for _ in range(min(share, most))]

    def resolve(
        self,
        taken: Sequence[Waiting[Work]],
        outcomes: Sequence[Any],
        then: Callable[[], None] | None = None,
    ) -> None:
        """Each its outcome; `then` is called after that, in the event loop."""
        try:
            self._loop.call_soon_threadsafe(_answer, taken, outcomes, then)
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


def _answer(
    taken: Sequence[Waiting[Any]], outcomes: Sequence[Any], then: Callable[[], None] | None
) -> None:
    for (_, done, context), outcome in zip(taken, outcomes, strict=True):
        try:
            context.run(done, outcome)
        except Exception as error:  # one caller's bug must not cost the others their answers
            told = {"message": "an outcome was not taken", "exception": error}
            asyncio.get_running_loop().call_exception_handler(told)
    if then is not None:
        then()
