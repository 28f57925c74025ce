"""How the provider's API has answered this process lately: for people who look, never for a rule.

No decision rests on it: each request's own outcome is what the core hears of.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_MS = 300_000
"""What is older says nothing about now."""

MOST = 2_000
"""Requests that are remembered; with more in five minutes, the latest of them."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: when it ended (Unix ms), how long it took (ms), and what was wrong with it.

    `trouble` is "" where the provider answered, a refusal included.
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
    """Remembers the requests to one account; `now` tells the time in Unix milliseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._exchanges: deque[Exchange] = deque(maxlen=MOST)

    def note(self, took_ms: int, trouble: str = "") -> None:
        """A request has ended, with this trouble or none."""
        self._exchanges.append(Exchange(self._now(), took_ms, trouble))

    def vitals(self) -> Vitals:
        """As of now."""
        since = self._now() - WINDOW_MS
        recent = [one for one in self._exchanges if one.at >= since]
        taken = sorted(one.took_ms for one in recent)
        answers = [one for one in recent if not one.trouble]
        troubles = [one for one in recent if one.trouble]
        return Vitals(
            requests=len(recent),
            failed=len(troubles),
            p50_ms=_rank(taken, 0.5),
            p95_ms=_rank(taken, 0.95),
            last_answer_at=answers[-1].at if answers else None,
            last_trouble_at=troubles[-1].at if troubles else None,
            last_trouble=troubles[-1].trouble if troubles else "",
        )


def _rank(ascending: list[int], share: float) -> int | None:
    return ascending[min(len(ascending) - 1, int(len(ascending) * share))] if ascending else None
