"""Locks by agent; several agents are locked in a fixed order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from functools import partial

from adapter.core.model import AgentKey


class KeyedLocks:
    """The locked agents and the waiting callbacks, which are never cancelled."""

    def __init__(self) -> None:
        self._waiting: dict[AgentKey, deque[tuple[Callable[[], None], Context]]] = {}

    def take(self, keys: Sequence[AgentKey], then: Callable[[], None]) -> None:
        """Call `then` when all these agents are locked for it; at once if they are free.

        `keys` must be sorted, to avoid deadlocks. After the call, `release` the same keys.
        """
        for place, key in enumerate(keys):
            waiting = self._waiting.get(key)
            if waiting is not None:
                rest = partial(self.take, keys[place + 1 :], then)
                waiting.append((rest, copy_context()))
                return
            self._waiting[key] = deque()
        then()

    def release(self, keys: Sequence[AgentKey]) -> None:
        """Release the keys and call the next waiting callbacks, each in its own context.

        Each runs in a separate event loop iteration, so queues do not grow the stack.
        """
        for key in keys:
            waiting = self._waiting[key]
            if waiting:
                then, context = waiting.popleft()
                asyncio.get_running_loop().call_soon(then, context=context)
            else:
                del self._waiting[key]

    def __len__(self) -> int:
        """The number of locked agents."""
        return len(self._waiting)
