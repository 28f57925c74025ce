"""Load, decide, commit, tell, perform: the life of every event.

Law of this file: effects are performed and pages are told only after the commit, and a lost race
is nothing but a second decision (free, because deciding is pure). What is committed has happened:
a failure after that is one agent's alone, and nobody is answered as if nothing were stored. The
agents kept in memory are a cache that the store's versions check.
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
from adapter.core.logevents import LogEffect, LogEvent
from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, AgentKey
from adapter.core.phone import DialRules
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
    """Several agents' turns on their way into one commit.

    `loaded` by agent: logs that a turn turned out to need, and ids of those that are nowhere.
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
    """All agents, as one process sees them."""

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
        self.tasks = tasks or Tasks()
        self._locks = KeyedLocks()
        self.perform: Performer = lambda *_: None
        """Carries effects out; called after each commit, must only start things, each alone."""
        self.count: Counting = lambda _: None
        """Counts what turns came to; called after each commit."""
        self.follow: Follower = lambda _: ()
        """Knows what follows at once from a decision, to go into the same commit."""
        self.is_only_here: Callable[[Agent], bool] = lambda _: False
        """Of whom other replicas are told versions alone: nobody there has a use for the value."""

    def policy_of(self, key: AgentKey) -> Policy:
        """The rules that this agent's calls and logs follow."""
        return self._rules_of(key) or self.policy

    def cached(self, key: AgentKey) -> Snapshot | None:
        """The agent as this process last saw it."""
        return self._cache.get(key)

    def know(self, keys: Set[AgentKey]) -> bool:
        """Whether all of them are in memory."""
        return keys <= self._cache.keys()

    def forget(self, key: AgentKey) -> None:
        """Read the agent from the store the next time."""
        self._cache.pop(key, None)

    def learn(self, key: AgentKey, version: int, text: bytes) -> None:
        """Another replica has committed this version: who is known here need not be read again."""
        known = self._cache.get(key)
        if known is not None and known.version < version:
            with suppress(Unreadable):
                snapshot = read_snapshot(text, version)
                self._remember(key, snapshot)
                self.routes.learn_from(snapshot)

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

    async def handle_log_event(self, key: AgentKey, log_id: str, *events: LogEvent) -> Turn:
        """One of the agent's logs hears of these events. Raises StorageError."""
        return await self.handle(key, *[ForLog(log_id, event) for event in events])

    async def handle(self, key: AgentKey, *steps: Step) -> Turn:
        """The agent hears of these events. Raises StorageError if it can't be committed."""
        for _ in range(RACES):
            try:
                turns: Turns = await outcome_of(partial(self.change, {key: steps}))
                return turns[key]
            except Conflict:
                continue
        raise StorageError(f"agent {key}: lost {RACES} races in a row")

    def change(self, plan: Plan, done: Done[Turns], commit: Commit = NOTHING_ELSE) -> None:
        """Several agents in one commit, with whatever else `commit` has.

        `done` hears of the turns once they are durable, or of Conflict (plan again), Duplicate,
        StorageError. Where everything is in memory and nobody else decides for these agents, they
        are decided and staged before this returns.
        """
        change = _Change(sorted(plan), plan, done, commit)
        self._locks.take(change.keys, partial(self._decide, change))

    def _decide(self, change: _Change) -> None:
        try:
            for key in change.keys:
                before = self._cache.get(key)
                turn = None if before is None else self._turn(before, change)
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

    def _turn(self, before: Snapshot, change: _Change) -> Turn:
        """Take the turn, with all that follows from it; or tell which logs it needs.

        Of several agents one whose turn meets a bug stays as it was: the others' go on.
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
        """The agent, or logs that its turn needs, are not in memory; then all is taken again."""
        try:
            await self.snapshot(key)
            logs, absent = change.loaded.get(key, _NO_LOGS)
            for log_id in turn.missing if turn else ():
                found = await self._store.log(key, log_id)
                if found is None:
                    absent |= {log_id}
                else:
                    logs = (*logs, found)
            change.loaded[key] = logs, absent
        except asyncio.CancelledError:
            self._finish(change, StorageError("the process is stopping"))
            raise
        except Exception as error:
            self._finish(change, error)
        else:
            self._decide(change)

    def _commit_of(self, change: _Change) -> Commit | None:
        """What is to be committed; None if nothing is different."""
        # What an old value makes nothing of might have meant something to the newer one: where
        # there may be one, the store compares versions although nothing changes.
        always = self._shared and change.commit.delivery is not None
        before, turns = change.before, change.turns
        made = [_change(before[key], turns[key], always) for key in change.keys]
        change.changes = tuple(filter(None, made))
        if not change.changes and change.commit is NOTHING_ELSE:
            return None
        return replace(change.commit, changes=change.changes)

    def _committed(self, change: _Change, error: Exception | None) -> None:
        if error is None:
            self._after(change.before, change.turns, change.changes)
        self._finish(change, error)

    def _finish(self, change: _Change, error: Exception | None) -> None:
        if error is not None:
            # A conflict, or nobody knows what is in: the store is asked next time.
            for key in change.keys:
                self.forget(key)
        self._locks.release(change.keys)
        change.done(error or change.turns)

    def _after(
        self,
        before: Mapping[AgentKey, Snapshot],
        turns: Mapping[AgentKey, Turn],
        changes: Sequence[AgentChange],
    ) -> None:
        """Tell and perform; never raises. Where a try raises nothing it costs nothing."""
        later: list[Callable[[], None]] = []
        for change in changes:
            key = change.agent.key
            turn = turns[key]
            logs = tuple([one for one in turn.logs.values() if not one.is_settled])
            snapshot = Snapshot(turn.agent, before[key].version + 1, logs)
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
            # The phones first, then the view; twice: a request's body is written a round later.
            soon(soon, show)

    def _publish(self, snapshot: Snapshot) -> None:
        agent = snapshot.agent
        try:
            told = self._shared and not self.is_only_here(agent)
            value = partial(snapshot_text, snapshot) if told else None
            self._hints.publish(agent.key, snapshot.version, value)
        except Exception as bug:
            log.error("agent.not_told", agent=str(agent.key), exc_info=bug)

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
