"""Every org's agents belong to one tenant, whose driver a test brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapter.core.model import AgentKey, TelephonyUser
from adapter.core.policy import Policy
from adapter.orgs import Org, TelephonyAccount
from adapter.page.port import SalesforceOrg
from adapter.telephony.health import Health
from adapter.telephony.port import Driver
from adapter.tenants import Telephony, Tenant, Tenants


@dataclass(frozen=True)
class NoDirectory:
    """Nobody is looked for."""

    async def line(self, key: AgentKey, email: str) -> TelephonyUser | None:
        """No one."""
        return None

    def surface(self, key: AgentKey, email: str) -> str:
        """Whichever page greets."""
        return ""

    def ring_profiles(self, line: TelephonyUser) -> tuple[str, ...]:
        """No other phones."""
        return ()


def a_tenant(
    driver: Driver,
    account: str,
    *,
    org_id: str = "00D000000000001",
    rules: Policy | None = None,
    **salesforce: Any,
) -> Tenant[SalesforceOrg]:
    """One org with that provider; further words are its Open CTI's."""
    # Here, so that tests which need no Open CTI run without its room.
    from adapter.opencti.surface import open_cti
    from adapter.salesforce.tasklog import TaskRules

    return Tenant(
        org=Org(org_id, (), telephony=TelephonyAccount(account=account)),
        telephony=Telephony(account, driver, Health(lambda: 0)),
        salesforce=open_cti(**{"rules": TaskRules(), **salesforce}),
        directory=NoDirectory(),
        rules=rules or Policy(),
    )


class OneTenant(Tenants[SalesforceOrg]):
    """Whoever asks, of whichever org, is told of this one."""

    def __init__(self, tenant: Tenant[SalesforceOrg]) -> None:
        super().__init__([tenant])
        self._tenant = tenant

    def of_agent(self, key: AgentKey) -> Tenant[SalesforceOrg]:
        """The one."""
        return self._tenant

    def of_org(self, org_id: str) -> Tenant[SalesforceOrg]:
        """The one."""
        return self._tenant
