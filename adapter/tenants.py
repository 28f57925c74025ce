"""Maps agents and accounts to tenants: provider, Salesforce and rules.

Law of this file: orgs share nothing. What an agent may request, show or write is looked up by the
agent's own org; provider events are looked up by the account that they arrived for.
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
"""The page package's type for an org's Salesforce; opaque to lower packages."""


class Directory(Protocol):
    """Maps Salesforce users to the provider's users (runtime.directory)."""

    async def line(self, key: AgentKey, email: str) -> TelephonyUser | None:
        """The agent's telephony user, or None. Raises DirectoryUnavailable."""

    def surface(self, key: AgentKey, email: str) -> str:
        """The surface that an admin set for the agent; empty: the page that connects."""

    def ring_profiles(self, line: TelephonyUser) -> tuple[str, ...]:
        """The keys of the user's other phones, as listed by the provider."""


class People(Protocol):
    """A colleague who can be called (runtime.directory)."""

    async def colleagues(self) -> Iterable[tuple[str, str, str]]:
        """Users who have a name, a number and a provider user."""


class SignIn(Protocol):
    """Identifies who signs in (web.oidc); flows and identities are types of web."""

    async def authorize_url(self, flow: Any) -> str:
        """The URL to send the browser to."""

    async def identify(self, code: str, flow: Any) -> Any:
        """The identity that signed in with this code."""


@dataclass(frozen=True, slots=True)
class Telephony:
    """An org's account at its provider; calls need `is_configured`."""

    account: str
    driver: Driver
    health: Health
    is_configured: bool = True


@dataclass(frozen=True, slots=True)
class Tenant(Generic[SalesforceT]):
    """Everything of one org; `rules` is the policy of its calls and logs."""

    org: Org
    telephony: Telephony
    salesforce: SalesforceT
    directory: Directory
    rules: Policy
    identity: SignIn | None = None
    people: People | None = None

    @property
    def capabilities(self) -> Capabilities:
        """The provider's capabilities."""
        return self.telephony.driver.capabilities


class Tenants(Generic[SalesforceT]):
    """All orgs of the deployment."""

    def __init__(self, tenants: Iterable[Tenant[SalesforceT]]) -> None:
        self.all = tuple(tenants)
        self._by_org = {tenant.org.org_id: tenant for tenant in self.all}
        self._by_account = {tenant.telephony.account: tenant for tenant in self.all}

    def of_agent(self, key: AgentKey) -> Tenant[SalesforceT] | None:
        """The tenant of the agent's org; None if the org is no longer configured."""
        return self._by_org.get(key.org_id)

    def rules_of(self, key: AgentKey) -> Policy | None:
        """The policy of the agent's calls and logs; None if the org is no longer configured."""
        tenant = self._by_org.get(key.org_id)
        return tenant.rules if tenant else None

    def of_account(self, account: str) -> Tenant[SalesforceT] | None:
        """The tenant with this provider account; None if there is none."""
        return self._by_account.get(account)

    def of_org(self, org_id: str) -> Tenant[SalesforceT] | None:
        """The tenant of exactly this org id; None if there is none."""
        return self._by_org.get(org_id)

    def read(self, account: str, body: bytes, at: int) -> CallUpdate | None:
        """Read a stored delivery with its account's driver."""
        tenant = self.of_account(account)
        return tenant.telephony.driver.read(body, at) if tenant else None

    def surface(self, key: AgentKey, email: str) -> str:
        """The agent's surface in their own org's directory; empty if not set."""
        tenant = self.of_agent(key)
        return tenant.directory.surface(key, email) if tenant else ""

    def ring_profiles(self, line: TelephonyUser) -> tuple[str, ...]:
        """The keys of the user's other phones in the directory of the account's org."""
        tenant = self.of_account(line.account)
        return tenant.directory.ring_profiles(line) if tenant else ()

    async def line(self, key: AgentKey, email: str) -> TelephonyUser | None:
        """The agent's telephony user in their own org's directory.

        Raises DirectoryUnavailable.
        """
        tenant = self.of_agent(key)
        return await tenant.directory.line(key, email) if tenant else None
