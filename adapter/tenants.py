"""Who is whose: the one place that says which provider, Salesforce and rules an agent has.

Law of this file: nothing is shared by two orgs. What an agent may ask, show or write is looked up
by the agent's own org; what a provider tells, by the account that it came in for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from adapter.core.model import AgentKey, TelephonyUser
from adapter.core.policy import Policy
from adapter.orgs import Org
from adapter.telephony.health import Health
from adapter.telephony.port import Capabilities, Driver
from adapter.telephony.updates import CallUpdate

SalesforceT = TypeVar("SalesforceT")
"""What the page room knows of an org's Salesforce; nobody below it looks inside."""


class Directory(Protocol):
    """Who in Salesforce is whom at the provider (runtime.directory)."""

    async def line(self, key: AgentKey, email: str) -> TelephonyUser | None:
        """The agent's telephony user, or None. Raises DirectoryUnavailable."""

    def surface(self, key: AgentKey, email: str) -> str:
        """Where an admin wants the agent to work; empty: whichever page greets."""

    def ring_profiles(self, line: TelephonyUser) -> tuple[str, ...]:
        """The keys of the user's other phones, as the provider lists them."""


class People(Protocol):
    """Who of the house can be called (runtime.directory)."""

    async def colleagues(self) -> Iterable[tuple[str, str, str]]:
        """Name, number and provider user of everybody who has all three."""


class SignIn(Protocol):
    """Who says who signs in (web.oidc); flows and identities are the web room's."""

    async def authorize_url(self, flow: Any) -> str:
        """Where to send the browser."""

    async def identify(self, code: str, flow: Any) -> Any:
        """Who came back with this code."""


@dataclass(frozen=True, slots=True)
class Telephony:
    """An org's account at its provider; without `is_configured` nobody can dial or be called."""

    account: str
    driver: Driver
    health: Health
    is_configured: bool = True


@dataclass(frozen=True, slots=True)
class Tenant(Generic[SalesforceT]):
    """Everything of one org. `rules` are those of its calls and logs."""

    org: Org
    telephony: Telephony
    salesforce: SalesforceT
    directory: Directory
    rules: Policy
    identity: SignIn | None = None
    people: People | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What its provider can do."""
        return self.telephony.driver.capabilities


class Tenants(Generic[SalesforceT]):
    """All orgs of the deployment."""

    def __init__(self, tenants: Iterable[Tenant[SalesforceT]]) -> None:
        self.all = tuple(tenants)
        self._by_org = {tenant.org.org_id: tenant for tenant in self.all}
        self._by_account = {tenant.telephony.account: tenant for tenant in self.all}

    def of_agent(self, key: AgentKey) -> Tenant[SalesforceT] | None:
        """The agent's org; None where it is no longer set up here."""
        return self._by_org.get(key.org_id)

    def rules_of(self, key: AgentKey) -> Policy | None:
        """The rules of the agent's calls and logs; None where their org is no longer set up."""
        tenant = self._by_org.get(key.org_id)
        return tenant.rules if tenant else None

    def of_account(self, account: str) -> Tenant[SalesforceT] | None:
        """Whose provider account it is; None where it is nobody's."""
        return self._by_account.get(account)

    def of_org(self, org_id: str) -> Tenant[SalesforceT] | None:
        """The org as configured, compared letter by letter."""
        return self._by_org.get(org_id)

    def read(self, account: str, body: bytes, at: int) -> CallUpdate | None:
        """What a stored delivery tells, as the driver of its account reads it."""
        tenant = self.of_account(account)
        return tenant.telephony.driver.read(body, at) if tenant else None

    def surface(self, key: AgentKey, email: str) -> str:
        """Where an admin wants the agent to work, by the directory of their own org."""
        tenant = self.of_agent(key)
        return tenant.directory.surface(key, email) if tenant else ""

    def ring_profiles(self, line: TelephonyUser) -> tuple[str, ...]:
        """The keys of the user's other phones, by the directory of the account's org."""
        tenant = self.of_account(line.account)
        return tenant.directory.ring_profiles(line) if tenant else ()

    async def line(self, key: AgentKey, email: str) -> TelephonyUser | None:
        """The agent's telephony user by the directory of their own org, and no other.

        Raises DirectoryUnavailable.
        """
        tenant = self.of_agent(key)
        return await tenant.directory.line(key, email) if tenant else None
