"""Hints between processes and sockets: "agent so-and-so is at version n", perhaps with the value.

A hint may be lost, repeated or late, and may lack the value. The store is authoritative, and
replicas compare versions with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol

from adapter.core.model import AgentKey


class Topic(StrEnum):
    """What a hint is about, which says what its key and its version mean."""

    VERSION = "version"
    """An agent's committed version; its value is the agent with the unsettled logs."""
    SIGNED_OUT = "signed-out"
    """An agent has signed out somewhere; no version."""
    PHONE_MOVED = "phone-moved"
    """Another page has the agent's phone in the browser; no version."""
    CALLS_PLACED = "calls-placed"
    """The key is an org and a replica, the version how many calls that replica has placed there."""
    REPLICA = "replica"
    """The key is a replica without an org; its value is the address for links."""


Listener = Callable[[AgentKey, int], None]
"""Synchronous; only enqueues, because it runs inside a commit."""

Value = Callable[[], bytes]
"""Makes the value's JSON, in any thread; called only if another replica is to get it."""

Learner = Callable[[AgentKey, int, bytes], None]
"""Receives a version's value from another replica, before the hint is published here."""


class Hints(Protocol):
    """The interface of every fan-out."""

    def publish(
        self,
        key: AgentKey,
        version: int = 0,
        value: Value | None = None,
        topic: Topic = Topic.VERSION,
    ) -> None:
        """Send a hint to all; never blocks or raises. `value` saves other replicas a read."""

    def listen(self, listener: Listener, topic: Topic = Topic.VERSION) -> None:
        """Call `listener` for every hint of the topic, including this process's own."""

    def learn_with(self, learners: Mapping[Topic, Learner], epoch: str) -> None:
        """Call a topic's learner with values from other replicas of the store with this epoch."""

    async def start(self) -> None:
        """Begin to receive hints of other replicas."""

    async def close(self) -> None:
        """Stop receiving hints."""
