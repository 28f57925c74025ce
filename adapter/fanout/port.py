"""Hints between processes and sockets: "agent so-and-so is at version n", perhaps with the value.

A hint may be lost, repeated or late, and come without its value: the store is the truth, and
replicas compare versions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from adapter.core.model import AgentKey

Listener = Callable[[AgentKey, int], None]
"""Synchronous, and only enqueues: it runs in the middle of somebody's commit."""

Value = Callable[[], bytes]
"""Makes the value's JSON, in any thread, where there is somebody to tell."""

Learner = Callable[[AgentKey, int, bytes], None]
"""Takes a version's value from another replica, before its hint is heard."""


class Hints(Protocol):
    """What every fan-out keeps to."""

    def publish(self, key: AgentKey, version: int, value: Value | None = None) -> None:
        """Tell everybody; never blocks, never raises. The `value` spares others the reading."""

    def listen(self, listener: Listener) -> None:
        """Be told of every agent's hints, this process' own among them."""

    def learn_with(self, learner: Learner, epoch: str) -> None:
        """Who takes the values that other replicas of the store with this epoch tell."""

    async def start(self) -> None:
        """Begin to hear the others."""

    async def close(self) -> None:
        """Hear no more."""
