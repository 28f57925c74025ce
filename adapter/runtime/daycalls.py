"""A day's calls added up, as the board shows them: in all, and for each agent.

Law of this file: what is long over is read once a minute, for corrections that come late; between,
only what is recent or was alive. A busy day has tens of thousands of calls, and boards stay open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from adapter.core.facts import Outcome
from adapter.storage.board import BoardCall

RECENT_MS = 600_000
"""Calls that began within so much are read each time."""

WHOLE_MS = 60_000
"""So often the whole day is read."""

NO_CALLS = {"calls": 0, "answered": 0, "missed": 0, "talk_seconds": 0}


@dataclass(slots=True)
class Tally:
    """How calls went; `ends` and `users` by user: the last call's end (Unix ms), and their sums."""

    live: int = 0
    over: int = 0
    talks: int = 0
    talk_seconds: int = 0
    longest_seconds: int = 0
    by_outcome: Counter[str] = field(default_factory=Counter)
    by_direction: Counter[str] = field(default_factory=Counter)
    ends: dict[str, int] = field(default_factory=dict)
    users: dict[str, dict[str, int]] = field(default_factory=dict)

    def plus(self, calls: Iterable[BoardCall]) -> Tally:
        """These calls beside those that were counted before."""
        outcomes, directions = Counter(self.by_outcome), Counter(self.by_direction)
        users = {user: dict(sums) for user, sums in self.users.items()}
        numbers = self.live, self.over, self.talks, self.talk_seconds, self.longest_seconds
        both = Tally(*numbers, outcomes, directions, dict(self.ends), users)
        for call in calls:
            both._count(call.user_id, call.told)
        return both

    def _count(self, user: str, told: dict[str, Any]) -> None:
        if not told:
            self.live += 1
            return
        outcome, seconds = told["outcome"], told["talk_seconds"]
        self.over += 1
        self.by_outcome[outcome] += 1
        self.by_direction[told["direction"]] += 1
        if seconds is not None:
            self.talks += 1
            self.talk_seconds += seconds
            self.longest_seconds = max(self.longest_seconds, seconds)
        if (end := told.get("ended")) is not None:
            self.ends[user] = max(end, self.ends.get(user, 0))
        sums = self.users.setdefault(user, dict(NO_CALLS))
        sums["calls"] += 1
        sums["answered"] += outcome == Outcome.ANSWERED
        sums["missed"] += outcome == Outcome.MISSED
        sums["talk_seconds"] += seconds or 0

    def report(self) -> dict[str, Any]:
        """All calls together, as the board's frame has them."""
        return {
            "over": self.over,
            "live": self.live,
            "by_outcome": dict(self.by_outcome.most_common()),
            "by_direction": dict(self.by_direction),
            "talk_seconds": self.talk_seconds,
            "talks": self.talks,
            "longest_seconds": self.longest_seconds,
        }


class DayCalls:
    """One organization's day. Asked where to read from, then told what was read."""

    def __init__(self) -> None:
        self._before = Tally()
        self._edge = 0
        self._whole_at: int | None = None

    def since(self, begin: int, now: int) -> int:
        """From where to read at `now` a day that begins at `begin` (all Unix ms)."""
        is_due = self._whole_at is None or now - self._whole_at >= WHOLE_MS
        return begin if is_due else max(begin, self._edge)

    def tally(self, calls: Iterable[BoardCall], now: int, *, whole: bool) -> Tally:
        """The whole day, of which `calls` are those since `since`, or all of them (`whole`)."""
        calls = tuple(calls)
        if whole:
            alive = (call.at for call in calls if not call.told)
            self._edge, self._whole_at = min((now - RECENT_MS, *alive)), now
            self._before = Tally().plus(call for call in calls if call.at < self._edge)
        return self._before.plus(call for call in calls if call.at >= self._edge)
