"""A loop whose time jumps: when nothing is ready, it is at once as late as the next timer.

Everything that awaits works on it unchanged; nothing may wait for a socket or a thread.
"""

from __future__ import annotations

import asyncio
from typing import Any

EPOCH_MS = 1_790_000_000_000
"""When every simulated history begins (Unix milliseconds)."""


class _NoSockets:
    """What the loop asks for I/O: there is none, so waiting is only time that passes."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        """Let the time pass."""
        if timeout is None:
            raise RuntimeError("everybody waits for nothing: the simulation is stuck")
        self._loop.passed += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """One history's loop; `passed` are the seconds since it began."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self._selector = _NoSockets(self)
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Virtual seconds."""
        return self.passed

    def _process_events(self, event_list: list[Any]) -> None:
        """No sockets, no events."""

    def _write_to_self(self) -> None:
        """Nobody calls from another thread."""


class VirtualClock:
    """The adapter's clock on such a loop; ids are numbers, so that a seed is a history."""

    def __init__(self, loop: VirtualLoop) -> None:
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
