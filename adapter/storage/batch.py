"""Many commits as one transaction: who wins is decided here, what is written follows from it.

Law of this file: no I/O. A batch is judged in order against what the database holds: a commit that
read an old version, or brings a delivery that was taken, or parks a delivery of a call that has an
agent by now, loses without a trace; the others chain, each seeing those before it. Only the last
value of a row is written. Rows are sorted, so that replicas lock them in one order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from adapter.core.logmodel import CallLog, Closed, Settled
from adapter.storage.port import (
    AgentChange,
    CallRow,
    Commit,
    Conflict,
    Delivery,
    Duplicate,
    Parked,
    StorageError,
)
from adapter.storage.rows import AGENT, CALL_LOG
from adapter.storage.seen import Pair, RouteRow, Seen, route_row

Row: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class AgentWrite:
    """An agent's row to be: who, from which version, and the other columns."""

    key: Pair
    read_version: int
    columns: Row
    """The next version, the value's text, the next deadline, the line's account and user."""

    @property
    def line(self) -> Pair | None:
        """Who the agent is at the provider."""
        account, user = self.columns[3:]
        return None if account is None else (str(account), str(user))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A commit as row tuples (sql.py has their columns), each under its primary key."""

    agents: tuple[AgentWrite, ...]
    logs: dict[Row, Row]
    calls: dict[Row, Row]
    delivery: tuple[Pair, Row] | None
    park: dict[Pair, Row]
    unpark: tuple[Pair, ...]
    route: RouteRow | None

    @property
    def parked_calls(self) -> set[Pair]:
        """The provider calls whose deliveries are parked."""
        return {(str(row[0]), str(row[2])) for row in self.park.values()}


def prepare(commit: Commit) -> Prepared:
    """Everything that can be done before the writer's turn: values become text."""
    logs = (_log_row(change, log) for change in commit.changes for log in change.logs)
    calls = (_call_row(call) for change in commit.changes for call in change.calls)
    return Prepared(
        agents=tuple(_agent_write(change) for change in commit.changes),
        logs={row[:3]: row for row in logs},
        calls={row[:4]: row for row in calls},
        delivery=_delivery(commit.delivery) if commit.delivery else None,
        park={(parked.account, parked.event_id): _parked_row(parked) for parked in commit.park},
        unpark=tuple((parked.account, parked.event_id) for parked in commit.unpark),
        route=route_row(commit.route) if commit.route else None,
    )


def _agent_write(change: AgentChange) -> AgentWrite:
    key = change.agent.key
    line = change.agent.line
    known = (None, None) if line is None else (line.account, line.user)
    columns = (change.read_version + 1, AGENT.dump(change.agent), change.next_due, *known)
    return AgentWrite((key.org_id, key.user_id), change.read_version, columns)


def _log_row(change: AgentChange, log: CallLog) -> Row:
    settled_at = log.state.at if isinstance(log.state, Settled | Closed) else None
    who, text = log.agent, CALL_LOG.dump(log)
    version = change.read_version + 1
    swept = (log.next_due, settled_at is not None, settled_at)
    return (who.org_id, who.user_id, log.log_id, version, text, log.opened_at, *swept)


def _call_row(call: CallRow) -> Row:
    who = call.agent
    known = (call.account, call.provider_call_id, who.org_id, who.user_id)
    return (*known, call.call_id, call.at, call.value)


def _delivery(delivery: Delivery) -> tuple[Pair, Row]:
    key = (delivery.account, delivery.event_id)
    return key, (*key, delivery.type, delivery.body, delivery.at, delivery.fate)


def _parked_row(parked: Parked) -> Row:
    key = (parked.account, parked.event_id, parked.provider_call_id)
    return (*key, parked.body, parked.at, parked.due, parked.asked)


@dataclass(slots=True)
class Asked:
    """What must be seen before a batch is judged, each list sorted."""

    agents: list[Pair]
    deliveries: list[Pair]
    calls: list[Pair]
    """Whose owners matter."""
    parked: list[Pair]
    """The calls whose parked deliveries matter."""
    lines: list[Pair]


