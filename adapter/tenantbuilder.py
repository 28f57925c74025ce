"""Builds each org's tenant from the settings: driver, Salesforce, directory, rules."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import httpx
from msgspec.structs import replace

from adapter.core.aftermath import named_in
from adapter.core.policy import Policy
from adapter.drivers import build_driver, is_configured
from adapter.orgs import Org
from adapter.page.port import SalesforceOrg
from adapter.runtime.clock import Clock
from adapter.runtime.directory import Directory, read_entries
from adapter.salesforce.rules import task_rules
from adapter.settings import Settings
from adapter.telephony.health import Health
from adapter.telephony.port import Capabilities, DriverStates
from adapter.tenants import Telephony, Tenant, Tenants
from adapter.web.signin.oidc import IdentityProvider

StatesOf = Callable[[str], DriverStates]
"""The storage for the state of an account's driver."""

SURFACES = ("adapter.opencti", "adapter.lwc", "adapter.voice")
"""The packages for Salesforce's products; each has a `setup` with `connect`."""


@dataclass(frozen=True, slots=True)
class Builder:
    """What tenants are built with; `stack` closes their resources."""

    settings: Settings
    clock: Clock
    http: httpx.AsyncClient
    states_of: StatesOf
    stack: AsyncExitStack

    def build(self, orgs: tuple[Org, ...]) -> Tenants[SalesforceOrg]:
        """Build one tenant per org. Raises WrongSetting."""
        return Tenants([self._tenant(org) for org in orgs])

    def _tenant(self, org: Org) -> Tenant[SalesforceOrg]:
        settings, telephony = self.settings, self._telephony(org)
        entries = read_entries(org.directory_file) if org.directory_file else ()
        known = telephony.driver if telephony.is_configured else None
        rules = _rules(org, settings, telephony.driver.capabilities)
        salesforce = _connected(org, settings, rules, self.clock, self.stack)
        if salesforce.finder is not None:
            rules = replace(rules, save=replace(rules.save, read_back=True))
        directory = Directory(org.account, known, self.clock, entries)
        redirect_uri = f"{settings.public_origin}/auth/callback"
        return Tenant(
            org=org,
            telephony=telephony,
            salesforce=salesforce,
            directory=directory,
            people=directory,
            rules=rules,
            identity=IdentityProvider(org, self.http, redirect_uri, self.clock),
        )

    def _telephony(self, org: Org) -> Telephony:
        health = Health(self.clock.now)
        driver = build_driver(org, self.states_of(org.account), health.note)
        self.stack.push_async_callback(driver.close)
        return Telephony(org.account, driver, health, is_configured(org))


def _rules(org: Org, settings: Settings, can: Capabilities) -> Policy:
    """The policy from the deployment's and the org's settings and the provider's capabilities."""
    rules = settings.policy()
    return replace(
        rules,
        wanted=named_in(task_rules(org, settings, rules).templates),
        dial=replace(rules.dial, digits=can.digits),
        pauses=can.pauses,
        click_in_silence=can.click_in_silence,
        away_reasons=org.panel.away_reasons,
        note_templates=tuple(note.name for note in org.panel.notes),
        caller_ids=org.caller_ids,
    )


def _connected(
    org: Org, settings: Settings, rules: Policy, clock: Clock, stack: AsyncExitStack
) -> SalesforceOrg:
    """The org's Salesforce for every installed package; deleting one leaves the others working."""
    joined = SalesforceOrg()
    for room in SURFACES:
        if find_spec(room) is not None:
            setup = import_module(f"{room}.setup")
            joined = joined.with_surface(setup.connect(org, settings, rules, clock, stack))
    return joined
