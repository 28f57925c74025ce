"""The single writer: a thread that commits queued work in batches, one transaction each.

While one batch waits for the disk, the next one gathers, so batches grow with the load (group
commit). The queue is limited; beyond the limit, work is refused at once.
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
    """A batch's figures for the metrics: works, failures, seconds, and works still waiting.

    `outage` says why the store accepted nothing, if that was the store's fault.
    """

    works: int
    failed: int
    seconds: float
    waiting: int
    outage: str = ""


Observer: TypeAlias = Callable[[BatchDone], None]


class Journal(ThreadBridge[Work]):
    """The bridge to the thread that owns and closes the writing connection.

    `observer` is called in the event loop after each batch.
    """

    def __init__(
        self, database: Database, observer: Observer | None = None, *, max_queue: int = MAX_QUEUE
    ) -> None:
        super().__init__(max_queue, MAX_BATCH)
        self._database = database
        self._observer = observer or (lambda _: None)
        # A daemon, so that the process can exit without `close`: what was acknowledged is
        # durable, and the rest was never promised.
        self._thread = Thread(target=self._write_batches, name="journal", daemon=True)
        self._thread.start()

    async def run(
        self, change: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a small change and return its result once durable. Raises StorageError."""
        outcome: T = await self.submit(lambda database: change(database, *args, **kwargs))
        return outcome

    async def close(self) -> None:
        """Finish accepted work, then close the connection. May be called repeatedly."""
        self.end()
        await asyncio.to_thread(self._thread.join)

    def _write_batches(self) -> None:
        while batch := self.next_batch():
            started = perf_counter()
            works = [work for work, *_ in batch]
            try:
                outcomes = settle(self._database, works)
            except Exception as error:
                # Only if the database object violates its contract; the writer goes on.
                outcomes = [failure(error) for _ in works]
            observe = partial(self._observe, outcomes, perf_counter() - started)
            self.resolve(batch, outcomes, observe)
        self._database.close()

    def _observe(self, outcomes: list[Any], seconds: float) -> None:
        failed = [outcome for outcome in outcomes if isinstance(outcome, StorageError)]
        # Conflicts and duplicates are subclasses and are no outage.
        outage = next((str(outcome) for outcome in failed if type(outcome) is StorageError), "")
        self._observer(BatchDone(len(outcomes), len(failed), seconds, self.waiting, outage))
