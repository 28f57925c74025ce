"""The sums of a day's calls for the board: total and per agent.

Law of this file: old calls are read once a minute, for late corrections; in between, only recent
and live ones. A busy day has tens of thousands of calls, and boards stay open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from adapter.core.facts import Outcome
from adapter.storage.board import BoardCall

RECENT_MS = 600_000
"""Calls that began this recently are read each time."""

WHOLE_MS = 60_000
"""How often the whole day is read."""

NO_CALLS = {"calls": 0, "answered": 0, "missed": 0, "talk_seconds": 0}


@dataclass(slots=True)
class Tally:
    """Sums of calls; by user, `ends` has the last call's end (Unix ms) and `users` the sums."""

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
        """A new tally with these calls added."""
        outcomes, directions = Counter(self.by_outcome), Counter(self.by_direction)
        users = {user: dict(sums) for user, sums in self.users.items()}
        numbers = self.live, self.over, self.talks, self.talk_seconds, self.longest_seconds
        both = Tally(*numbers, outcomes, directions, dict(self.ends), users)
        for call in calls:
            both._count(call.user_id, call.result)
        return both

    def _count(self, user: str, ended_call: dict[str, Any]) -> None:
        if not ended_call:
            self.live += 1
            return
        outcome, seconds = ended_call["outcome"], ended_call["talk_seconds"]
        self.over += 1
        self.by_outcome[outcome] += 1
        self.by_direction[ended_call["direction"]] += 1
        if seconds is not None:
            self.talks += 1
            self.talk_seconds += seconds
            self.longest_seconds = max(self.longest_seconds, seconds)
        if (end := ended_call.get("ended")) is not None:
            self.ends[user] = max(end, self.ends.get(user, 0))
        sums = self.users.setdefault(user, dict(NO_CALLS))
        sums["calls"] += 1
        sums["answered"] += outcome == Outcome.ANSWERED
        sums["missed"] += outcome == Outcome.MISSED
        sums["talk_seconds"] += seconds or 0

    def report(self) -> dict[str, Any]:
        """The totals in the form of the board's frame."""
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
    """One organization's day: `since` says where to read from, `tally` adds what was read."""

    def __init__(self) -> None:
        self._before = Tally()
        self._edge = 0
        self._whole_at: int | None = None

    def since(self, begin: int, now: int) -> int:
        """The time from which to read at `now`, for a day that begins at `begin` (Unix ms)."""
        is_due = self._whole_at is None or now - self._whole_at >= WHOLE_MS
        return begin if is_due else max(begin, self._edge)

    def tally(self, calls: Iterable[BoardCall], now: int, *, whole: bool) -> Tally:
        """The whole day's sums; `calls` are those since `since`, or all of them (`whole`)."""
        calls = tuple(calls)
        if whole:
            alive = (call.at for call in calls if not call.result)
            self._edge, self._whole_at = min((now - RECENT_MS, *alive)), now
            self._before = Tally().plus(call for call in calls if call.at < self._edge)
        return self._before.plus(call for call in calls if call.at >= self._edge)
