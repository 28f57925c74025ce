"""How many calls each org has started within the last minute, at all replicas.

Law of this file: what is counted here is exact, what other replicas counted is as late as their
hints. A replica's calls have a version as an agent has one: how many there were since it started.
So hints may be lost or overtake each other, and the next one makes up for it; only of a replica
that was never heard before nobody knows when its earlier calls were, and one is counted.
"""

from __future__ import annotations

from collections import OrderedDict, deque

from adapter.core.dialing import MINUTE_MS
from adapter.core.model import AgentKey
from adapter.fanout.port import Hints
from adapter.runtime.clock import Clock

MARK = "dials@"
"""Hints about a replica's calls come under this name: no user id of Salesforce has an @."""

REPLICAS_KEPT = 1_000
"""Pairs of org and replica that are remembered: each rolling restart brings new replicas."""


class _Window:
    """The calls of one org within the last minute."""

    __slots__ = ("_counts", "_total")

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int]] = deque()
        self._total = 0

    def total(self, now: int) -> int:
        """How many there are; times are Unix milliseconds."""
        while self._counts and now - self._counts[0][0] >= MINUTE_MS:
            self._total -= self._counts.popleft()[1]
        return self._total

    def add(self, now: int, count: int) -> None:
        """So many more; less than none takes some back."""
        self._counts.append((now, count))
        self._total += count


class OrgRate:
    """Counts for all orgs of the deployment."""

    def __init__(self, clock: Clock, hints: Hints | None = None) -> None:
        """`hints`: where other replicas count too."""
        self._clock = clock
        self._hints = hints
        self._own = MARK + clock.nonce()
        self._windows: dict[str, _Window] = {}
        self._placed: dict[str, int] = {}
        self._others: OrderedDict[AgentKey, int] = OrderedDict()
        if hints is not None:
            hints.listen(self.hinted)

    def take(self, org_id: str) -> int:
        """How many calls the org has started; the one that is about to be counts from now on."""
        now, window = self._clock.now(), self._window(org_id)
        before = window.total(now)
        window.add(now, 1)
        return before

    def settle(self, org_id: str, *, placed: bool) -> None:
        """What became of it: counted for good, and told to the other replicas, or taken back."""
        if not placed:
            self._window(org_id).add(self._clock.now(), -1)
            return
        count = self._placed[org_id] = self._placed.get(org_id, 0) + 1
        if self._hints is not None:
            self._hints.publish(AgentKey(org_id, self._own), count)

    def hinted(self, key: AgentKey, count: int) -> None:
        """Another replica's calls (a listener of the hints)."""
        if not key.user_id.startswith(MARK) or key.user_id == self._own:
            return
        known = self._others.get(key, count - 1)
        if count > known:
            self._window(key.org_id).add(self._clock.now(), count - known)
        self._others[key] = max(count, known)
        self._others.move_to_end(key)
        if len(self._others) > REPLICAS_KEPT:
            self._others.popitem(last=False)

    def _window(self, org_id: str) -> _Window:
        return self._windows.setdefault(org_id, _Window())
