"""Many commits as one transaction: who wins is decided here, what is written follows from it.

Law of this file: no I/O. A batch is judged in order against what the database holds: a commit that
read an old version, or brings a delivery that was taken, or parks a delivery of a call that has an
agent by now, loses without a trace; the others chain, each seeing those before it. Only the last
value of a row is written. Rows are sorted, so that replicas lock them in one order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from adapter.core.logmodel import CallLog, Closed, Settled
from adapter.storage import sql
from adapter.storage.batchstate import BatchState, Pair, RouteKey, pair, route_key
from adapter.storage.port import (
    AgentChange,
    CallRow,
    Commit,
    Conflict,
    Delivery,
    DriverRow,
    Duplicate,
    Parked,
    RouteRead,
    StaleDriverState,
    StorageError,
)
from adapter.storage.rows import AGENT, CALL_LOG

Row: TypeAlias = tuple[object, ...]

ForRows: TypeAlias = tuple[str, Sequence[Row]]
"""A statement, and the rows that it is for (sql.for_rows)."""


def key_of(row: Row) -> Pair:
    """The key of a delivery, parked or not: its account and its id there."""
    return str(row[0]), str(row[1])


class AgentRow(NamedTuple):
    """An agent's row to be, and the version that it replaces (0: there is none yet)."""

    org_id: str
    user_id: str
    version: int
    value: str
    next_due: int | None
    account: str | None
    provider_user: str | None
    read_version: int

    @property
    def key(self) -> Pair:
        """Whose row it is."""
        return self[:2]

    @property
    def line(self) -> Pair | None:
        """Who the agent is at the provider."""
        if self.account is None or self.provider_user is None:
            return None
        return (self.account, self.provider_user)


class StateRow(NamedTuple):
    """A driver's state of a call to be, and the version that it replaces (0: there is none yet)."""

    account: str
    call_id: str
    version: int
    value: str
    is_over: bool
    at: int
    read_version: int

    @property
    def key(self) -> Pair:
        """Of which call."""
        return self[:2]


class Prepared(Struct, frozen=True):
    """A commit as row tuples (sql.py has their columns), but for the route that it read."""

    agents: tuple[AgentRow, ...]
    logs: tuple[Row, ...]
    calls: tuple[Row, ...]
    delivery: Row | None
    park: tuple[Row, ...]
    unpark: tuple[Pair, ...]
    route: RouteRead | None
    states: tuple[StateRow, ...] = ()

    @property
    def parked_calls(self) -> set[Pair]:
        """The provider calls whose deliveries are parked."""
        return {(str(row[0]), str(row[2])) for row in self.park}

    @property
    def route_keys(self) -> list[RouteKey]:
        """By what the store is asked how its calls are routed."""
        keys: list[RouteKey] = [(*call, None, None, None) for call in self.parked_calls]
        if self.route is not None:
            keys.append(route_key(self.route))
        return keys


def prepare(commit: Commit) -> Prepared:
    """Everything that can be done before the writer's turn: values become text."""
    changes, delivery = commit.changes, commit.delivery
    return Prepared(
        tuple(map(_agent_row, changes)),
        tuple([_log_row(change, log) for change in changes for log in change.logs]),
        tuple([_call_row(call) for change in changes for call in change.calls]),
        None if delivery is None else _delivery(delivery),
        tuple(map(_parked_row, commit.park)),
        tuple(map(_unparked, commit.unpark)),
        commit.route,
        tuple(map(_state_row, commit.states)),
    )


def _state_row(row: DriverRow) -> StateRow:
    read = row.version
    return StateRow(row.account, row.call_id, read + 1, row.value, row.over, row.at, read)


def _agent_row(change: AgentChange) -> AgentRow:
    agent, read = change.agent, change.read_version
    key, line = agent.key, agent.line
    account, user = (None, None) if line is None else (line.account, line.user)
    value = AGENT.dump(agent)
    return AgentRow(*pair(key), read + 1, value, change.next_due, account, user, read)


def _log_row(change: AgentChange, log: CallLog) -> Row:
    settled_at = log.state.at if isinstance(log.state, Settled | Closed) else None
    version, text = change.read_version + 1, CALL_LOG.dump(log)
    swept = (log.next_due, settled_at is not None, settled_at)
    return (*pair(log.agent), log.log_id, version, text, log.opened_at, *swept)


def _call_row(call: CallRow) -> Row:
    known = (call.account, call.provider_call_id, *pair(call.agent))
    return (*known, call.call_id, call.at, call.value)


def _delivery(one: Delivery) -> Row:
    return (one.account, one.event_id, one.type, one.body, one.at, one.fate)


def _parked_row(parked: Parked) -> Row:
    key = (*_unparked(parked), parked.provider_call_id)
    return (*key, parked.body, parked.at, parked.due, parked.asked)


def _unparked(parked: Parked) -> Pair:
    return parked.account, parked.event_id


@dataclass(slots=True)
class Asked:
    """What must be seen before a batch is judged."""

    agents: list[Pair]
    """Sorted: they are locked in this order."""
    deliveries: list[Pair]
    routes: list[RouteKey]
    states: list[Pair]


