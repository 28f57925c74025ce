"""What the database holds of what a batch touches, and how the batch itself moves it on.

Law of this file: no I/O. Commits of one batch chain: each is judged by what the database held
before the batch and by what the winners before it have changed since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from adapter.core.model import AgentKey
from adapter.storage.port import RouteRead
from adapter.storage.sql import CALL, LINE, WAITING

Pair: TypeAlias = tuple[str, str]

RouteKey: TypeAlias = tuple[str, str, str | None, str | None, str | None]
"""What sql.ROUTES asks: the call's account and id; that id again where it matters what waits for
it; the line's account and user where there is one."""

Found: TypeAlias = tuple[str, str, str, str, str]
"""A row of sql.ROUTES."""


def pair(key: AgentKey) -> Pair:
    """The agent as rows have it."""
    return key.org_id, key.user_id


def route_key(read: RouteRead) -> RouteKey:
    """By what the store is asked about a route that a commit read."""
    call, line = read.provider_call_id, read.line
    waiting = None if read.parked is None else call
    user = (None, None) if line is None else (line.account, line.user)
    return (read.account, call, waiting, *user)


def route_rows(read: RouteRead) -> list[Found]:
    """What the store answers if all of it is still so."""
    call, line = read.call, read.line
    rows = [(CALL, *call, *pair(owner)) for owner in read.owners]
    if read.parked:
        rows += [(WAITING, *call, event_id, "") for event_id in read.parked]
    if line is not None:
        rows += [(LINE, line.account, line.user, *pair(agent)) for agent in read.line_agents]
    return rows


@dataclass(slots=True)
class BatchState:
    """Versions of agents, deliveries taken, who has which call, what is parked, who has a line."""

    versions: dict[Pair, int] = field(default_factory=dict)
    taken: set[Pair] = field(default_factory=set)
    owners: dict[Pair, set[Pair]] = field(default_factory=dict)
    parked: dict[Pair, set[str]] = field(default_factory=dict)
    line_agents: dict[Pair, set[Pair]] = field(default_factory=dict)
    lines: dict[Pair, Pair] = field(default_factory=dict)
    """The line of each agent in `line_agents`."""
    states: dict[Pair, int] = field(default_factory=dict)
    """The versions of drivers' states."""

    def find(self, rows: Iterable[Found]) -> None:
        """Take in what sql.ROUTES found."""
        for kind, account, name, one, other in rows:
            if kind == CALL:
                self.own((account, name), (one, other))
            elif kind == WAITING:
                self.park((account, name), one)
            else:
                self.connect((account, name), (one, other))

    def own(self, call: Pair, agent: Pair) -> None:
        """The agent has the call."""
        self.owners.setdefault(call, set()).add(agent)

    def park(self, call: Pair, event_id: str) -> None:
        """A delivery waits for the call."""
        self.parked.setdefault(call, set()).add(event_id)

    def replay(self, call: Pair, event_ids: Iterable[str]) -> None:
        """They wait no more."""
        self.parked.get(call, set()).difference_update(event_ids)

    def connect(self, line: Pair, agent: Pair) -> None:
        """The agent has this line, and no other one."""
        before = self.lines.get(agent)
        if before != line:
            if before is not None:
                self.line_agents[before].discard(agent)
            self.lines[agent] = line
            self.line_agents.setdefault(line, set()).add(agent)

    def is_so(self, read: RouteRead) -> bool:
        """Whether the route would still be read like that."""
        if self.owners.get(read.call, set()) != set(map(pair, read.owners)):
            return False
        if read.parked is not None and self.parked.get(read.call, set()) != read.parked:
            return False
        line = read.line and (read.line.account, read.line.user)
        agents = self.line_agents.get(line, set()) if line else set()
        return line is None or agents == set(map(pair, read.line_agents))
