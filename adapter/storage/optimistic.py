"""Write a batch optimistically: the affected-row counts verify what each commit had read.

Law of this file: no I/O. Usually every commit of a batch wins, so only the routes of calls are
looked up first. An UPDATE that names the version read, and an INSERT that skips existing rows, show
by their row counts whether the state is unchanged. If not, everything is rolled back, and the batch
is judged commit by commit (batch.py).

This verifies the state before the batch. So commits that touch the same agent, line, call or
delivery are not written this way, because one affects the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapter.storage import sql
from adapter.storage.batch import Answer, ForRows, Writes
from adapter.storage.batchstate import BatchState, RouteKey, route_keys
from adapter.storage.port import Commit

IN_PLACE = {sql.UPDATE_AGENT: sql.UPDATE_AGENT_IN_PLACE}


class OptimisticBatch:
    """The statements of a batch, and the check of their answers."""

    def __init__(self, batch: Sequence[Commit]) -> None:
        self._batch = batch
        keys: list[RouteKey] = []
        writes = Writes()
        for commit in batch:
            keys += route_keys(commit)
            writes.take(commit)
        self.statements: list[ForRows] = [(sql.ROUTES, keys)] if keys else []
        self._looks = len(self.statements)
        self._rows: list[int] = []
        for statement, rows in writes.checked():
            # A change of the line affects other commits' routes, so it must be detected.
            self.statements.append((IN_PLACE.get(statement, statement), rows))
            self._rows.append(len(rows))
        self.statements += writes.unchecked()

    def verified_by(self, answers: Sequence[Answer]) -> bool:
        """Whether everything that the commits read is unchanged; one answer per statement."""
        proofs = answers[self._looks : self._looks + len(self._rows)]
        if [changed for _, changed in proofs] != self._rows:
            return False
        seen = BatchState()
        for routes, _ in answers[: self._looks]:
            seen.find(routes)
        return all(map(seen.routes, self._batch))


def optimistic_batch(works: Sequence[object]) -> OptimisticBatch | None:
    """The batch to write optimistically; None if it must be judged."""
    batch: list[Commit] = []
    touched: set[object] = set()
    for work in works:
        if not isinstance(work, Commit):
            return None
        mine = _touched_keys(work)
        if mine is None or not touched.isdisjoint(mine):
            return None
        touched |= mine
        batch.append(work)
    return OptimisticBatch(batch)


def _touched_keys(commit: Commit) -> set[object] | None:
    """All keys through which another commit could interfere, of whatever kind.

    None if it cannot be written optimistically: it has one agent twice, or drivers' states,
    because it must be known which version was outdated.
    """
    if commit.states:
        return None
    keys: set[object] = set()
    for change in commit.changes:
        agent = change.agent
        if agent.key in keys:
            return None
        keys.add(agent.key)
        keys.add(agent.line)
        for call in change.calls:
            keys.add(call.call)
    if commit.delivery is not None:
        keys.add(commit.delivery.key)
    if commit.route is not None:
        keys.add(commit.route.call)
        keys.add(commit.route.line)
    for parked in (*commit.park, *commit.unpark):
        keys.add(parked.key)
        keys.add(parked.call)
    keys.discard(None)
    return keys
