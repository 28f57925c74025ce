"""The database state that a batch touches, updated by the batch itself.

Law of this file: no I/O. Each commit of a batch is judged by the database's state before the batch
and the changes of the winners before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct

from adapter.core.model import AgentKey, TelephonyUser
from adapter.storage.port import Commit
from adapter.storage.sql import CALL, WAITING

Pair: TypeAlias = tuple[str, str]

RouteKey: TypeAlias = tuple[str, str, str | None, str | None, str | None]
"""Parameters of sql.ROUTES: the call's account and id; the id again if parked deliveries matter;
the line's account and user, if there is a line."""

RouteRow: TypeAlias = tuple[str, str, str, str, str]
"""A row of sql.ROUTES."""

NOTHING: frozenset[object] = frozenset()


def route_keys(commit: Commit) -> list[RouteKey]:
    """The keys to look up the routes of the commit's calls."""
    keys: list[RouteKey] = []
    for parked in commit.park:
        keys.append((*parked.call, None, None, None))
    read = commit.route
    if read is not None:
        waiting, line = None if read.parked is None else read.call[1], read.line
        user = (None, None) if line is None else (line.account, line.user)
        keys.append((*read.call, waiting, *user))
    return keys


class BatchState(Struct):
    """Agents' versions, applied deliveries, owners of calls, parked deliveries, lines."""

    versions: dict[AgentKey, int] = {}
    taken: set[Pair] = set()
    owners: dict[Pair, set[AgentKey]] = {}
    parked: dict[Pair, set[str]] = {}
    line_agents: dict[TelephonyUser, set[AgentKey]] = {}
    lines: dict[AgentKey, TelephonyUser] = {}
    """The line of each agent in `line_agents`."""
    states: dict[Pair, int] = {}
    """The versions of drivers' states."""

    def find(self, rows: Iterable[RouteRow]) -> None:
        """Add the rows of sql.ROUTES."""
        for kind, account, name, first, second in rows:
            if kind == CALL:
                self.own((account, name), AgentKey(first, second))
            elif kind == WAITING:
                self.park((account, name), first)
            else:
                self.connect(TelephonyUser(account, name), AgentKey(first, second))

    def own(self, call: Pair, agent: AgentKey) -> None:
        """The agent has the call."""
        self.owners.setdefault(call, set()).add(agent)

    def park(self, call: Pair, event_id: str) -> None:
        """A delivery waits for the call."""
        self.parked.setdefault(call, set()).add(event_id)

    def replay(self, call: Pair, event_ids: Iterable[str]) -> None:
        """These deliveries are no longer parked."""
        self.parked.get(call, set()).difference_update(event_ids)

    def connect(self, line: TelephonyUser, agent: AgentKey) -> None:
        """The agent has this line and no other."""
        before = self.lines.get(agent)
        if before != line:
            if before is not None:
                self.line_agents[before].discard(agent)
            self.lines[agent] = line
            self.line_agents.setdefault(line, set()).add(agent)

    def take(self, commit: Commit) -> None:
        """Apply a winner's changes."""
        if commit.delivery is not None:
            self.taken.add(commit.delivery.key)
        for change in commit.changes:
            self.versions[change.agent.key] = change.read_version + 1
            if change.agent.line is not None:
                self.connect(change.agent.line, change.agent.key)
            for call in change.calls:
                self.own(call.call, call.agent)
        self.states.update((state.key, state.version + 1) for state in commit.states)
        for parked in commit.park:
            self.park(parked.call, parked.event_id)
        if commit.route is not None:
            self.replay(commit.route.call, (parked.event_id for parked in commit.unpark))

    def routes(self, commit: Commit) -> bool:
        """Whether the routes of the commit's parked and routed deliveries are still valid."""
        for parked in commit.park:
            if self.owners.get(parked.call):
                return False
        read = commit.route
        return read is None or (
            self.owners.get(read.call, NOTHING) == read.owners
            and (read.parked is None or self.parked.get(read.call, NOTHING) == read.parked)
            and (read.line is None or self.line_agents.get(read.line, NOTHING) == read.line_agents)
        )
