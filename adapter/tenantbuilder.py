"""From what the settings say of each org to its tenant: driver, Salesforce, directory, rules."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
from msgspec.structs import replace

from adapter.core.policy import Policy
from adapter.drivers import build_driver, is_configured
from adapter.opencti.soql import TaskFinder, build_finder
from adapter.opencti.tasklog import TaskRules
from adapter.orgs import Org
from adapter.page.pages import SalesforceOrg
from adapter.runtime.clock import Clock
from adapter.runtime.directory import Directory, read_entries
from adapter.settings import Settings, task_fields_of
from adapter.telephony.health import Health
from adapter.telephony.port import DriverStates
from adapter.tenants import Telephony, Tenant, Tenants
from adapter.web.oidc import IdentityProvider

StatesOf = Callable[[str], DriverStates]
"""Where the driver of that account keeps what it steers by."""


@dataclass(frozen=True, slots=True)
class Builder:
    """What tenants are made with; `stack` closes what they hold open."""

    settings: Settings
    clock: Clock
    http: httpx.AsyncClient
    states_of: StatesOf
    stack: AsyncExitStack

    def build(self, orgs: tuple[Org, ...]) -> Tenants[SalesforceOrg]:
        """One each. Raises WrongSetting."""
        return Tenants([self._tenant(org) for org in orgs])

    def _tenant(self, org: Org) -> Tenant[SalesforceOrg]:
        settings, telephony = self.settings, self._telephony(org)
        entries = read_entries(org.directory_file) if org.directory_file else ()
        known = telephony.driver if telephony.is_configured else None
        rules, finder = settings.policy(), self._finder(org)
        digits = telephony.driver.capabilities.digits
        rules = replace(rules, dial=replace(rules.dial, digits=digits))
        if finder is not None:
            rules = replace(rules, save=replace(rules.save, read_back=True))
        redirect_uri = f"{settings.public_origin}/auth/callback"
        return Tenant(
            org=org,
            telephony=telephony,
            salesforce=SalesforceOrg(self._tasks(org, rules), finder, settings.read_back_class),
            directory=Directory(org.account, known, self.clock, entries),
            rules=rules,
            identity=IdentityProvider(org, self.http, redirect_uri, self.clock),
        )

    def _telephony(self, org: Org) -> Telephony:
        health = Health(self.clock.now)
        driver = build_driver(org, self.states_of(org.account), health.note)
        self.stack.push_async_callback(driver.close)
        return Telephony(org.account, driver, health, is_configured(org))

    def _tasks(self, org: Org, rules: Policy) -> TaskRules:
        settings, own = self.settings, org.salesforce
        status = settings.task_status if own.task_status is None else own.task_status
        pairs = own.task_extra_fields
        fields = settings.extra_fields() if pairs is None else task_fields_of(pairs)
        return TaskRules(status, rules.disposition, fields, first_line=settings.task_first_line)

    def _finder(self, org: Org) -> TaskFinder | None:
        """Who asks this org for its Tasks, by the org's own app or by that of the deployment."""
        settings, own = self.settings, org.salesforce
        client_id = own.client_id or settings.salesforce_client_id
        secret = own.client_secret or settings.salesforce_client_secret.get_secret_value()
        if not (org.domain and client_id and secret):
            return None
        finder = build_finder(org.domain, client_id, secret)
        self.stack.push_async_callback(finder.close)
        return finder