def ask(batch: Iterable[Prepared]) -> Asked:
    """The keys that `judge` will look up."""
    agents: set[Pair] = set()
    deliveries: set[Pair] = set()
    calls: set[Pair] = set()
    parked: set[Pair] = set()
    lines: set[Pair] = set()
    for commit in batch:
        agents.update(write.key for write in commit.agents)
        if commit.delivery is not None:
            deliveries.add(commit.delivery[0])
        calls |= commit.parked_calls
        if commit.route is not None:
            calls.add(commit.route.call)
            if commit.route.parked is not None:
                parked.add(commit.route.call)
            if commit.route.line is not None:
                lines.add(commit.route.line)
    return Asked(sorted(agents), sorted(deliveries), sorted(calls), sorted(parked), sorted(lines))


@dataclass(slots=True)
class Writes:
    """What the winners of a batch leave in the tables, the last value of each row."""

    agents: dict[Pair, tuple[int, AgentWrite]] = field(default_factory=dict)
    """With the version that the database has now."""
    logs: dict[Row, Row] = field(default_factory=dict)
    calls: dict[Row, Row] = field(default_factory=dict)
    deliveries: dict[Pair, Row] = field(default_factory=dict)
    park: dict[Pair, Row] = field(default_factory=dict)
    unpark: set[Pair] = field(default_factory=set)

    def updated_agents(self) -> list[Row]:
        """For UPDATE_AGENT, sorted."""
        found = [
            (key, *entry) for key, entry in sorted(self.agents.items(), key=_by_key) if entry[0] > 0
        ]
        return [(*write.columns, *key, base) for key, base, write in found]

    def new_agents(self) -> list[Row]:
        """For INSERT_AGENT, sorted."""
        found = [
            (key, *entry)
            for key, entry in sorted(self.agents.items(), key=_by_key)
            if entry[0] == 0
        ]
        return [(*write.columns, *key) for key, _, write in found]


def _by_key(item: tuple[Pair, object]) -> Pair:
    return item[0]


def judge(batch: Iterable[Prepared], seen: Seen) -> tuple[Writes, list[StorageError | None]]:
    """What to write, and for each commit None or why it lost. `seen` grows by the winners."""
    writes = Writes()
    verdicts: list[StorageError | None] = []
    for commit in batch:
        lost = _lost(commit, seen)
        verdicts.append(lost)
        if lost is None:
            _take(commit, seen, writes)
    return writes, verdicts


def _lost(commit: Prepared, seen: Seen) -> StorageError | None:
    if commit.delivery is not None and commit.delivery[0] in seen.taken:
        return Duplicate("the delivery was taken before")
    if any(seen.versions.get(write.key, 0) != write.read_version for write in commit.agents):
        return Conflict("a newer version was committed")
    if any(seen.owners.get(call) for call in commit.parked_calls):
        return Conflict("the call has an agent by now")
    if commit.route is not None and not seen.is_so(commit.route):
        return Conflict("the call goes another way by now")
    return None


def _take(commit: Prepared, seen: Seen, writes: Writes) -> None:
    for write in commit.agents:
        base, _ = writes.agents.get(write.key, (write.read_version, None))
        writes.agents[write.key] = (base, write)
        seen.versions[write.key] = write.read_version + 1
        if write.line is not None:
            seen.connect(write.line, write.key)
    if commit.delivery is not None:
        key, row = commit.delivery
        writes.deliveries[key] = row
        seen.taken.add(key)
    writes.logs.update(commit.logs)
    writes.calls.update(commit.calls)
    for account, call, org_id, user_id in commit.calls:
        seen.own((str(account), str(call)), (str(org_id), str(user_id)))
    for (account, event_id), row in commit.park.items():
        seen.park((account, str(row[2])), event_id)
    if commit.route is not None:
        seen.replay(commit.route.call, (event_id for _, event_id in commit.unpark))
    writes.park.update(commit.park)
    for key in commit.unpark:
        writes.park.pop(key, None)
        writes.unpark.add(key)