def ask(batch: Iterable[Prepared]) -> Asked:
    """The keys that `judge` will look up."""
    agents: set[Pair] = set()
    deliveries: list[Pair] = []
    routes: dict[RouteKey, None] = {}
    states: set[Pair] = set()
    for commit in batch:
        agents.update([row.key for row in commit.agents])
        if commit.delivery is not None:
            deliveries.append(key_of(commit.delivery))
        routes.update(dict.fromkeys(commit.route_keys))
        states.update([row.key for row in commit.states])
    return Asked(sorted(agents), deliveries, list(routes), sorted(states))


@dataclass(slots=True)
class Writes:
    """What the winners of a batch leave in the tables, the last value of each row."""

    agents: dict[Pair, AgentRow] = field(default_factory=dict)
    """Each with the version that the database has now."""
    logs: dict[Row, Row] = field(default_factory=dict)
    calls: dict[Row, Row] = field(default_factory=dict)
    deliveries: list[Row] = field(default_factory=list)
    park: dict[Pair, Row] = field(default_factory=dict)
    unpark: set[Pair] = field(default_factory=set)
    states: dict[Pair, StateRow] = field(default_factory=dict)
    """Each with the version that the database has now."""

    def take(self, commit: Prepared) -> None:
        """Add a winner."""
        for row in commit.agents:
            earlier = self.agents.get(row.key)
            read = row.read_version if earlier is None else earlier.read_version
            self.agents[row.key] = row if earlier is None else row._replace(read_version=read)
        for state in commit.states:
            before = self.states.get(state.key)
            read = state.read_version if before is None else before.read_version
            self.states[state.key] = state._replace(read_version=read)
        if commit.delivery is not None:
            self.deliveries.append(commit.delivery)
        for log in commit.logs:
            self.logs[log[:3]] = log
        for call in commit.calls:
            self.calls[call[:4]] = call
        for parked in commit.park:
            self.park[key_of(parked)] = parked
        for unparked in commit.unpark:
            self.park.pop(unparked, None)
            self.unpark.add(unparked)

    def checked(self) -> list[ForRows]:
        """Statements of which each row must take effect, or what was seen is no longer so."""
        agents, states = sorted(self.agents.values()), sorted(self.states.values())
        return _some(
            (sql.UPDATE_AGENT, [row for row in agents if row.read_version]),
            (sql.INSERT_AGENT, [row[:-1] for row in agents if not row.read_version]),
            (sql.INSERT_DELIVERY, sorted(self.deliveries)),
            (sql.PUT_CALL, sorted(self.calls.values())),
            (sql.INSERT_STATE, [row[:-1] for row in states if not row.read_version]),
            (sql.UPDATE_STATE, [_update(row) for row in states if row.read_version]),
        )

    def unchecked(self) -> list[ForRows]:
        """The others, which come after them."""
        return _some(
            (sql.PUT_LOG, sorted(self.logs.values())),
            (sql.UNPARK, sorted(self.unpark)),
            (sql.PARK, sorted(self.park.values())),
        )


def _update(row: StateRow) -> Row:
    return (row.version, row.value, row.is_over, row.at, *row.key, row.read_version)


def _some(*statements: ForRows) -> list[ForRows]:
    return [statement for statement in statements if statement[1]]


def judge(batch: Iterable[Prepared], seen: BatchState) -> tuple[Writes, list[StorageError | None]]:
    """What to write, and for each commit None or why it lost. `seen` grows by the winners."""
    writes = Writes()
    verdicts: list[StorageError | None] = []
    for commit in batch:
        lost = _lost(commit, seen)
        verdicts.append(lost)
        if lost is None:
            _take(commit, seen, writes)
    return writes, verdicts


def _lost(commit: Prepared, seen: BatchState) -> StorageError | None:
    if commit.delivery is not None and key_of(commit.delivery) in seen.taken:
        return Duplicate("the delivery was taken before")
    if any(seen.versions.get(row.key, 0) != row.read_version for row in commit.agents):
        return Conflict("a newer version was committed")
    if any(seen.states.get(row.key, 0) != row.read_version for row in commit.states):
        return StaleDriverState("the driver's state of this call is another by now")
    if any(seen.owners.get(call) for call in commit.parked_calls):
        return Conflict("the call has an agent by now")
    if commit.route is not None and not seen.is_so(commit.route):
        return Conflict("the call goes another way by now")
    return None


def _take(commit: Prepared, seen: BatchState, writes: Writes) -> None:
    writes.take(commit)
    for row in commit.agents:
        seen.versions[row.key] = row.version
        if row.line is not None:
            seen.connect(row.line, row.key)
    if commit.delivery is not None:
        seen.taken.add(key_of(commit.delivery))
    seen.states.update((row.key, row.version) for row in commit.states)
    for account, call, org_id, user_id, *_ in commit.calls:
        seen.own((str(account), str(call)), (str(org_id), str(user_id)))
    for account, event_id, call, *_ in commit.park:
        seen.park((str(account), str(call)), str(event_id))
    if commit.route is not None:
        seen.replay(commit.route.call, (event_id for _, event_id in commit.unpark))
