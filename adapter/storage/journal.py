"""The one writer: a thread that takes what has come in as one transaction after another.

While one batch waits for the disk, the next one gathers, so that the load itself makes the batches
large (group commit). The queue has an end: beyond it, work is refused at once rather than late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from threading import Thread
from time import perf_counter
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from msgspec import Struct

from adapter.storage.port import StorageError
from adapter.storage.threadbridge import ThreadBridge
from adapter.storage.transaction import Database, Work, failure, settle

P = ParamSpec("P")
T = TypeVar("T")

MAX_BATCH = 256
MAX_QUEUE = 20_000


class BatchDone(Struct, frozen=True):
    """What the metrics may know: works in the batch, how many failed, seconds, works unanswered.

    `outage` says why the store took none of it, if that was the store's fault.
    """

    works: int
    failed: int
    seconds: float
    waiting: int
    outage: str = ""


Observer: TypeAlias = Callable[[BatchDone], None]


def _nobody(_: BatchDone) -> None:
    """Nobody counts."""


class Journal(ThreadBridge[Work]):
    """The bridge to the thread that owns the writing connection, and closes it.

    `observer` is called in the event loop after each batch.
    """

    def __init__(
        self, database: Database, observer: Observer | None = None, *, max_queue: int = MAX_QUEUE
    ) -> None:
        super().__init__(max_queue, MAX_BATCH)
        self._database = database
        self._observer = observer or _nobody
        # A daemon, so that a process that forgot to close can still end: what was acknowledged
        # is durable, and the rest was never promised.
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def run(
        self, change: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a small change came to, once durable. Raises StorageError."""
        outcome: T = await self.submit(lambda database: change(database, *args, **kwargs))
        return outcome

    async def close(self) -> None:
        """Finish what was taken, then close the connection. May be called again."""
        self.end()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while batch := self.next_batch():
            started = perf_counter()
            works = [work for work, *_ in batch]
            try:
                outcomes = settle(self._database, works)
            except Exception as error:
                # Only if the database's own object breaks its word; the writer lives on.
                outcomes = [failure(error) for _ in works]
            told = partial(self._observe, outcomes, perf_counter() - started)
            self.resolve(batch, outcomes, told)
        self._database.close()

    def _observe(self, outcomes: list[Any], seconds: float) -> None:
        failed = [outcome for outcome in outcomes if isinstance(outcome, StorageError)]
        # A lost race and a repetition are kinds of their own: the store did its work.
        outage = next((str(outcome) for outcome in failed if type(outcome) is StorageError), "")
        self._observer(BatchDone(len(outcomes), len(failed), seconds, self.waiting, outage))
