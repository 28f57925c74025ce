"""Starts named tasks, keeps references to them, and logs their failures.

The only module that calls `asyncio.create_task`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class Tasks:
    """The tasks of one process; `close` cancels them all and waits for them."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._endless: set[asyncio.Task[Any]] = set()

    def start(
        self, name: str, work: Coroutine[Any, Any, Any], *, endless: bool = False
    ) -> asyncio.Task[Any]:
        """Run `work` in the background; `drain` does not wait for `endless` work."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        if endless:
            self._endless.add(task)
        task.add_done_callback(self._on_done)
        return task

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._endless.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task.failed", task=task.get_name(), exc_info=error)

    async def drain(self, seconds: float) -> None:
        """Wait up to `seconds` for running tasks to finish."""
        if ending := self._running - self._endless:
            await asyncio.wait(ending, timeout=seconds)

    async def close(self) -> None:
        """Cancel all running tasks and wait for them, including tasks started meanwhile."""
        while running := set(self._running):
            for task in running:
                task.cancel()
            # Not gather: from Python 3.12 on it does not wait at all for tasks that are done, and
            # one that is done stays among the running until the event loop has called `_on_done`.
            await asyncio.wait(running)
