"""One at a time for each agent, and several agents at once in one order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from functools import partial

from adapter.core.model import AgentKey


class KeyedLocks:
    """Which agents somebody decides for, and who waits to. Nobody ever gives up waiting."""

    def __init__(self) -> None:
        self._waiting: dict[AgentKey, deque[tuple[Callable[[], None], Context]]] = {}

    def take(self, keys: Sequence[AgentKey], then: Callable[[], None]) -> None:
        """Call `then` once nobody else decides for any of these, at once where nobody does.

        `keys` are sorted: so nobody waits for each other in a ring. Who has had their call must
        `release` the same keys.
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
        """The next one's turn, in their own context, and in a round of its own.

        So no queue grows the stack, and nobody is measured or logged as whoever they waited for.
        """
        for key in keys:
            waiting = self._waiting[key]
            if waiting:
                then, context = waiting.popleft()
                asyncio.get_running_loop().call_soon(then, context=context)
            else:
                del self._waiting[key]

    def __len__(self) -> int:
        """How many agents are decided for."""
        return len(self._waiting)
