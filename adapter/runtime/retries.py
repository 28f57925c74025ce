"""Stores outcomes that only this process knows, with retries if the store fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from adapter.core.model import AgentKey
from adapter.runtime.agents import Agents
from adapter.runtime.turn import Step
from adapter.storage.port import StorageError

AGAIN_SECONDS = (1.0, 4.0, 15.0)
"""The pauses before retries; after the last one, only a deadline remains."""

NotStored = Callable[[StorageError, float | None], None]
"""Called with the error and the seconds until the retry; None: no more retries."""


async def handle_with_retries(
    agents: Agents, key: AgentKey, step: Callable[[], Step], not_stored: NotStored
) -> None:
    """Apply a step to the agent; `step` is called for each attempt, to get the current time."""
    for wait in (*AGAIN_SECONDS, None):
        try:
            await agents.handle(key, step())
            return
        except StorageError as error:
            not_stored(error, wait)
        if wait is not None:
            await asyncio.sleep(wait)
