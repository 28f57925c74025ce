"""An org's Task rules, from the settings."""

from __future__ import annotations

from adapter.core.policy import Policy
from adapter.orgs import Org
from adapter.salesforce.tasklog import TaskRules
from adapter.settings import Settings
from adapter.settings.salesforce import task_fields_of


def task_rules(org: Org, settings: Settings, rules: Policy) -> TaskRules:
    """The org's own rules; where it has none, the deployment's."""
    own = org.salesforce
    status = settings.task_status if own.task_status is None else own.task_status
    pairs = own.task_extra_fields
    fields = settings.extra_fields() if pairs is None else task_fields_of(pairs)
    return TaskRules(status, rules.disposition, fields, first_line=settings.task_first_line)
