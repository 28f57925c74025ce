"""How often each fault happens, and a history's only source of randomness."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from qa.checker.history import Fault


@dataclass(frozen=True, slots=True)
class Odds:
    """Probabilities of faults and events."""

    # the provider and the network
    place_rejected: float = 0.02
    place_5xx: float = 0.01
    place_reset: float = 0.02
    place_slow: float = 0.01
    never_picked_up: float = 0.06
    late_pick_up: float = 0.03
    webhook_doubled: float = 0.10
    webhook_late: float = 0.10
    webhook_lost: float = 0.01
    field_missing: float = 0.02
    user_missing: float = 0.02
    call_log_down: float = 0.005
    hours_late: float = 0.003
    retried: float = 0.01
    # inbound calls, and how their callers are written
    greeting: float = 0.3
    group: float = 0.25
    unnamed: float = 0.3
    colleague: float = 0.15
    fetched: float = 0.15
    odd_letters: float = 0.05
    # pages, sockets and Salesforce
    page_crash: float = 0.02
    page_frozen: float = 0.02
    socket_lost: float = 0.01
    lost_callback: float = 0.01
    slow_commit: float = 0.01
    refused_by_rule: float = 0.01
    refused_transient: float = 0.02
    # agents
    wavering: float = 0.02
    # Salesforce's API, where the backend writes
    api_429: float = 0.03
    api_500: float = 0.03
    api_lost: float = 0.03
    api_late: float = 0.02
    api_vanished: float = 0.02
    api_locked: float = 0.001
    # the adapter's processes
    kill_at_commit: float = 0.0005
    store_fails: float = 0.001


@dataclass(frozen=True, slots=True)
class Shape:
    """The kind of a history, drawn from its seed, so that many kinds are tried."""

    read_back: bool
    finder: bool
    replicas: int
    wrapup_ms: int


class Dice:
    """The only source of randomness; draws are reproducible in their order."""

    def __init__(self, seed: int, odds: Odds, now: Callable[[], int]) -> None:
        self.odds = odds
        self.random = random.Random(seed)
        self.faults: list[Fault] = []
        self._now = now
        self._roll = self.random.random
        self.shape = Shape(
            read_back=self.hits(0.7),
            finder=self.hits(0.3),
            replicas=2 if self.hits(0.3) else 1,
            wrapup_ms=self.random.choice((60_000, 60_000, 10_000, 0)),
        )

    def hits(self, probability: float) -> bool:
        """Whether an event of this probability happens now."""
        return self._roll() < probability

    def between(self, low: float, high: float) -> float:
        """A random number between these."""
        return low + (high - low) * self._roll()

    def fault(self, kind: str, subject: str = "") -> None:
        """Record an injected fault."""
        self.faults.append(Fault(self._now(), kind, subject))

    def breaks(self, probability: float, kind: str, subject: str = "") -> bool:
        """Whether this breaks now; if so, record the fault."""
        if self._roll() >= probability:
            return False
        self.fault(kind, subject)
        return True
