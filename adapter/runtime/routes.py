"""Who hears of a provider's call, as this process remembers it.

Law of this file: nothing here has to be right. Each commit of a delivery names the route by which
it was decided, and the store refuses one that is no longer so (`Conflict`); then the route is read.
So the usual delivery asks the store nothing before its commit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from adapter.core.model import AgentKey, TelephonyUser
from adapter.core.values import Frozen
from adapter.storage.port import CallRow, Parked, RouteRead, Snapshot, Store

REMEMBERED = 20_000
"""Calls, and lines: of each so many, as agents are kept in memory; what was learned first is
forgotten first. A call takes half a kilobyte."""


class Route(Frozen, frozen=True):
    """The route of one delivery: our call ids by owner, what waits, and who has the user's line.

    `agents` is everybody who knows the call, and whom the delivery names.
    """

    read: RouteRead
    owners: Mapping[AgentKey, str]
    parked: tuple[Parked, ...]
    agents: frozenset[AgentKey]


class Routes:
    """What was learned from commits and from reading."""

    def __init__(self) -> None:
        self._owners: OrderedDict[tuple[str, str], dict[AgentKey, str]] = OrderedDict()
        self._agents: OrderedDict[TelephonyUser, frozenset[AgentKey]] = OrderedDict()

    def learn(self, rows: Iterable[CallRow]) -> None:
        """These calls have been committed as those agents' own."""
        for row in rows:
            self._owned(row.call, row.agent, row.call_id)

    def learn_from(self, snapshot: Snapshot) -> None:
        """Another replica has committed this: its calls and logs are the agent's own."""
        agent = snapshot.agent
        if agent.line is None:
            return
        calls = [(call.provider_call_id, call.call_id) for call in agent.calls]
        calls += [(log.provider_call_id, log.log_id) for log in snapshot.logs]
        for called, call_id in calls:
            if called:
                self._owned((agent.line.account, called), agent.key, call_id)

    def _owned(self, call: tuple[str, str], agent: AgentKey, call_id: str) -> None:
        known = self._owners.get(call, {})
        if known.get(agent) != call_id:
            self._owners[call] = {**known, agent: call_id}
            _bound(self._owners)

    def remembered(
        self, account: str, provider_call_id: str, line: TelephonyUser | None
    ) -> Route | None:
        """The route without asking; a call never heard of is nobody's. None without the line."""
        agents = self._agents.get(line) if line else frozenset[AgentKey]()
        if agents is None:
            return None
        call = (account, provider_call_id)
        return _way(call, self._owners.get(call, {}), (), line, agents)

    async def read(
        self, store: Store, account: str, provider_call_id: str, line: TelephonyUser | None
    ) -> Route:
        """The route as the store has it. Raises StorageError."""
        agents = frozenset(await store.agents_of(line) if line else ())
        # The call last: who binds it in between takes the parked deliveries away, and is seen.
        route = await store.route(account, provider_call_id)
        call = (account, provider_call_id)
        self._owners[call] = route.owners
        _bound(self._owners)
        if line:
            self._agents[line] = agents
            _bound(self._agents)
        return _way(call, route.owners, route.parked, line, agents)


def _way(
    call: tuple[str, str],
    owners: Mapping[AgentKey, str],
    parked: tuple[Parked, ...],
    line: TelephonyUser | None,
    agents: frozenset[AgentKey],
) -> Route:
    waiting, known = frozenset([one.event_id for one in parked]), frozenset(owners)
    read = RouteRead(call, known, waiting, line, agents)
    return Route(read, owners, parked, known | agents)


def _bound(known: OrderedDict[Any, Any]) -> None:
    if len(known) > REMEMBERED:
        known.popitem(last=False)
