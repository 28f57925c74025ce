"""The checker's report: the broken promises, and the run's last line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Violation:
    """A promise that was broken: `kind` is a counter's name or a stable word."""

    kind: str
    subject: str
    text: str


@dataclass(slots=True)
class Report:
    """The checker's findings; `summary` is the run's last line."""

    calls: int
    seed: int
    seconds: float
    faults: dict[str, int]
    max_posts_per_dial: int
    tray: int
    tray_expected: int
    violations: list[Violation] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        """Whether every promise was kept."""
        return not self.violations

    def count(self, kind: str) -> int:
        """The number of violations of this kind."""
        return sum(v.kind == kind for v in self.violations)

    def summary(self) -> dict[str, Any]:
        """The JSON object of the run's last line."""
        counted = ("lost", "doubled", "incomplete", "illegal", "wrong_fields", "unlogged_webhooks")
        other_kinds = Counter(v.kind for v in self.violations if v.kind not in counted)
        return {
            "calls": self.calls,
            "seed": self.seed,
            "kills": sum(n for kind, n in self.faults.items() if kind.startswith("kill")),
            **{kind: self.count(kind) for kind in counted},
            "max_posts_per_dial": self.max_posts_per_dial,
            "tray": self.tray,
            "tray_expected": self.tray_expected,
            "other_violations": dict(other_kinds),
            "faults": dict(sorted(self.faults.items())),
            "seconds": round(self.seconds, 3),
            "ok": self.is_ok,
        }
