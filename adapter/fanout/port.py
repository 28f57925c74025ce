"""Hints between processes and sockets: "agent so-and-so is at version n", perhaps with the value.

A hint may be lost, repeated or late, and may lack the value. The store is authoritative, and
replicas compare versions with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from adapter.core.model import AgentKey

Listener = Callable[[AgentKey, int], None]
"""Synchronous; only enqueues, because it runs inside a commit."""

Value = Callable[[], bytes]
"""Makes the value's JSON, in any thread; called only if another replica is to get it."""

Learner = Callable[[AgentKey, int, bytes], None]
"""Receives a version's value from another replica, before the hint is published here."""


class Hints(Protocol):
    """The interface of every fan-out."""

    def publish(self, key: AgentKey, version: int, value: Value | None = None) -> None:
        """Send a hint to all; never blocks or raises. `value` saves other replicas a read."""

    def listen(self, listener: Listener) -> None:
        """Call `listener` for every hint, including this process's own."""

    def learn_with(self, learner: Learner, epoch: str) -> None:
        """Call `learner` with values from other replicas of the store with this epoch."""

    async def start(self) -> None:
        """Begin to receive hints of other replicas."""

    async def close(self) -> None:
        """Stop receiving hints."""
