"""Write a batch optimistically: the affected-row counts verify what each commit had read.

Law of this file: no I/O. Nearly always every commit of a batch wins. So nothing is looked up first
but how calls are routed: an UPDATE that names the version which was read, and an INSERT that makes
way for a row that is there, tell by how many rows they change whether all was still so. If any of
it is not, all is rolled back, and the batch is judged commit by commit (batch.py).

What is verified is what the database held before the batch. So commits that touch the same agent,
line, call or delivery are not written together like this: what one does decides about the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from adapter.storage import sql
from adapter.storage.batch import ForRows, Writes
from adapter.storage.batchstate import BatchState, RouteKey, route_keys
from adapter.storage.port import Commit

Answer: TypeAlias = tuple[Sequence[tuple[Any, ...]], int]
"""The rows that a statement answered, and how many it changed."""


IN_PLACE = {sql.UPDATE_AGENT: sql.UPDATE_AGENT_IN_PLACE}


class OptimisticBatch:
    """What to run for a batch (`statements`), and what the answers must be."""

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
            # Who changes the line is in no other commit's way only if that is looked at.
            self.statements.append((IN_PLACE.get(statement, statement), rows))
            self._rows.append(len(rows))
        self.statements += writes.unchecked()

    def verified_by(self, answers: Sequence[Answer]) -> bool:
        """Whether all that the commits read is still so; an answer for each statement."""
        proofs = answers[self._looks : self._looks + len(self._rows)]
        if [changed for _, changed in proofs] != self._rows:
            return False
        seen = BatchState()
        for found, _ in answers[: self._looks]:
            seen.find(found)
        return all(map(seen.routes, self._batch))


def optimistic_batch(works: Sequence[object]) -> OptimisticBatch | None:
    """The batch to be written optimistically, or None where it has to be judged."""
    batch: list[Commit] = []
    touched: set[object] = set()
    for work in works:
        if not isinstance(work, Commit):
            return None
        mine = _touched(work)
        if mine is None or not touched.isdisjoint(mine):
            return None
        touched |= mine
        batch.append(work)
    return OptimisticBatch(batch)


def _touched(commit: Commit) -> set[object] | None:
    """All keys by which another commit could matter; of which kind each is makes no difference.

    None where it is not taken at its word: one agent twice, or drivers' states, as which of two
    versions was old must be told apart.
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
