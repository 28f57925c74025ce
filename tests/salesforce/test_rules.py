"""What an org's Tasks say, from the settings."""

from __future__ import annotations

from dataclasses import replace

from adapter.core.policy import Policy
from adapter.orgfile import orgs_of
from adapter.orgs import SalesforceSide
from adapter.salesforce.rules import task_rules
from adapter.settings.environment import load


def test_an_orgs_value_overrides_the_deployments() -> None:
    """Status and further fields, each by itself; empty is a word too."""
    settings = load({}, task_status="Done", task_extra_fields="Type=Call")
    org = orgs_of(settings).all[0]
    rules = task_rules(org, settings, Policy())
    assert (rules.status, rules.extra) == ("Done", (("Type", "Call"),))
    own = replace(org, salesforce=SalesforceSide(task_status="Completed", task_extra_fields=()))
    rules = task_rules(own, settings, Policy())
    assert (rules.status, rules.extra) == ("Completed", ())
