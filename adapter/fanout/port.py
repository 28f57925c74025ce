"""Hints between processes and sockets: "agent so-and-so is at version n", and nothing more.

A hint may be lost, repeated or late: the store is the truth, and replicas compare versions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from adapter.core.model import AgentKey

Listener = Callable[[AgentKey, int], None]
"""Synchronous, and only enqueues: it runs in the middle of somebody's commit."""


class Hints(Protocol):
    """What every fan-out keeps to."""

    def publish(self, key: AgentKey, version: int) -> None:
        """Tell everybody; never blocks, never raises."""

    def listen(self, listener: Listener) -> None:
        """Be told of every agent's hints, this process' own among them."""

    async def start(self) -> None:
        """Begin to hear the others."""

    async def close(self) -> None:
        """Hear no more."""
