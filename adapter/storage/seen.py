"""What the database holds of what a batch touches, and how the batch itself moves it on.

Law of this file: no I/O. Commits of one batch chain: each is judged by what the database held
before the batch and by what the winners before it have changed since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from adapter.storage.port import RouteRead

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A RouteRead in the keys of rows: call and line by account, agents by organisation."""

    call: Pair
    owners: frozenset[Pair]
    parked: frozenset[str] | None
    line: Pair | None
    line_agents: frozenset[Pair]


def route_row(read: RouteRead) -> RouteRow:
    """The route that a commit read, as the rows have it."""
    return RouteRow(
        call=(read.account, read.provider_call_id),
        owners=frozenset((key.org_id, key.user_id) for key in read.owners),
        parked=read.parked,
        line=(read.line.account, read.line.user) if read.line else None,
        line_agents=frozenset((key.org_id, key.user_id) for key in read.line_agents),
    )


@dataclass(slots=True)
class Seen:
    """Versions of agents, deliveries taken, who has which call, what is parked, who has a line."""

    versions: dict[Pair, int] = field(default_factory=dict)
    taken: set[Pair] = field(default_factory=set)
    owners: dict[Pair, set[Pair]] = field(default_factory=dict)
    parked: dict[Pair, set[str]] = field(default_factory=dict)
    line_agents: dict[Pair, set[Pair]] = field(default_factory=dict)
    lines: dict[Pair, Pair] = field(default_factory=dict)
    """The line of each agent in `line_agents`."""

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

    def is_so(self, route: RouteRow) -> bool:
        """Whether the route would still be read like that."""
        if self.owners.get(route.call, set()) != route.owners:
            return False
        if route.parked is not None and self.parked.get(route.call, set()) != route.parked:
            return False
        return route.line is None or self.line_agents.get(route.line, set()) == route.line_agents
