"""One at a time for each agent, and several agents at once in one order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType

from adapter.core.model import AgentKey


class KeyedLocks:
    """A lock for each agent whom somebody decides for, or waits to."""

    def __init__(self) -> None:
        self._locks: dict[AgentKey, _Lock] = {}

    def acquire(self, keys: Sequence[AgentKey]) -> AbstractAsyncContextManager[object]:
        """Nobody else decides for these meanwhile; sorted keys, nearly always one."""
        return _Turn(self._locks, keys[0]) if len(keys) == 1 else self._each(keys)

    @asynccontextmanager
    async def _each(self, keys: Sequence[AgentKey]) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for key in keys:
                await stack.enter_async_context(_Turn(self._locks, key))
            yield

    def __len__(self) -> int:
        """How many agents are decided for."""
        return len(self._locks)


class _Lock(asyncio.Lock):
    """A lock that knows how many hold it or wait for it: with the last one it goes."""

    users = 0


class _Turn:
    """Whoever is in here has the agent to themselves."""

    __slots__ = ("_key", "_lock", "_locks")

    def __init__(self, locks: dict[AgentKey, _Lock], key: AgentKey) -> None:
        self._locks = locks
        self._key = key
        self._lock: _Lock

    async def __aenter__(self) -> None:
        lock = self._locks.get(self._key)
        if lock is None:
            lock = self._locks[self._key] = _Lock()
        self._lock = lock
        lock.users += 1
        try:
            await self._lock.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
        self._leave()

    def _leave(self) -> None:
        self._lock.users -= 1
        if not self._lock.users:
            del self._locks[self._key]
