"""How the provider's API has answered this process lately, for display only.

No decision depends on it; the core gets each request's own outcome.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

Observe = Callable[[int, str], None]
"""Called after each request with its duration (ms) and its trouble ("": none)."""

WINDOW_MS = 300_000
"""The window that the figures cover."""

MOST = 2_000
"""The most requests that are remembered."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: when it ended (Unix ms), how long it took (ms), and its trouble.

    `trouble` is "" if the provider answered, even with a refusal.
    """

    at: int
    took_ms: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """The last five minutes; times are Unix milliseconds, durations milliseconds."""

    requests: int
    failed: int
    p50_ms: int | None
    p95_ms: int | None
    last_answer_at: int | None
    last_trouble_at: int | None
    last_trouble: str


class Health:
    """Remembers the requests to one account; `now` gives Unix milliseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._exchanges: deque[Exchange] = deque(maxlen=MOST)

    def note(self, took_ms: int, trouble: str = "") -> None:
        """Note a request that ended after `took_ms` milliseconds, with this trouble or none."""
        self._exchanges.append(Exchange(self._now(), took_ms, trouble))

    def vitals(self) -> Vitals:
        """The figures of the last five minutes."""
        since = self._now() - WINDOW_MS
        recent = [exchange for exchange in self._exchanges if exchange.at >= since]
        taken = sorted(exchange.took_ms for exchange in recent)
        answers = [exchange for exchange in recent if not exchange.trouble]
        troubles = [exchange for exchange in recent if exchange.trouble]
        return Vitals(
            requests=len(recent),
            failed=len(troubles),
            p50_ms=percentile(taken, 0.5),
            p95_ms=percentile(taken, 0.95),
            last_answer_at=answers[-1].at if answers else None,
            last_trouble_at=troubles[-1].at if troubles else None,
            last_trouble=troubles[-1].trouble if troubles else "",
        )


def percentile(ascending: list[int], share: float) -> int | None:
    """The value below which that share of them is (0 to 1); None of nothing."""
    return ascending[min(len(ascending) - 1, int(len(ascending) * share))] if ascending else None
