"""What is written into Salesforce: texts and fields of the admin's."""

from __future__ import annotations

from adapter.core.facts import Outcome
from adapter.core.policy import Policy
from adapter.settings.environment import load


def test_a_disposition_is_replaced_and_the_others_stay() -> None:
    """Only what the deployment says differs from the defaults."""
    policy = load({"SOFTPHONE_DISPOSITIONS": "no-answer = Nobody there"}).policy()
    assert policy.disposition(Outcome.NO_ANSWER) == "Nobody there"
    assert policy.disposition(Outcome.BUSY) == Policy().disposition(Outcome.BUSY)


def test_extra_task_fields_are_pairs() -> None:
    """Name and value around the first equals sign."""
    settings = load({"SOFTPHONE_TASK_EXTRA_FIELDS": "Type = Call, Channel__c=a=b"})
    assert settings.extra_fields() == (("Type", "Call"), ("Channel__c", "a=b"))
