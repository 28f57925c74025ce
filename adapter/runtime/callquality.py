"""Each agent's audio quality in the browser, which their page reports every ten seconds.

For the board only; older reports are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapter.core.model import AgentKey
from adapter.runtime.clock import Clock

FRESH_MS = 25_000


class CallQuality:
    """The latest report of each agent whose page is connected here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reports: dict[AgentKey, tuple[int, dict[str, Any]]] = {}

    def tell(self, agent: AgentKey, measured: Mapping[str, float]) -> None:
        """Store a page's measurement since its last report: packets and milliseconds."""
        lost, received = measured.get("lost", 0.0), measured.get("received", 0.0)
        if not lost + received:
            return
        shown = {
            "lost": round(lost / (lost + received), 2),
            "jitter_ms": round(measured.get("jitter_ms", 0)),
            "round_trip_ms": round(measured.get("round_trip_ms", 0)),
        }
        self._reports[agent] = self._clock.now(), shown

    def of(self, agent: AgentKey) -> dict[str, Any] | None:
        """The recent report, if any: `lost` from 0 to 1, `jitter_ms`, `round_trip_ms`."""
        at, shown = self._reports.get(agent, (0, None))
        if shown is not None and self._clock.now() - at > FRESH_MS:
            del self._reports[agent]
            return None
        return shown
