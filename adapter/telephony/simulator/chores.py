"""Background tasks of the simulator: each has a name and an owner, and ends with the server.

The adapter's own place for tasks (`adapter.runtime.tasks`) lies above this room; and the
simulator is another program, which only shares the repository.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Chores:
    """Starts tasks, keeps them, reports their failures, and ends them all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, chore: Coroutine[Any, Any, None]) -> None:
        """Run `chore` beside everything else."""
        task = asyncio.get_running_loop().create_task(chore, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            context = {"message": f"{task.get_name()} failed", "exception": error}
            task.get_loop().call_exception_handler(context)

    async def close(self) -> None:
        """Cancel what still runs, and wait for it."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
