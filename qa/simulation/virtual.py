"""A loop whose time jumps: when nothing is ready, time jumps to the next timer.

Async code runs on it unchanged, but may not wait for a socket or a thread.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

EPOCH_MS = 1_790_000_000_000
"""When every simulated history starts (Unix milliseconds)."""


class Timers(Protocol):
    """What the fake edges need from a loop of either engine. Times are seconds since the start."""

    passed: float

    def time(self) -> float:
        """Virtual seconds."""

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Any:
        """Call it so many seconds later."""


class VirtualLoop(asyncio.BaseEventLoop):
    """One history's loop; `passed` is the number of seconds since it started."""

    # Attributes of the base class that its type stubs lack.
    _ready: deque[Any]
    _scheduled: list[Any]
    _timer_cancelled_count: int

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def time(self) -> float:
        """Virtual seconds."""
        return self.passed

    def _run_once(self) -> None:
        """The loop's step: half of all work, so without the parts for sockets and debugging."""
        ready, scheduled = self._ready, self._scheduled
        if not ready and not scheduled:
            raise RuntimeError("nothing is scheduled and tasks still wait: the simulation is stuck")
        if not ready:
            while scheduled[0]._cancelled:
                self._drop(heapq.heappop(scheduled))
                if not scheduled:
                    return
            self.passed = max(self.passed, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self.passed:
            handle = heapq.heappop(scheduled)
            self._drop(handle)
            if not handle._cancelled:
                ready.append(handle)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _drop(self, handle: Any) -> None:
        handle._scheduled = False
        if handle._cancelled:
            self._timer_cancelled_count -= 1

    def _process_events(self, event_list: list[Any]) -> None:
        """No sockets, no events."""

    def _write_to_self(self) -> None:
        """Nobody calls from another thread."""


class VirtualClock:
    """The adapter's clock on such a loop; ids are numbers, so that a seed determines a history."""

    def __init__(self, loop: Timers) -> None:
        self._loop = loop
        self._made = 0

    def now(self) -> int:
        """Unix milliseconds."""
        return EPOCH_MS + round(self._loop.passed * 1000)

    def fresh_id(self, prefix: str) -> str:
        """The next id."""
        self._made += 1
        return f"{prefix}_{self._made}"

    def nonce(self) -> str:
        """The next nonce."""
        return self.fresh_id("nonce")
