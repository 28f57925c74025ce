"""How each agent's audio in the browser is, as its page tells every ten seconds.

For whoever looks at the board now: what is older than a few of them is not told any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapter.core.model import AgentKey
from adapter.runtime.clock import Clock

FRESH_MS = 25_000


class CallQuality:
    """The latest of each agent whose page is connected to this replica."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[AgentKey, tuple[int, dict[str, Any]]] = {}

    def tell(self, agent: AgentKey, measured: Mapping[str, float]) -> None:
        """What a page counted since the last time: packets, and milliseconds."""
        lost, received = measured.get("lost", 0.0), measured.get("received", 0.0)
        if not lost + received:
            return
        shown = {
            "lost": round(lost / (lost + received), 2),
            "jitter_ms": round(measured.get("jitter_ms", 0)),
            "round_trip_ms": round(measured.get("round_trip_ms", 0)),
        }
        self._told[agent] = self._clock.now(), shown

    def of(self, agent: AgentKey) -> dict[str, Any] | None:
        """What was told lately: `lost` from 0 to 1, `jitter_ms`, `round_trip_ms`."""
        at, shown = self._told.get(agent, (0, None))
        if shown is not None and self._clock.now() - at > FRESH_MS:
            del self._told[agent]
            return None
        return shown
