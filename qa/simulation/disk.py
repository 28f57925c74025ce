"""A store in memory: commits survive every process, and everything else dies with it.

`Disk` is the file. `MemoryStore` is one process's connection to it, which is slow, fails, and dies
with its process, before a commit or between a commit and its answer.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Callable

from msgspec.structs import replace

from adapter.core.logs.model import CallLog
from adapter.core.model import PHASES, Agent, AgentKey, TelephonyUser
from adapter.storage.port import (
    AgentChange,
    Commit,
    Conflict,
    Delivery,
    Done,
    Duplicate,
    Keep,
    Parked,
    Route,
    RouteRead,
    Session,
    Snapshot,
    StorageError,
)
from qa.checker.history import Step, Trail
from qa.simulation.dice import Dice

PARKED_ASK_MS = 10_000
PHASE_WORDS = {stage: phase.value for stage, phase in PHASES.items()}


class Disk:
    """Everything durable, and the history of its versions."""

    def __init__(self) -> None:
        self.agents: dict[AgentKey, Snapshot] = {}
        self.logs: dict[tuple[AgentKey, str], CallLog] = {}
        self.owners: dict[tuple[str, str], dict[AgentKey, str]] = defaultdict(dict)
        self.parked: dict[tuple[str, str], list[Parked]] = {}
        self.deliveries: dict[tuple[str, str], Delivery] = {}
        self.lines: dict[TelephonyUser, set[AgentKey]] = defaultdict(set)
        self.trails: dict[AgentKey, Trail] = {}
        self._dues: list[tuple[int, AgentKey]] = []
        self._due: dict[AgentKey, int | None] = {}

    def apply(self, commit: Commit) -> None:
        """Apply all of a commit or nothing. Raises Conflict or Duplicate."""
        self._check(commit)
        if commit.delivery is not None:
            key = (commit.delivery.account, commit.delivery.event_id)
            self.deliveries[key] = commit.delivery
        for change in commit.changes:
            self._change(change)
        for parked in commit.unpark:
            self.drop(parked)
        for parked in commit.park:
            self.parked.setdefault((parked.account, parked.provider_call_id), []).append(parked)

    def _check(self, commit: Commit) -> None:
        delivery = commit.delivery
        if delivery is not None and (delivery.account, delivery.event_id) in self.deliveries:
            raise Duplicate(delivery.event_id)
        for change in commit.changes:
            before = self.agents.get(change.agent.key)
            if (before.version if before else 0) != change.read_version:
                raise Conflict(str(change.agent.key))
        for parked in commit.park:
            if self.owners.get((parked.account, parked.provider_call_id)):
                raise Conflict(parked.provider_call_id)
        if commit.route is not None and not self._is_so(commit.route):
            raise Conflict(commit.route.call[1])

    def _is_so(self, route: RouteRead) -> bool:
        parked = frozenset(parked.event_id for parked in self.parked.get(route.call, ()))
        return (
            self.owners.get(route.call, {}).keys() == route.owners
            and route.parked in {None, parked}
            and (route.line is None or self.lines.get(route.line, set()) == route.line_agents)
        )

    def _change(self, change: AgentChange) -> None:
        key, version = change.agent.key, change.read_version + 1
        before = self.agents.get(key)
        logs = before.logs if before else ()
        for log in change.logs:
            self.logs[key, log.log_id] = log
            other_logs = tuple(other for other in logs if other.log_id != log.log_id)
            logs = other_logs if log.is_settled else (*other_logs, log)
        self.agents[key] = Snapshot(change.agent, version, logs)
        if change.agent.line is not None:
            self.lines[change.agent.line].add(key)
        for row in change.calls:
            self.owners[row.call][row.agent] = row.call_id
        self._due[key] = change.next_due
        if change.next_due is not None:
            heapq.heappush(self._dues, (change.next_due, key))
        self._note(change.agent, version, before)

    def _note(self, agent: Agent, version: int, before: Snapshot | None) -> None:
        if before is not None and before.agent.calls is agent.calls:
            last = self.trails[agent.key].steps
            last.append(Step(version, last[-1].phase, last[-1].calls))
            return
        phases = {call.call_id: PHASE_WORDS[type(call.stage)] for call in agent.calls}
        if before is None:
            self.trails[agent.key] = Trail(str(agent.key))
        self.trails[agent.key].steps.append(Step(version, agent.phase.value, phases))

    def due(self, now: int, limit: int) -> tuple[AgentKey, ...]:
        """Agents whose deadline has passed, oldest first."""
        dues: dict[AgentKey, int] = {}
        while self._dues and self._dues[0][0] <= now and len(dues) < limit:
            due, key = heapq.heappop(self._dues)
            if self._due.get(key) == due:
                dues[key] = due
        for key, due in dues.items():
            heapq.heappush(self._dues, (due, key))
        return tuple(dues)

    def agent_due(self, key: AgentKey) -> int | None:
        """The agent's next deadline."""
        return self._due.get(key)

    def next_due(self) -> int | None:
        """When the sweeper will next find something, at the earliest."""
        while self._dues and self._due.get(self._dues[0][1]) != self._dues[0][0]:
            heapq.heappop(self._dues)
        first = self._dues[0][0] if self._dues else None
        if not self.parked:
            return first
        parked = (row for waiting in self.parked.values() for row in waiting)
        dues = [row.due if row.asked else row.at + PARKED_ASK_MS for row in parked]
        return min(dues if first is None else [*dues, first])

    def due_parked(self, now: int, limit: int) -> tuple[Parked, ...]:
        """Parked deliveries to look up, or to drop."""
        waiting = [p for parked in self.parked.values() for p in parked]
        due = (p for p in waiting if p.due <= now or (not p.asked and p.at + PARKED_ASK_MS <= now))
        return tuple(due)[:limit]

    def mark_asked(self, parked: Parked) -> None:
        """Record that the CDR was requested."""
        key = (parked.account, parked.provider_call_id)
        if key in self.parked:
            self.parked[key] = [
                replace(p, asked=True) if p.event_id == parked.event_id else p
                for p in self.parked[key]
            ]

    def drop(self, parked: Parked) -> None:
        """Drop a parked delivery."""
        key = (parked.account, parked.provider_call_id)
        left = [p for p in self.parked.get(key, ()) if p.event_id != parked.event_id]
        if left:
            self.parked[key] = left
        else:
            self.parked.pop(key, None)


