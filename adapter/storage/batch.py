"""Judges a batch of commits for one transaction, and collects what the winners write.

Law of this file: no I/O. Commits are judged in order against the database's state. A commit loses
if it read an old version, brings a repeated delivery, or parks a delivery of a call that has an
agent. The others chain; each sees the ones before it. Only the last value of a row is written. Rows
are sorted, so replicas lock them in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import astuple

from adapter.core.logs.model import CallLog, Closed, Settled
from adapter.core.model import AgentKey
from adapter.storage import sql
from adapter.storage.batchstate import BatchState, Pair, route_keys
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
"""A statement and its rows (sql.for_rows)."""


Answer: TypeAlias = tuple[Sequence[tuple[Any, ...]], int]
"""The rows that a statement returned, and the number it changed."""


def lookups(batch: Sequence[Commit]) -> list[ForRows]:
    """The queries of what `judge` must know; agents are locked, in the order of their keys."""
    agents = {astuple(change.agent.key) for commit in batch for change in commit.changes}
    return [
        (sql.VERSIONS, sorted(agents)),
        (sql.TAKEN, [commit.delivery.key for commit in batch if commit.delivery is not None]),
        (sql.STATES, sorted({state.key for commit in batch for state in commit.states})),
        (sql.ROUTES, list(dict.fromkeys(key for commit in batch for key in route_keys(commit)))),
    ]


def state_of(answers: Iterable[Answer]) -> BatchState:
    """The state that the answers to `lookups` describe."""
    agents, taken, states, routes = (rows for rows, _ in answers)
    seen = BatchState(
        versions={AgentKey(org_id, user_id): version for org_id, user_id, version in agents},
        taken=set(taken),
        states={(account, call): version for account, call, version in states},
    )
    seen.find(routes)
    return seen


class Writes(Struct):
    """What the winners of a batch write: the last value of each row."""

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
            self._add_change(change)
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

    def _add_change(self, change: AgentChange) -> None:
        key, version = change.agent.key, change.read_version
        _, read = self.agents.get(key, (None, version))
        self.agents[key] = change, read
        for log in change.logs:
            self.logs[log.agent, log.log_id] = log, version + 1
        for call in change.calls:
            self.calls[call.call, call.agent] = call

    def checked(self) -> list[ForRows]:
        """Statements that must change every row; otherwise the state has changed meanwhile."""
        agents, new_agents = _split_new(starmap(_agent_row, self.agents.values()))
        states, new_states = _split_new(starmap(_state_row, self.states.values()))
        return _non_empty(
            (sql.UPDATE_AGENT, agents),
            (sql.INSERT_AGENT, new_agents),
            (sql.INSERT_DELIVERY, sorted(map(astuple, self.deliveries))),
            (sql.PUT_CALL, sorted(map(_call_row, self.calls.values()))),
            (sql.INSERT_STATE, new_states),
            (sql.UPDATE_STATE, [(*row[2:-1], *row[:2], row[-1]) for row in states]),
        )

    def unchecked(self) -> list[ForRows]:
        """The other statements, which run afterwards."""
        return _non_empty(
            (sql.PUT_LOG, sorted(starmap(_log_row, self.logs.values()))),
            (sql.UNPARK, sorted(self.unpark)),
            (sql.PARK, sorted(map(astuple, self.park.values()))),
        )


def _non_empty(*statements: ForRows) -> list[ForRows]:
    return [statement for statement in statements if statement[1]]


def _split_new(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Split into rows that end with the version read, and new rows; sorted."""
    ordered = sorted(rows)
    return [row for row in ordered if row[-1]], [row[:-1] for row in ordered if not row[-1]]


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
    """What to write, and for each commit None or why it lost. Updates `seen` by the winners."""
    writes = Writes()
    verdicts: list[StorageError | None] = []
    for commit in batch:
        lost = _reason_lost(commit, seen)
        verdicts.append(lost)
        if lost is None:
            writes.take(commit)
            seen.take(commit)
    return writes, verdicts


def _reason_lost(commit: Commit, seen: BatchState) -> StorageError | None:
    if commit.delivery is not None and commit.delivery.key in seen.taken:
        return Duplicate("the delivery was applied before")
    if any(seen.versions.get(c.agent.key, 0) != c.read_version for c in commit.changes):
        return Conflict("a newer version was committed")
    if any(seen.states.get(state.key, 0) != state.version for state in commit.states):
        return StaleDriverState("the driver's state of this call has changed")
    return None if seen.routes(commit) else Conflict("the call's route has changed")
