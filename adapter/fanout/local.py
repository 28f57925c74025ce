"""Hints inside one process, by pyee: synchronous observers after a commit."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from pyee import EventEmitter

from adapter.core.model import AgentKey
from adapter.fanout.port import Learner, Listener, Topic, Value

log = structlog.get_logger(__name__)


class LocalHints:
    """The fan-out of a single replica, and of each of several inside its process."""

    def __init__(self) -> None:
        self._emitter = EventEmitter()

    def publish(
        self,
        key: AgentKey,
        version: int = 0,
        value: Value | None = None,
        topic: Topic = Topic.VERSION,
    ) -> None:
        """Call every listener of the topic now; log a listener's error and go on."""
        self._emitter.emit(topic, key, version)

    def listen(self, listener: Listener, topic: Topic = Topic.VERSION) -> None:
        """Add a listener for good."""

        def guarded(key: AgentKey, version: int) -> None:
            try:
                listener(key, version)
            except Exception as error:  # the other listeners must still be called
                log.error("fanout.listener_failed", agent=str(key), exc_info=error)

        self._emitter.on(topic, guarded)

    def learn_with(self, learners: Mapping[Topic, Learner], epoch: str) -> None:
        """Do nothing: there are no other replicas."""

    async def start(self) -> None:
        """Do nothing: there is no connection."""

    async def close(self) -> None:
        """Forget all listeners."""
        self._emitter.remove_all_listeners()
