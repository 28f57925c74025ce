"""A process's path from events to the disk: the real turn, a compare-and-set, and faults.

One agent's events are handled one after the other. A fifth of the commits take a while, so another
process may be faster. A process may die before a commit, or between it and its effects.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapter.core.model import Agent, AgentKey
from adapter.core.policy import Policy
from adapter.runtime.agents import _change
from adapter.runtime.turn import Step, Turn, take_turn
from adapter.storage.port import Commit, Conflict, Delivery, Duplicate, Parked, Snapshot
from qa.simulation.core.heap import HeapLoop
from qa.simulation.dice import Dice
from qa.simulation.disk import Disk

SLOW = 0.2
NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class Wish:
    """A requested change: the steps, and for a webhook what goes into the same commit."""

    steps: Sequence[Step] = ()
    delivery: Delivery | None = None
    park: tuple[Parked, ...] = ()
    unpark: tuple[Parked, ...] = ()


def nothing(*_: object) -> None:
    """Do nothing, because nobody waits for the result."""


@dataclass(slots=True)
class Job:
    """One change of one agent. A `wish` that depends on it is computed again after a lost race."""

    key: AgentKey
    wish: Wish | Callable[[Snapshot], Wish]
    then: Callable[[Turn], None] = nothing
    failed: Callable[[], None] = nothing


class Commits:
    """Does what `adapter.runtime.agents` does in the runtime, without awaiting."""

    def __init__(
        self,
        *,
        loop: HeapLoop,
        dice: Dice,
        disk: Disk,
        policy: Policy,
        shared: bool,
        committed: Callable[[AgentKey, Snapshot], None],
        perform: Callable[[AgentKey, Turn], None],
        die: Callable[[], None],
    ) -> None:
        self.cache: dict[AgentKey, Snapshot] = {}
        self.dead = False
        self._loop = loop
        self._dice = dice
        self._disk = disk
        self._policy = policy
        self._shared = shared
        self._committed = committed
        self._perform = perform
        self._die = die
        self._busy: dict[AgentKey, deque[Job]] = {}

    def tell(
        self,
        key: AgentKey,
        steps: Sequence[Step],
        then: Callable[[Turn], None] = nothing,
        failed: Callable[[], None] = nothing,
    ) -> None:
        """Apply these steps to the agent, after those that are already queued."""
        self.add(Job(key, Wish(steps), then, failed))

    def add(self, job: Job) -> None:
        """Queue a job until no other job of this agent is under way."""
        queue = self._busy.get(job.key)
        if queue is None:
            self._run(job)
        else:
            queue.append(job)

    def snapshot(self, key: AgentKey) -> Snapshot:
        """The agent as this process last saw it, otherwise as it is on the disk."""
        known = self.cache.get(key)
        if known is None:
            known = self._disk.agents.get(key) or Snapshot(Agent(key), 0, ())
            self.cache[key] = known
        return known

    def _run(self, job: Job) -> None:
        before = self.snapshot(job.key)
        wish = job.wish if isinstance(job.wish, Wish) else job.wish(before)
        turn = self._turn(before, wish.steps)
        if self._dice.hits(SLOW):
            self._busy[job.key] = deque()
            seconds = self._dice.between(0.001, 0.05)
            self._loop.call_later(seconds, self._late, job, before, wish, turn)
        else:
            self._commit(job, before, wish, turn)

    def _late(self, job: Job, before: Snapshot, wish: Wish, turn: Turn) -> None:
        if self.dead:
            return
        waiting = self._busy.pop(job.key)
        self._commit(job, before, wish, turn)
        for other in waiting:
            if not self.dead:
                self.add(other)

    def _turn(self, before: Snapshot, steps: Sequence[Step]) -> Turn:
        logs, absent = before.logs, NONE
        while True:
            turn = take_turn(before.agent, logs, steps, self._policy, absent)
            if not turn.missing:
                return turn
            for log_id in turn.missing:
                stored = self._disk.logs.get((before.agent.key, log_id))
                if stored is None:
                    absent |= {log_id}
                else:
                    logs = (*logs, stored)

    def _commit(self, job: Job, before: Snapshot, wish: Wish, turn: Turn) -> None:
        always = self._shared and wish.delivery is not None
        change = _change(before, turn, always)
        if change is None and wish.delivery is None:
            self._perform(job.key, turn)
            job.then(turn)
            return
        if self._fails():
            self.cache.pop(job.key, None)
            if not self.dead:
                job.failed()
            return
        changes = (change,) if change else ()
        try:
            self._disk.apply(
                Commit(changes, delivery=wish.delivery, park=wish.park, unpark=wish.unpark)
            )
        except Conflict:
            self._dice.fault("race-lost")
            self.cache.pop(job.key, None)
            self._run(job)
            return
        except Duplicate:
            self.cache.pop(job.key, None)
            job.then(turn)
            return
        if self._killed("kill-after-commit"):
            return
        self._done(job, turn, changed=change is not None)

    def _done(self, job: Job, turn: Turn, *, changed: bool) -> None:
        if changed:
            snapshot = self._disk.agents[job.key]
            self.cache[job.key] = snapshot
            self._committed(job.key, snapshot)
        self._perform(job.key, turn)
        job.then(turn)

    def _fails(self) -> bool:
        """Whether this commit fails, because the disk is locked or the process dies."""
        if self._dice.hits(self._dice.odds.store_fails):
            self._dice.fault("database-locked")
            return True
        return self._killed("kill-before-commit")

    def _killed(self, kind: str) -> bool:
        if not self._dice.hits(self._dice.odds.kill_at_commit):
            return False
        self._dice.fault(kind)
        self._die()
        return True
