"""Handles every event: load, decide, commit, publish, perform.

Law of this file: effects are performed and pages are updated only after the commit. After a lost
race the event is decided again, which is safe because deciding is pure. A failure after the commit
affects only one agent and is never answered as if nothing were stored. Agents in memory are a cache
that the store's versions check.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from functools import partial

import structlog
from msgspec import Struct
from msgspec.structs import replace

from adapter.core.effects import Effect, PlaceCall
from adapter.core.events import Event
from adapter.core.logs.events import LogEffect, LogEvent
from adapter.core.logs.model import CallLog
from adapter.core.model import Agent, AgentKey
from adapter.core.numbers.phone import DialRules
from adapter.core.policy import Policy
from adapter.fanout.port import Hints
from adapter.runtime.callrows import call_rows
from adapter.runtime.keyedlocks import KeyedLocks
from adapter.runtime.routes import Routes
from adapter.runtime.tasks import Tasks
from adapter.runtime.turn import ForLog, Step, Turn, go_on, take_turn
from adapter.storage.port import AgentChange, Commit, Conflict, Done, Snapshot, StorageError, Store
from adapter.storage.rows import Unreadable, read_snapshot, snapshot_text
from adapter.storage.threadbridge import outcome_of

log = structlog.get_logger(__name__)

Plan = Mapping[AgentKey, Sequence[Step]]
Turns = dict[AgentKey, Turn]
Follower = Callable[[Agent], Sequence[Event]]
RulesOf = Callable[[AgentKey], Policy | None]
Counting = Callable[[Turn], None]
Performer = Callable[[AgentKey, Turn, Sequence[Effect], Sequence[LogEffect]], None]

NOTHING_ELSE = Commit()
_NO_LOGS: tuple[tuple[CallLog, ...], frozenset[str]] = ((), frozenset())
CACHED = 20_000
RACES = 50


class _Change(Struct):
    """Several agents' turns for one commit.

    `loaded` by agent: logs that a turn needed, and ids of logs that do not exist.
    """

    keys: list[AgentKey]
    plan: Plan
    done: Done[Turns]
    commit: Commit
    before: dict[AgentKey, Snapshot] = {}
    turns: Turns = {}
    changes: tuple[AgentChange, ...] = ()
    loaded: dict[AgentKey, tuple[tuple[CallLog, ...], frozenset[str]]] = {}


class Agents:
    """All agents, as this process sees them."""

    def __init__(
        self,
        store: Store,
        hints: Hints,
        policy: Policy,
        *,
        shared: bool = False,
        rules_of: RulesOf = lambda _: None,
        tasks: Tasks | None = None,
    ) -> None:
        """`shared`: other replicas commit too, so agents in memory may be outdated.

        `rules_of` gives the policy of an agent's org; `policy` is the default.
        """
        self._store = store
        self._hints = hints
        self.policy = policy
        self._rules_of = rules_of
        self.routes = Routes()
        self._shared = shared
        self._cache: OrderedDict[AgentKey, Snapshot] = OrderedDict()
        self.tasks = tasks or Tasks()
        self._locks = KeyedLocks()
        self.perform: Performer = lambda *_: None
        """Performs effects; called after each commit, and must only start them."""
        self.count: Counting = lambda _: None
        """Counts the results of turns; called after each commit."""
        self.follow: Follower = lambda _: ()
        """Adds events that follow from a decision, for the same commit."""
        self.is_only_here: Callable[[Agent], bool] = lambda _: False
        """Agents of whom other replicas get only versions, because they need no values."""

    def policy_of(self, key: AgentKey) -> Policy:
        """The policy for this agent's calls and logs."""
        return self._rules_of(key) or self.policy

    def cached(self, key: AgentKey) -> Snapshot | None:
        """The agent in memory, as this process last saw it; None if not in memory."""
        return self._cache.get(key)

    def know(self, keys: Set[AgentKey]) -> bool:
        """Whether all of them are in memory."""
        return keys <= self._cache.keys()

    def forget(self, key: AgentKey) -> None:
        """Read the agent from the store the next time."""
        self._cache.pop(key, None)

    def learn(self, key: AgentKey, version: int, text: bytes) -> None:
        """Take a version that another replica committed, for an agent in memory."""
        known = self._cache.get(key)
        if known is not None and known.version < version:
            with suppress(Unreadable):
                snapshot = read_snapshot(text, version)
                self._remember(key, snapshot)
                self.routes.learn_from(snapshot)

    async def snapshot(self, key: AgentKey) -> Snapshot:
        """The agent with its unsettled logs; a new one if unknown. Raises StorageError."""
        known = self._cache.get(key)
        if known is not None:
            return known
        loaded = await self._store.load(key) or Snapshot(Agent(key), 0, ())
        known = self._cache.get(key)
        if known is not None and known.version >= loaded.version:
            return known  # a commit has overtaken the read
        self._remember(key, loaded)
        return loaded

    async def dial_rules(self, key: AgentKey) -> DialRules:
        """The dial rules of the agent's call center. Raises StorageError."""
        agent = (await self.snapshot(key)).agent
        return self.policy_of(key).of(agent.call_center).dial

    async def handle_log_event(self, key: AgentKey, log_id: str, *events: LogEvent) -> Turn:
        """Apply events to one of the agent's logs. Raises StorageError."""
        return await self.handle(key, *[ForLog(log_id, event) for event in events])

    async def handle(self, key: AgentKey, *steps: Step) -> Turn:
        """Apply events to the agent. Raises StorageError if the commit fails."""
        for _ in range(RACES):
            try:
                turns: Turns = await outcome_of(partial(self.change, {key: steps}))
                return turns[key]
            except Conflict:
                continue
        raise StorageError(f"agent {key}: lost {RACES} races in a row")

    def change(self, plan: Plan, done: Done[Turns], commit: Commit = NOTHING_ELSE) -> None:
        """Change several agents in one commit, together with `commit`.

        `done` gets the turns once they are durable, or Conflict (plan again), Duplicate or
        StorageError. If everything is in memory and no other change holds these agents, the
        change is decided and staged before this returns.
        """
        change = _Change(sorted(plan), plan, done, commit)
        self._locks.take(change.keys, partial(self._decide, change))

    def _decide(self, change: _Change) -> None:
        try:
            for key in change.keys:
                before = self._cache.get(key)
                turn = None if before is None else self._take_turn(before, change)
                if before is None or turn is None or turn.missing:
                    self.tasks.start(f"load {key}", self._load(change, key, turn))
                    return
                change.before[key], change.turns[key] = before, turn
            commit = self._commit_of(change)
            if commit is not None:
                self._store.begin(commit, partial(self._committed, change))
                return
        except Exception as error:
            self._finish(change, error)
            return
        self._committed(change, None)

    def _take_turn(self, before: Snapshot, change: _Change) -> Turn:
        """Take the turn and all that follows from it; it may report missing logs.

        If one of several agents' turns meets a bug, that agent stays unchanged.
        """
        key = before.agent.key
        logs, absent = change.loaded.get(key, _NO_LOGS)
        policy, more = self.policy_of(key), change.plan[key]
        try:
            turn = take_turn(before.agent, (*before.logs, *logs), more, policy, absent)
            while not turn.missing and (more := self.follow(turn.agent)):
                go_on(turn, more)
        except Exception as bug:
            if len(change.keys) == 1:
                raise
            log.error("agent.not_decided", agent=str(key), exc_info=bug)
            return take_turn(before.agent, before.logs, (), policy)
        return turn

    async def _load(self, change: _Change, key: AgentKey, turn: Turn | None) -> None:
        """Load the agent, or logs that its turn needs; then decide again."""
        try:
            await self.snapshot(key)
            logs, absent = change.loaded.get(key, _NO_LOGS)
            for log_id in turn.missing if turn else ():
                loaded = await self._store.log(key, log_id)
                if loaded is None:
                    absent |= {log_id}
                else:
                    logs = (*logs, loaded)
            change.loaded[key] = logs, absent
        except asyncio.CancelledError:
            self._finish(change, StorageError("the process is stopping"))
            raise
        except Exception as error:
            self._finish(change, error)
        else:
            self._decide(change)

    def _commit_of(self, change: _Change) -> Commit | None:
        """The commit; None if nothing has changed."""
        # A delivery that an old value ignores might matter to a newer one. If there may be one,
        # the store compares versions although nothing changes.
        always = self._shared and change.commit.delivery is not None
        before, turns = change.before, change.turns
        made = [_change(before[key], turns[key], always) for key in change.keys]
        change.changes = tuple(filter(None, made))
        if not change.changes and change.commit is NOTHING_ELSE:
            return None
        return replace(change.commit, changes=change.changes)

    def _committed(self, change: _Change, error: Exception | None) -> None:
        if error is None:
            self._tell_and_perform(change.before, change.turns, change.changes)
        self._finish(change, error)

    def _finish(self, change: _Change, error: Exception | None) -> None:
        if error is not None:
            # After a conflict or an unknown outcome the agents must be read from the store.
            for key in change.keys:
                self.forget(key)
        self._locks.release(change.keys)
        change.done(error or change.turns)

    def _tell_and_perform(
        self,
        before: Mapping[AgentKey, Snapshot],
        turns: Mapping[AgentKey, Turn],
        changes: Sequence[AgentChange],
    ) -> None:
        """Publish and perform; never raises. A try that does not raise costs nothing."""
        later: list[Callable[[], None]] = []
        for change in changes:
            key = change.agent.key
            turn = turns[key]
            logs = tuple([call_log for call_log in turn.logs.values() if not call_log.is_settled])
            known = before[key]
            snapshot = Snapshot(turn.agent, known.version + 1, logs, known.whole)
            self._remember(key, snapshot)
            self.routes.learn(change.calls)
            publish = partial(self._publish, snapshot)
            if any(isinstance(effect, PlaceCall) for effect in turn.effects):
                later.append(publish)
            else:
                publish()
        for key, turn in turns.items():
            try:
                if turn.effects or turn.log_effects:
                    self.perform(key, turn, turn.effects, turn.log_effects)
                if turn.opened or turn.saved:
                    self.count(turn)
            except Exception as bug:
                log.error("agent.not_performed", agent=str(key), exc_info=bug)
        soon = asyncio.get_running_loop().call_soon
        for show in later:
            # Dial first, then publish; call_soon twice: a request's body is written a round later.
            soon(soon, show)

    def _publish(self, snapshot: Snapshot) -> None:
        agent = snapshot.agent
        try:
            # A replica of a newer release can read the logs that are missing here.
            is_shared = self._shared and snapshot.whole and not self.is_only_here(agent)
            value = partial(snapshot_text, snapshot) if is_shared else None
            self._hints.publish(agent.key, snapshot.version, value)
        except Exception as bug:
            log.error("agent.not_told", agent=str(agent.key), exc_info=bug)

    def _remember(self, key: AgentKey, snapshot: Snapshot) -> None:
        self._cache[key] = snapshot
        self._cache.move_to_end(key)
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)


def _change(before: Snapshot, turn: Turn, always: bool = False) -> AgentChange | None:
    """This agent's part of the commit; None if nothing has changed, unless `always`."""
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
