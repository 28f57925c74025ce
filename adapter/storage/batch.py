"""Many commits as one transaction: who wins is decided here, what is written follows from it.

Law of this file: no I/O. A batch is judged in order against what the database holds: a commit that
read an old version, or brings a delivery that was taken, or parks a delivery of a call that has an
agent by now, loses without a trace; the others chain, each seeing those before it. Only the last
value of a row is written. Rows are sorted, so that replicas lock them in one order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import astuple

from adapter.core.logmodel import CallLog, Closed, Settled
from adapter.core.model import AgentKey
from adapter.storage import sql
from adapter.storage.batchstate import BatchState, Pair, RouteKey, route_keys
from adapter.storage.port import (
    AgentChange,
    CallRow,
    Commit,
    Conflict,
    Delivery,
    DriverRow,
    Duplicate,
    Parked,
    StaleDriverState,
    StorageError,
)
from adapter.storage.rows import AGENT, CALL_LOG

Row: TypeAlias = tuple[object, ...]

ForRows: TypeAlias = tuple[str, Sequence[Row]]
"""A statement, and the rows that it is for (sql.for_rows)."""


class Asked(Struct):
    """What must be seen before a batch is judged."""

    agents: list[Pair]
    """Sorted: they are locked in this order."""
    deliveries: list[Pair]
    routes: list[RouteKey]
    states: list[Pair]


def ask(batch: Sequence[Commit]) -> Asked:
    """The keys that `judge` will look up."""
    return Asked(
        sorted({astuple(change.agent.key) for commit in batch for change in commit.changes}),
        [commit.delivery.key for commit in batch if commit.delivery is not None],
        list(dict.fromkeys(key for commit in batch for key in route_keys(commit))),
        sorted({state.key for commit in batch for state in commit.states}),
    )


class Writes(Struct):
    """What the winners of a batch leave in the tables, the last value of each row."""

    agents: dict[AgentKey, tuple[AgentChange, int]] = {}
    """Each with the version that the database has now (0: there is none yet)."""
    logs: dict[Row, tuple[CallLog, int]] = {}
    """Each with the version of the agent that it goes with."""
    calls: dict[Row, CallRow] = {}
    deliveries: list[Delivery] = []
    park: dict[Pair, Parked] = {}
    unpark: set[Pair] = set()
    states: dict[Pair, tuple[DriverRow, int]] = {}
    """Each with the version that the database has now (0: there is none yet)."""

    def take(self, commit: Commit) -> None:
        """Add a winner."""
        for change in commit.changes:
            self._change(change)
        if commit.delivery is not None:
            self.deliveries.append(commit.delivery)
        for state in commit.states:
            _, read = self.states.get(state.key, (None, state.version))
            self.states[state.key] = state, read
        for parked in commit.park:
            self.park[parked.key] = parked
        for unparked in commit.unpark:
            self.park.pop(unparked.key, None)
            self.unpark.add(unparked.key)

    def _change(self, change: AgentChange) -> None:
        key, version = change.agent.key, change.read_version
        _, read = self.agents.get(key, (None, version))
        self.agents[key] = change, read
        for log in change.logs:
            self.logs[log.agent, log.log_id] = log, version + 1
        for call in change.calls:
            self.calls[call.call, call.agent] = call

    def checked(self) -> list[ForRows]:
        """Statements of which each row must take effect, or what was seen is no longer so."""
        agents, new_agents = _parted(starmap(_agent_row, self.agents.values()))
        states, new_states = _parted(starmap(_state_row, self.states.values()))
        return _some(
            (sql.UPDATE_AGENT, agents),
            (sql.INSERT_AGENT, new_agents),
            (sql.INSERT_DELIVERY, sorted(map(astuple, self.deliveries))),
            (sql.PUT_CALL, sorted(map(_call_row, self.calls.values()))),
            (sql.INSERT_STATE, new_states),
            (sql.UPDATE_STATE, [(*row[2:-1], *row[:2], row[-1]) for row in states]),
        )

    def unchecked(self) -> list[ForRows]:
        """The others, which come after them."""
        return _some(
            (sql.PUT_LOG, sorted(starmap(_log_row, self.logs.values()))),
            (sql.UNPARK, sorted(self.unpark)),
            (sql.PARK, sorted(map(astuple, self.park.values()))),
        )


def _some(*statements: ForRows) -> list[ForRows]:
    return [statement for statement in statements if statement[1]]


def _parted(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Rows that end with the version that was read, and new ones, of which none was; sorted."""
    known: list[Row] = []
    new: list[Row] = []
    for row in sorted(rows):
        if row[-1]:
            known.append(row)
        else:
            new.append(row[:-1])
    return known, new


def _agent_row(change: AgentChange, read: int) -> Row:
    agent = change.agent
    line = (None, None) if agent.line is None else astuple(agent.line)
    value = AGENT.dump(agent)
    return (*astuple(agent.key), change.read_version + 1, value, change.next_due, *line, read)


def _log_row(log: CallLog, version: int) -> Row:
    settled_at = log.state.at if isinstance(log.state, Settled | Closed) else None
    swept = (log.next_due, settled_at is not None, settled_at)
    value = CALL_LOG.dump(log)
    return (*astuple(log.agent), log.log_id, version, value, log.opened_at, *swept)


def _call_row(call: CallRow) -> Row:
    return (*call.call, *astuple(call.agent), call.call_id, call.at, call.value)


def _state_row(state: DriverRow, read: int) -> Row:
    return (*state.key, state.version + 1, state.value, state.over, state.at, read)


def judge(batch: Iterable[Commit], seen: BatchState) -> tuple[Writes, list[StorageError | None]]:
    """What to write, and for each commit None or why it lost. `seen` grows by the winners."""
    writes = Writes()
    verdicts: list[StorageError | None] = []
    for commit in batch:
        lost = _lost(commit, seen)
        verdicts.append(lost)
        if lost is None:
            writes.take(commit)
            seen.take(commit)
    return writes, verdicts


def _lost(commit: Commit, seen: BatchState) -> StorageError | None:
    if commit.delivery is not None and commit.delivery.key in seen.taken:
        return Duplicate("the delivery was taken before")
    if any(seen.versions.get(one.agent.key, 0) != one.read_version for one in commit.changes):
        return Conflict("a newer version was committed")
    if any(seen.states.get(state.key, 0) != state.version for state in commit.states):
        return StaleDriverState("the driver's state of this call is another by now")
    return None if seen.routes(commit) else Conflict("the call goes another way by now")
