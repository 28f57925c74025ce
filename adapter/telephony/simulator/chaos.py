"""Faults that the simulated provider makes on purpose, by seeded dice. Pure except for counters.

Each throw depends on the seed, the kind of fault and its subject, but not on the order of throws.
So the same seed always gives the same faults.
"""

import random
from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """Probabilities from 0 to 1, of each webhook or of each `POST /v1/calls`.

    Webhooks: `duplicate` (sent twice), `reorder` (delayed until after later ones), `drop` (never
    sent; always for the types in `drop_types`), `delay_ms` (range of a wait), `bad_signature` and
    `stale_signature` (only on the first attempt), `omit` (leaves out each optional field), `again`
    (sent again after `again_ms` with a signature `again_age_seconds` old, like a sender that
    retries for hours). Requests: `status_429` (no call), `status_5xx` and `hang` (a call in half
    of the cases; `hang` answers after `hang_seconds`), `accept_then_reset` (a call, then a reset
    connection).
    """

    duplicate: float = 0.0
    reorder: float = 0.0
    drop: float = 0.0
    drop_types: tuple[str, ...] = ()
    delay_ms: tuple[int, int] = (0, 0)
    bad_signature: float = 0.0
    stale_signature: float = 0.0
    omit: float = 0.0
    again: float = 0.0
    again_ms: int = 5000
    again_age_seconds: int = 14_400
    status_429: float = 0.0
    status_5xx: float = 0.0
    accept_then_reset: float = 0.0
    hang: float = 0.0
    hang_seconds: float = 15.0
    reorder_ms: int = 1500

    def changed(self, wanted: dict[str, Any]) -> "Knobs":
        """These knobs with the wanted changes.

        Raises:
            ValueError: an unknown knob, or an invalid value.
        """
        known = {f.name for f in fields(self)}
        if unknown := set(wanted) - known:
            raise ValueError(f"unknown knob: {sorted(unknown)[0]}")
        return replace(self, **{name: _value(name, value) for name, value in wanted.items()})


_AMOUNTS = frozenset({"hang_seconds", "reorder_ms", "again_ms", "again_age_seconds"})


def _value(name: str, value: Any) -> Any:
    match name, value:
        case "drop_types", [*types] if all(isinstance(kind, str) for kind in types):
            return tuple(types)
        case "delay_ms", [int(low), int(high)] if 0 <= low <= high:
            return (low, high)
        case _ if name in _AMOUNTS and type(value) in {int, float} and value >= 0:
            return value
        case _ if name in {"drop_types", "delay_ms", *_AMOUNTS}:
            raise ValueError(f"bad value for {name}")
        case _, bool():
            return float(value)
        case _, int() | float() if 0 <= value <= 1:
            return float(value)
        case _:
            raise ValueError(f"{name} is a probability from 0 to 1")


class Dice:
    """Seeded dice that count their hits. `seed` may be changed between calls."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.counts: Counter[str] = Counter()

    def hits(self, kind: str, subject: str, probability: float) -> bool:
        """Whether this fault hits this subject; counts hits."""
        hit = probability > 0 and self.fraction(kind, subject) < probability
        if hit:
            self.counts[kind] += 1
        return hit

    def fraction(self, kind: str, subject: str) -> float:
        """The throw itself, from 0 up to 1."""
        return random.Random(f"{self.seed}:{kind}:{subject}").random()  # noqa: S311 - a play
