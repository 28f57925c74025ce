"""Runs Python's garbage collection when closed sockets have left enough garbage.

A closed socket leaves some 90 aiohttp objects in reference cycles (tracebacks, frames, requests),
which only a full collection finds. That pauses the process, 0.1 s with a thousand agents, and
Python would do it at any moment. So `serve` makes automatic full collections rare, and this module
runs one when as many sockets have closed as are open. Garbage is then at most half of all socket
memory, and a storm of reconnecting pages, in which nothing closes, is not paused at all.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

LEAST = 1_000
"""The least number of closed sockets before a collection: about 20 MB of garbage."""


class GcTrigger:
    """Counts opened and closed sockets; `collect` runs a full collection."""

    def __init__(self, collect: Callable[[], object] = gc.collect) -> None:
        self._collect = collect
        self._open = 0
        self._closed = 0

    def came(self) -> None:
        """Count an opened socket."""
        self._open += 1

    def went(self) -> None:
        """Count a closed socket; may run a collection."""
        self._open -= 1
        self._closed += 1
        if self._closed >= max(LEAST, self._open):
            self._closed = 0
            self._collect()
