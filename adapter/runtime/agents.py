"""Load, decide, commit, tell, perform: the life of every event.

Law of this file: effects are performed and pages are told only after the commit, and a lost race
is nothing but a second decision (free, because deciding is pure). The agents kept in memory are a
cache that the store's versions check.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from adapter.core.effects import Effect
from adapter.core.events import Event
from adapter.core.logevents import LogEffect, LogEvent
from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, AgentKey
from adapter.core.phone import DialRules
from adapter.core.policy import Policy
from adapter.fanout.port import Hints
from adapter.runtime.callrows import call_rows
from adapter.runtime.keyedlocks import KeyedLocks
from adapter.runtime.routes import Routes
from adapter.runtime.turn import ForLog, Step, Turn, go_on, take_turn
from adapter.storage.port import (
    AgentChange,
    Commit,
    Conflict,
    Delivery,
    DriverRow,
    Parked,
    RouteRead,
    Snapshot,
    StorageError,
    Store,
)

Plan = Mapping[AgentKey, Sequence[Step]]
Follower = Callable[[Agent], Sequence[Event]]
RulesOf = Callable[[AgentKey], Policy | None]
Counting = Callable[[Turn], None]
Performer = Callable[[AgentKey, Turn, Sequence[Effect], Sequence[LogEffect]], None]

CACHED = 20_000
RACES = 50


class Agents:
    """All agents, as one process sees them."""

    def __init__(
        self,
        store: Store,
        hints: Hints,
        policy: Policy,
        *,
        shared: bool = False,
        rules_of: RulesOf = lambda _: None,
    ) -> None:
        """`shared`: other replicas commit too, so that what is in memory may be old.

        `rules_of` an agent's own org; `policy` where it has none.
        """
        self._store = store
        self._hints = hints
        self.policy = policy
        self._rules_of = rules_of
        self.routes = Routes()
        self._shared = shared
        self._cache: OrderedDict[AgentKey, Snapshot] = OrderedDict()
        self._alone = KeyedLocks()
        self._perform: Performer = lambda *_: None
        self._follow: Follower = lambda _: ()
        self._count: Counting = lambda _: None

    def perform_with(self, performer: Performer) -> None:
        """Who carries effects out; called after each commit, must only start things."""
        self._perform = performer

    def count_with(self, counter: Counting) -> None:
        """Who counts what turns came to; called after each commit."""
        self._count = counter

    def follow_with(self, follower: Follower) -> None:
        """Who knows what follows at once from a decision, to go into the same commit."""
        self._follow = follower

    def policy_of(self, key: AgentKey) -> Policy:
        """The rules that this agent's calls and logs follow."""
        return self._rules_of(key) or self.policy

    def cached(self, key: AgentKey) -> Snapshot | None:
        """The agent as this process last saw it."""
        return self._cache.get(key)

    def forget(self, key: AgentKey) -> None:
        """Read the agent from the store the next time."""
        self._cache.pop(key, None)

    async def snapshot(self, key: AgentKey) -> Snapshot:
        """The agent with its unsettled logs; a new one if nobody has seen it yet."""
        known = self._cache.get(key)
        if known is None:
            known = await self._store.load(key) or Snapshot(Agent(key), 0, ())
            self._remember(key, known)
        return known

    async def dial_rules(self, key: AgentKey) -> DialRules:
        """What the agent may dial, by their own call center. Raises StorageError."""
        agent = (await self.snapshot(key)).agent
        return self.policy_of(key).of(agent.call_center).dial

    async def handle(self, key: AgentKey, *events: Event) -> Turn:
        """The agent hears of these events. Raises StorageError if it can't be committed."""
        return await self._tell(key, events)

    async def handle_log_event(self, key: AgentKey, log_id: str, *events: LogEvent) -> Turn:
        """One of the agent's logs hears of these events. Raises StorageError."""
        return await self._tell(key, [ForLog(log_id, event) for event in events])

    async def _tell(self, key: AgentKey, steps: Sequence[Step]) -> Turn:
        for _ in range(RACES):
            try:
                return (await self.change({key: steps}))[key]
            except Conflict:
                continue
        raise StorageError(f"agent {key}: lost {RACES} races in a row")

    async def change(
        self,
        plan: Plan,
        *,
        delivery: Delivery | None = None,
        park: tuple[Parked, ...] = (),
        unpark: tuple[Parked, ...] = (),
        route: RouteRead | None = None,
        states: tuple[DriverRow, ...] = (),
    ) -> dict[AgentKey, Turn]:
        """Several agents in one commit. Raises Conflict (plan again), Duplicate, StorageError."""
        keys = sorted(plan)
        async with self._alone.acquire(keys):
            before = {key: self._cache.get(key) or await self.snapshot(key) for key in keys}
            turns = {key: await self._turn(before[key], plan[key]) for key in keys}
            # What an old value makes nothing of might have meant something to the newer one: where
            # there may be one, the store compares versions although nothing changes.
            always = self._shared and delivery is not None
            made = [_change(before[key], turns[key], always) for key in keys]
            changes = tuple([change for change in made if change is not None])
            if changes or delivery or park or unpark or states:
                await self._commit(Commit(changes, delivery, park, unpark, route, states), keys)
            self._after(before, turns, changes)
        return turns

    async def _commit(self, commit: Commit, keys: Sequence[AgentKey]) -> None:
        try:
            await self._store.commit(commit)
        except BaseException:
            # A conflict, or nobody knows what is in: the store is asked next time.
            for key in keys:
                self.forget(key)
            raise

    def _after(
        self,
        before: Mapping[AgentKey, Snapshot],
        turns: Mapping[AgentKey, Turn],
        changes: Sequence[AgentChange],
    ) -> None:
        for change in changes:
            key = change.agent.key
            turn = turns[key]
            logs = tuple(log for log in turn.logs.values() if not log.is_settled)
            version = before[key].version + 1
            self._remember(key, Snapshot(turn.agent, version, logs))
            self.routes.learn(change.calls)
            self._hints.publish(key, version)
        for key, turn in turns.items():
            if turn.opened or turn.saved:
                self._count(turn)
            if turn.effects or turn.log_effects:
                self._perform(key, turn, turn.effects, turn.log_effects)

    async def _turn(self, before: Snapshot, steps: Sequence[Step]) -> Turn:
        """Take the turn; logs that it turns out to need are loaded, then it is taken again."""
        logs: tuple[CallLog, ...] = before.logs
        absent: frozenset[str] = frozenset()
        policy = self.policy_of(before.agent.key)
        while True:
            turn = take_turn(before.agent, logs, steps, policy, absent)
            while not turn.missing:
                more = self._follow(turn.agent)
                if not more:
                    return turn
                steps = [*steps, *more]
                go_on(turn, more, policy, absent)
            for log_id in turn.missing:
                found = await self._store.log(before.agent.key, log_id)
                if found is None:
                    absent |= {log_id}
                else:
                    logs = (*logs, found)

    def _remember(self, key: AgentKey, snapshot: Snapshot) -> None:
        self._cache[key] = snapshot
        self._cache.move_to_end(key)
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)


def _change(before: Snapshot, turn: Turn, always: bool = False) -> AgentChange | None:
    """This agent's part of the commit, or None if nothing is different, unless `always`."""
    is_same = not turn.changed and (turn.agent is before.agent or turn.agent == before.agent)
    if is_same and before.version and not always:
        return None
    return AgentChange(
        read_version=before.version,
        agent=turn.agent,
        next_due=turn.next_due,
        logs=tuple(turn.changed.values()),
        calls=call_rows(before, turn),
    )
