"""The results of a part of the bench."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

Round = dict[str, float]
LEFT_OUT = "not part of this run (--only, --quick)"


@dataclass
class Results:
    """Figures under their stable names, and the rounds they come from, by contender.

    `reasons` says why a figure is None.
    """

    figures: dict[str, float | None] = field(default_factory=dict)
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, other: Results) -> None:
        """Merge other results into these."""
        self.figures.update(other.figures)
        self.rounds.update(other.rounds)
        self.reasons.update(other.reasons)

    def median_of(self, contender: str, key: str) -> float:
        """The median of a contender's rounds."""
        return median(figures[key] for figures in self.rounds[contender])

    def ratio(self, first: str, second: str, key: str) -> float | None:
        """The first contender's value divided by the second's; None if either was not measured.

        The median of the rounds' ratios, because a disturbance of the machine affects both of a
        pair.
        """
        if first not in self.rounds or second not in self.rounds:
            return None
        pairs = zip(self.rounds[first], self.rounds[second], strict=True)
        return round(median(a[key] / b[key] for a, b in pairs), 3)

    def medians(self) -> dict[str, Round]:
        """The medians of all values, by contender."""
        return {
            kind: {key: round(self.median_of(kind, key), 3) for key in rounds[0]}
            for kind, rounds in self.rounds.items()
        }


def percentile(values: Iterable[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
