"""Whom of the house an agent may mean: by name or number, and whether they can be disturbed.

The names are the directory's, the states our own agents'. Who has no softphone open may be at a
desk phone all the same: so nothing is said of who is neither in a call nor away.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from adapter.core.availability import Status
from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.storage.port import Snapshot
from adapter.tenants import Tenants

MOST = 8
SHORTEST = 2


class Found(NamedTuple):
    """Somebody who fits; `state` is `busy`, `away`, `do-not-disturb`, or empty."""

    name: str
    number: str
    state: str
    reason: str


class AgentStore(Protocol):
    """The part of the store that is asked (storage.sqlstore.SqlStore)."""

    async def agents_of(self, line: TelephonyUser) -> tuple[AgentKey, ...]:
        """Who has this line."""

    async def load(self, key: AgentKey) -> Snapshot | None:
        """What is known of an agent."""


class Colleagues:
    """Of every org."""

    def __init__(self, store: AgentStore, tenants: Tenants[Any]) -> None:
        self._store = store
        self._tenants = tenants

    async def search(self, key: AgentKey, words: str) -> list[Found]:
        """Those of the agent's own org who fit, the agent aside. Raises StorageError."""
        tenant = self._tenants.of_agent(key)
        if tenant is None or tenant.people is None or len(words.strip()) < SHORTEST:
            return []
        own, account = await self._store.load(key), tenant.telephony.account
        line = own.agent.line if own else None
        found: list[Found] = []
        for name, number, user in await tenant.people.colleagues():
            if len(found) == MOST:
                break
            if fits(name, number, words) and line != TelephonyUser(account, user):
                state, reason = await self._state(key.org_id, TelephonyUser(account, user))
                found.append(Found(name, number, state, reason))
        return found

    async def _state(self, org_id: str, line: TelephonyUser) -> tuple[str, str]:
        for key in await self._store.agents_of(line):
            snapshot = await self._store.load(key) if key.org_id == org_id else None
            if snapshot is not None:
                return state_of(snapshot.agent)
        return "", ""


def fits(name: str, number: str, words: str) -> bool:
    """Whether each word begins one of the name's, or the whole begins the number."""
    typed, parts = words.casefold().split(), name.casefold().split()
    by_name = all(any(part.startswith(word) for part in parts) for word in typed)
    return by_name or number.startswith(words.strip())


def state_of(agent: Agent) -> tuple[str, str]:
    """What keeps a colleague from a call, and the reason that they gave."""
    if any(call.is_under_way for call in agent.calls):
        return "busy", ""
    chosen = agent.availability
    return ("", "") if chosen.status is Status.AVAILABLE else (chosen.status.value, chosen.reason)
