"""Counts the calls that each org started within the last minute, over all replicas.

Law of this file: this replica's count is exact; other replicas' counts are as late as their hints.
A hint's version is the number of calls since the replica's start, so a later hint makes up for lost
and reordered ones. From an unknown replica's first hint, one call is counted.
"""

from __future__ import annotations

from collections import OrderedDict, deque

from adapter.core.dialing import MINUTE_MS
from adapter.core.model import AgentKey
from adapter.fanout.port import Hints, Topic
from adapter.runtime.clock import Clock

REPLICAS_KEPT = 1_000
"""The most pairs of org and replica remembered; rolling restarts bring new replicas."""


class _Window:
    """The calls of one org within the last minute."""

    __slots__ = ("_counts", "_total")

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int]] = deque()
        self._total = 0

    def total(self, now: int) -> int:
        """The number of calls at `now` (Unix milliseconds)."""
        while self._counts and now - self._counts[0][0] >= MINUTE_MS:
            self._total -= self._counts.popleft()[1]
        return self._total

    def add(self, now: int, count: int) -> None:
        """Add `count` calls; a negative count takes some back."""
        self._counts.append((now, count))
        self._total += count


class OrgRate:
    """The counts of all orgs."""

    def __init__(self, clock: Clock, hints: Hints | None = None) -> None:
        """`hints`: set if other replicas count too."""
        self._clock = clock
        self._hints = hints
        self._own = clock.nonce()
        self._windows: dict[str, _Window] = {}
        self._placed: dict[str, int] = {}
        self._counts_elsewhere: OrderedDict[AgentKey, int] = OrderedDict()
        if hints is not None:
            hints.listen(self.hinted, Topic.CALLS_PLACED)

    def take(self, org_id: str) -> int:
        """The number of calls so far; also counts the one about to start."""
        now, window = self._clock.now(), self._window(org_id)
        before = window.total(now)
        window.add(now, 1)
        return before

    def settle(self, org_id: str, *, placed: bool) -> None:
        """Keep the counted call and tell the other replicas, or take it back."""
        if not placed:
            self._window(org_id).add(self._clock.now(), -1)
            return
        count = self._placed[org_id] = self._placed.get(org_id, 0) + 1
        if self._hints is not None:
            self._hints.publish(AgentKey(org_id, self._own), count, topic=Topic.CALLS_PLACED)

    def hinted(self, key: AgentKey, count: int) -> None:
        """Another replica's calls (a listener of the hints)."""
        if key.user_id == self._own:
            return
        known = self._counts_elsewhere.get(key, count - 1)
        if count > known:
            self._window(key.org_id).add(self._clock.now(), count - known)
        self._counts_elsewhere[key] = max(count, known)
        self._counts_elsewhere.move_to_end(key)
        if len(self._counts_elsewhere) > REPLICAS_KEPT:
            self._counts_elsewhere.popitem(last=False)

    def _window(self, org_id: str) -> _Window:
        return self._windows.setdefault(org_id, _Window())
