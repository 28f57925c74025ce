"""Hints inside one process, by pyee: synchronous observers after the commit."""

from __future__ import annotations

import structlog
from pyee import EventEmitter

from adapter.core.model import AgentKey
from adapter.fanout.port import Learner, Listener, Value

log = structlog.get_logger(__name__)

_TOPIC = "version"


class LocalHints:
    """The fan-out of a single replica; other fan-outs use it for their own process."""

    def __init__(self) -> None:
        self._emitter = EventEmitter()

    def publish(self, key: AgentKey, version: int, value: Value | None = None) -> None:
        """Call every listener now; a listener's error is logged and harms no other one."""
        self._emitter.emit(_TOPIC, key, version)

    def listen(self, listener: Listener) -> None:
        """Add a listener for good."""

        def guarded(key: AgentKey, version: int) -> None:
            try:
                listener(key, version)
            except Exception as error:  # one observer's bug must not stop a commit's others
                log.error("fanout.listener_failed", agent=str(key), exc_info=error)

        self._emitter.on(_TOPIC, guarded)

    def learn_with(self, learner: Learner, epoch: str) -> None:
        """There are no others."""

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Forget all listeners."""
        self._emitter.remove_all_listeners()
