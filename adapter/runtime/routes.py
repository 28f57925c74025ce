"""Which agents a provider's call belongs to, as this process remembers it.

Law of this file: this memory may be wrong. Each commit of a delivery names its route, and the store
rejects an outdated one (`Conflict`); then the route is read. So a usual delivery needs no read
before its commit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from adapter.core.model import AgentKey, TelephonyUser
from adapter.core.values import Frozen
from adapter.storage.port import CallRow, Parked, RouteRead, Snapshot, Store

REMEMBERED = 20_000
"""The most calls, and the most lines, that are remembered; the oldest are dropped first. A call
takes half a kilobyte."""


class Route(Frozen, frozen=True):
    """The route of one delivery: our call ids by owner, parked deliveries, agents of the line.

    `agents` are the owners of the call and the agents that the delivery names.
    """

    read: RouteRead
    owners: Mapping[AgentKey, str]
    parked: tuple[Parked, ...]
    agents: frozenset[AgentKey]


class Routes:
    """Routes learned from commits and reads."""

    def __init__(self) -> None:
        self._owners: OrderedDict[tuple[str, str], dict[AgentKey, str]] = OrderedDict()
        self._agents: OrderedDict[TelephonyUser, frozenset[AgentKey]] = OrderedDict()

    def learn(self, rows: Iterable[CallRow]) -> None:
        """Remember the owners of committed call rows."""
        for row in rows:
            self._add_owner(row.call, row.agent, row.call_id)

    def learn_from(self, snapshot: Snapshot) -> None:
        """Remember the calls and logs of an agent that another replica committed."""
        agent = snapshot.agent
        if agent.line is None:
            return
        calls = [(call.provider_call_id, call.call_id) for call in agent.calls]
        calls += [(log.provider_call_id, log.log_id) for log in snapshot.logs]
        for called, call_id in calls:
            if called:
                self._add_owner((agent.line.account, called), agent.key, call_id)

    def _add_owner(self, call: tuple[str, str], agent: AgentKey, call_id: str) -> None:
        known = self._owners.get(call, {})
        if known.get(agent) != call_id:
            self._owners[call] = {**known, agent: call_id}
            _forget_oldest(self._owners)

    def remembered(
        self, account: str, provider_call_id: str, line: TelephonyUser | None
    ) -> Route | None:
        """The route from memory; an unknown call has no owner. None if the line is unknown."""
        agents = self._agents.get(line) if line else frozenset[AgentKey]()
        if agents is None:
            return None
        call = (account, provider_call_id)
        return _route_of(call, self._owners.get(call, {}), (), line, agents)

    async def read(
        self, store: Store, account: str, provider_call_id: str, line: TelephonyUser | None
    ) -> Route:
        """The route as the store has it. Raises StorageError."""
        agents = frozenset(await store.agents_of(line) if line else ())
        # Read the call last: a concurrent owner takes its parked deliveries, which shows here.
        route = await store.route(account, provider_call_id)
        call = (account, provider_call_id)
        self._owners[call] = route.owners
        _forget_oldest(self._owners)
        if line:
            self._agents[line] = agents
            _forget_oldest(self._agents)
        return _route_of(call, route.owners, route.parked, line, agents)


def _route_of(
    call: tuple[str, str],
    owners: Mapping[AgentKey, str],
    parked: tuple[Parked, ...],
    line: TelephonyUser | None,
    agents: frozenset[AgentKey],
) -> Route:
    waiting, known = frozenset([delivery.event_id for delivery in parked]), frozenset(owners)
    read = RouteRead(call, known, waiting, line, agents)
    return Route(read, owners, parked, known | agents)


def _forget_oldest(known: OrderedDict[Any, Any]) -> None:
    if len(known) > REMEMBERED:
        known.popitem(last=False)