class MemoryStore:
    """One process's connection to the disk (adapter.storage.port.Store)."""

    def __init__(self, disk: Disk, dice: Dice, die: Callable[[], None]) -> None:
        self._disk = disk
        self._dice = dice
        self._die = die
        self.dead = False
        self.under_way: set[asyncio.Task[None]] = set()

    async def _use(self, *, slow: float = 0.0) -> None:
        """Use the disk, perhaps slowly; it never answers a dead process."""
        if self.dead:
            raise StorageError("the process is dead")
        if slow and self._dice.hits(slow):
            await asyncio.sleep(self._dice.between(0.001, 0.05))
            if self.dead:
                raise StorageError("the process is dead")

    async def epoch(self) -> str:
        """The epoch: the disk is always the same."""
        return "epoch"

    async def load(self, key: AgentKey) -> Snapshot | None:
        """The agent as last committed."""
        await self._use(slow=0.2)
        return self._disk.agents.get(key)

    async def log(self, key: AgentKey, log_id: str) -> CallLog | None:
        """One call log."""
        await self._use(slow=0.2)
        return self._disk.logs.get((key, log_id))

    async def agents_of(self, line: TelephonyUser) -> tuple[AgentKey, ...]:
        """The agents with this line."""
        await self._use()
        return tuple(sorted(self._disk.lines.get(line, ())))

    async def route(self, account: str, provider_call_id: str) -> Route:
        """The route of this call."""
        await self._use(slow=0.05)
        owners = self._disk.owners.get((account, provider_call_id), {})
        return Route(dict(owners), tuple(self._disk.parked.get((account, provider_call_id), ())))

    async def commit(self, commit: Commit) -> None:
        """Commit after a delay; it may fail, or the process may die."""
        await self._use(slow=0.2)
        odds = self._dice.odds
        if self._dice.hits(odds.store_fails):
            self._dice.fault("database-locked")
            raise StorageError("database is locked")
        if self._dice.hits(odds.kill_at_commit):
            await self._killed("kill-before-commit")
        self._disk.apply(commit)
        if self._dice.hits(odds.kill_at_commit):
            await self._killed("kill-after-commit")
        await self._use(slow=0.05)

    def begin(self, commit: Commit, done: Done[None]) -> None:
        """Commit with a callback, which is not called if the process was killed."""
        task = asyncio.ensure_future(self._begun(commit, done))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _begun(self, commit: Commit, done: Done[None]) -> None:
        try:
            await self.commit(commit)
        except StorageError as error:
            done(error)
        else:
            done(None)

    async def _killed(self, kind: str) -> None:
        self._dice.fault(kind)
        self._die()
        await asyncio.Event().wait()

    async def due(self, now: int, limit: int) -> tuple[AgentKey, ...]:
        """Agents whose deadline has passed."""
        await self._use()
        return self._disk.due(now, limit)

    async def due_parked(self, now: int, limit: int) -> tuple[Parked, ...]:
        """Parked deliveries to look up, or to drop."""
        await self._use()
        return self._disk.due_parked(now, limit)

    async def mark_asked(self, parked: Parked) -> None:
        """Record that the CDR was requested."""
        await self._use()
        self._disk.mark_asked(parked)

    async def drop_parked(self, parked: Parked) -> None:
        """Drop a parked delivery."""
        await self._use()
        self._disk.drop(parked)

    async def versions(self, keys: tuple[AgentKey, ...]) -> dict[AgentKey, int]:
        """The committed versions."""
        await self._use()
        return {key: self._disk.agents[key].version for key in keys if key in self._disk.agents}

    async def put_session(self, session: Session) -> None:
        """Nobody signs in here."""
        raise NotImplementedError

    async def update_session(self, session: Session) -> bool:
        """Nobody signs in here."""
        raise NotImplementedError

    async def session(self, token_hash: str) -> Session | None:
        """Nobody signs in here."""
        raise NotImplementedError

    async def take_session(self, token_hash: str) -> Session | None:
        """Nobody signs in here."""
        raise NotImplementedError

    async def drop_sessions(self, agent: AgentKey, token_hash: str | None = None) -> int:
        """Nobody signs in here."""
        raise NotImplementedError

    async def prune(self, keep: Keep) -> int:
        """Histories are short."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing to finish."""
