"""How an org's Open CTI is set up: its Tasks' rules, and who can be asked for them."""

from __future__ import annotations

from contextlib import AsyncExitStack

from adapter.core.policy import Policy
from adapter.opencti.soql import TaskFinder, build_finder
from adapter.opencti.surface import open_cti
from adapter.opencti.tasklog import TaskRules
from adapter.orgs import Org
from adapter.page.port import SalesforceOrg
from adapter.runtime.clock import Clock
from adapter.settings import Settings
from adapter.settings.salesforce import task_fields_of


def connect(
    org: Org, settings: Settings, rules: Policy, _clock: Clock, stack: AsyncExitStack
) -> SalesforceOrg:
    """The org's Open CTI; `stack` closes what it holds open."""
    finder = _finder(org, settings)
    if finder is not None:
        stack.push_async_callback(finder.close)
    return open_cti(_tasks(org, settings, rules), finder, settings.read_back_class)


def _tasks(org: Org, settings: Settings, rules: Policy) -> TaskRules:
    own = org.salesforce
    status = settings.task_status if own.task_status is None else own.task_status
    pairs = own.task_extra_fields
    fields = settings.extra_fields() if pairs is None else task_fields_of(pairs)
    return TaskRules(status, rules.disposition, fields, first_line=settings.task_first_line)


def _finder(org: Org, settings: Settings) -> TaskFinder | None:
    """Who asks this org for its Tasks, by the org's own app or by that of the deployment."""
    own = org.salesforce
    client_id = own.client_id or settings.salesforce_client_id
    secret = own.client_secret or settings.salesforce_client_secret.get_secret_value()
    if not (org.domain and client_id and secret):
        return None
    return build_finder(org.domain, client_id, secret)
