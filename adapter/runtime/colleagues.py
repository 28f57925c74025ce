"""Finds colleagues by name or number, with their availability.

Names come from the directory, states from our agents. A colleague without an open softphone may be
at a desk phone, so the state is empty unless they are in a call or away.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from adapter.core.availability import Status
from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.storage.port import Store
from adapter.tenants import Tenants

MOST = 8
SHORTEST = 2


class Match(NamedTuple):
    """A matching colleague; `state` is `busy`, `away`, `do-not-disturb`, or empty."""

    name: str
    number: str
    state: str
    reason: str


class Colleagues:
    """The colleague search of all orgs."""

    def __init__(self, store: Store, tenants: Tenants[Any]) -> None:
        self._store = store
        self._tenants = tenants

    async def search(self, key: AgentKey, words: str) -> list[Match]:
        """Matches in the agent's own org, without the agent. Raises StorageError."""
        tenant = self._tenants.of_agent(key)
        if tenant is None or tenant.people is None or len(words.strip()) < SHORTEST:
            return []
        own, account = await self._store.load(key), tenant.telephony.account
        line = own.agent.line if own else None
        matches: list[Match] = []
        for name, number, user in await tenant.people.colleagues():
            if len(matches) == MOST:
                break
            if fits(name, number, words) and line != TelephonyUser(account, user):
                state, reason = await self._state(key.org_id, TelephonyUser(account, user))
                matches.append(Match(name, number, state, reason))
        return matches

    async def _state(self, org_id: str, line: TelephonyUser) -> tuple[str, str]:
        for key in await self._store.agents_of(line):
            snapshot = await self._store.load(key) if key.org_id == org_id else None
            if snapshot is not None:
                return state_of(snapshot.agent)
        return "", ""


def fits(name: str, number: str, words: str) -> bool:
    """Whether each word begins a part of the name, or the text begins the number."""
    typed, parts = words.casefold().split(), name.casefold().split()
    by_name = all(any(part.startswith(word) for part in parts) for word in typed)
    return by_name or number.startswith(words.strip())


def state_of(agent: Agent) -> tuple[str, str]:
    """Why a colleague cannot take a call, and the reason that they gave; empty if they can."""
    if any(call.is_under_way for call in agent.calls):
        return "busy", ""
    chosen = agent.availability
    return ("", "") if chosen.status is Status.AVAILABLE else (chosen.status.value, chosen.reason)
