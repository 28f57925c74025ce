"""What happened, and only this process knows: told again where the store fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from adapter.core.model import AgentKey
from adapter.runtime.agents import Agents
from adapter.runtime.turn import Step
from adapter.storage.port import StorageError

AGAIN_SECONDS = (1.0, 4.0, 15.0)
"""After which it is told again; then there is its deadline, where it has one."""

NotStored = Callable[[StorageError, float | None], None]
"""Hears why, and in how many seconds it is tried again; None: not any more."""


async def tell(
    agents: Agents, key: AgentKey, step: Callable[[], Step], not_stored: NotStored
) -> None:
    """Have the agent hear of it; `step` is asked for each time, for its time is that of telling."""
    for wait in (*AGAIN_SECONDS, None):
        try:
            await agents.handle(key, step())
            return
        except StorageError as error:
            not_stored(error, wait)
        if wait is not None:
            await asyncio.sleep(wait)
