"""Background tasks of the simulator, which end with the server.

`adapter.runtime.tasks` is above this package, and the simulator is a separate program.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Chores:
    """Starts named tasks, reports their failures, and cancels them at the end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, chore: Coroutine[Any, Any, None]) -> None:
        """Run `chore` in the background."""
        task = asyncio.get_running_loop().create_task(chore, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._report_failure)

    def _report_failure(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            context = {"message": f"{task.get_name()} failed", "exception": error}
            task.get_loop().call_exception_handler(context)

    async def close(self) -> None:
        """Cancel all running tasks and wait for them."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
