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
from adapter.storage.batch import ForRows, Prepared, Row, Writes, key_of
from adapter.storage.batchstate import Found, Pair, RouteKey, route_rows

Answer: TypeAlias = tuple[Sequence[tuple[Any, ...]], int]
"""The rows that a statement answered, and how many it changed."""


IN_PLACE = {sql.UPDATE_AGENT: sql.UPDATE_AGENT_IN_PLACE}


class OptimisticBatch:
    """What to run for a batch (`statements`), and what the answers must be."""

    def __init__(self, batch: Sequence[Prepared]) -> None:
        keys: list[RouteKey] = []
        self._routes: set[Found] = set()
        writes = Writes()
        for commit in batch:
            keys += commit.route_keys
            if commit.route is not None:
                self._routes.update(route_rows(commit.route))
            writes.take(commit)
        looks: list[ForRows] = [(sql.ROUTES, keys)] if keys else []
        # An agent who changes the line is in no other commit's way only if that is looked at.
        must = [(IN_PLACE.get(statement, statement), rows) for statement, rows in writes.checked()]
        self.statements = [*looks, *must, *writes.unchecked()]
        self._looks = len(looks)
        self._rows = [len(rows) for _, rows in must]

    def verified_by(self, answers: Sequence[Answer]) -> bool:
        """Whether all that the commits read is still so; an answer for each statement."""
        proofs = answers[self._looks : self._looks + len(self._rows)]
        if [changed for _, changed in proofs] != self._rows:
            return False
        return all(set(found) == self._routes for found, _ in answers[: self._looks])


def optimistic_batch(batch: Sequence[Prepared]) -> OptimisticBatch | None:
    """The batch to be written optimistically, or None where it has to be judged."""
    if any(map(_contradicts_itself, batch)) or (len(batch) > 1 and not _is_independent(batch)):
        return None
    return OptimisticBatch(batch)


def _contradicts_itself(commit: Prepared) -> bool:
    """One agent twice, or a delivery parked though the call has an agent.

    Nor are drivers' states taken at their word: which of two versions was old must be told apart.
    """
    if commit.states:
        return True
    agents = commit.agents
    if len(agents) > 1 and len({row.key for row in agents}) < len(agents):
        return True
    return bool(commit.park and commit.route is not None and commit.route.owners)


def _is_independent(batch: Sequence[Prepared]) -> bool:
    touched: set[Pair | Row] = set()
    total = 0
    for commit in batch:
        mine = _touched(commit)
        touched |= mine
        total += len(mine)
    return len(touched) == total


def _touched(commit: Prepared) -> set[Pair | Row]:
    """All keys by which another commit could matter; of which kind each is makes no difference."""
    keys: set[Pair | Row] = {row[:2] for row in commit.calls}
    for row in commit.agents:
        keys.add(row.key)
        if row.line is not None:
            keys.add(row.line)
    if commit.delivery is not None:
        keys.add(key_of(commit.delivery))
    if commit.route is not None:
        keys.add(commit.route.call)
        if commit.route.line is not None:
            keys.add((commit.route.line.account, commit.route.line.user))
    if commit.park or commit.unpark:
        keys.update(map(key_of, commit.park), commit.unpark, commit.parked_calls)
    return keys
