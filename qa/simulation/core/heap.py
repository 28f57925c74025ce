"""The core engine's loop: a heap of (time, sequence, action)."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any


class HeapLoop:
    """Runs discrete events in order of time, and at the same time in the order of scheduling."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._heap: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self._push = partial(heapq.heappush, self._heap)
        self._asked = count()

    def time(self) -> float:
        """Virtual seconds since the start."""
        return self.passed

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> None:
        """Call it so many seconds later."""
        self._push((self.passed + delay, next(self._asked), callback, args))

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any) -> None:
        """Call it at this time, or now if that has passed."""
        passed = self.passed
        self._push((when if when > passed else passed, next(self._asked), callback, args))

    def run_until(self, when: float) -> None:
        """Run everything up to this time."""
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] <= when:
            self.passed, _, callback, args = pop(heap)
            callback(*args)
        self.passed = when
