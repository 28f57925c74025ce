"""Sets up Open CTI for an org: its Task rules and the client that finds Tasks."""

from __future__ import annotations

from contextlib import AsyncExitStack

from adapter.core.policy import Policy
from adapter.opencti.soql import TaskFinder, build_finder
from adapter.opencti.surface import open_cti
from adapter.orgs import Org
from adapter.page.port import SalesforceOrg
from adapter.runtime.clock import Clock
from adapter.salesforce.rules import task_rules
from adapter.settings import Settings


def connect(
    org: Org, settings: Settings, rules: Policy, _clock: Clock, stack: AsyncExitStack
) -> SalesforceOrg:
    """The org's surface; `stack` closes its connections."""
    tasks = task_rules(org, settings, rules)
    finder = finder_of(org, settings, tasks.key_field)
    if finder is not None:
        stack.push_async_callback(finder.close)
    return open_cti(tasks, finder, settings.read_back_class)


def finder_of(org: Org, settings: Settings, key_field: str = "") -> TaskFinder | None:
    """The client that finds Tasks, by the org's own app or the deployment's; None: not set up."""
    own = org.salesforce
    client_id = own.client_id or settings.salesforce_client_id
    secret = own.client_secret or settings.salesforce_client_secret.get_secret_value()
    if not (org.domain and client_id and secret):
        return None
    return build_finder(org.domain, client_id, secret, key_field, proxy=org.proxy)
