"""Sets up our own component for an org, with the same Task rules as elsewhere."""

from __future__ import annotations

from contextlib import AsyncExitStack

from adapter.core.policy import Policy
from adapter.lwc.surface import lwc
from adapter.orgs import Org
from adapter.page.port import SalesforceOrg
from adapter.runtime.clock import Clock
from adapter.salesforce.rules import task_rules
from adapter.settings import Settings


def connect(
    org: Org, settings: Settings, rules: Policy, _clock: Clock, _stack: AsyncExitStack
) -> SalesforceOrg:
    """The org's surface; only its pages write."""
    return lwc(task_rules(org, settings, rules), settings.read_back_class)
