"""The numbers that the machine takes as an argument."""

import pytest

from adapter.core.callcenter import CallCenterSettings
from adapter.core.facts import Outcome
from adapter.core.policy import Policy, SavePolicy, outcome_code


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.COMPLETED])
def test_every_outcome_that_a_call_can_have_has_a_disposition(outcome: Outcome) -> None:
    """In words of an agent, not of a protocol."""
    assert Policy().disposition(outcome)[0].isupper()


def test_our_own_dispositions_have_a_code_and_an_admins_have_none() -> None:
    """A page says the first in its own language; the second are said as they are."""
    policy = Policy()
    codes = {outcome_code(words): outcome.value for outcome, words in policy.dispositions}
    assert all(code == outcome for code, outcome in codes.items())
    assert outcome_code("Sold") == ""


def test_an_outcome_without_a_configured_word_reads_as_its_default() -> None:
    """Nothing raises for a thin configuration."""
    assert Policy(dispositions=()).disposition(Outcome.BUSY) == "busy"


def test_lookups_after_the_ringing_are_at_0_5_and_30_seconds() -> None:
    """The waits between them add up to these moments."""
    first, second, _ = Policy().cdr_after_ring_ms
    assert (first, first + second) == (5_000, 30_000)


def test_the_last_read_back_is_later_than_any_commit() -> None:
    """Salesforce cuts its own transactions off long before."""
    assert SavePolicy().read_back_at == (30_000, 60_000, 120_000, 330_000)
    assert SavePolicy().fresh_ms > 5_000


def test_a_call_center_changes_what_its_definition_says() -> None:
    """Nothing said, nothing changed; a region that nobody knows is none."""
    policy = Policy()
    assert policy.of(CallCenterSettings()) is policy
    told = policy.of(CallCenterSettings(wrapup_ms=5_000, region="DE"))
    assert (told.wrapup_ms, told.dial.default_region) == (5_000, "DE")
    kept = policy.of(CallCenterSettings(region="XX", outside_prefix="9"))
    assert policy.of(CallCenterSettings(wrapup_ms=5_000, region="DE", outside_prefix="9")) is told
    assert (kept.wrapup_ms, kept.dial.default_region) == (policy.wrapup_ms, "US")


def test_an_agent_cannot_choose_the_disposition_that_a_colleague_took_the_call() -> None:
    """Each word once; what Salesforce Voice is told of others' calls is nobody's choice."""
    words = ((Outcome.ANSWERED, "Done"), (Outcome.BUSY, "Later"), (Outcome.NO_ANSWER, "Later"))
    mine = Policy(dispositions=(*words, (Outcome.ELSEWHERE, "Taken")))
    assert mine.choices == ("Done", "Later")
    assert mine.disposition(Outcome.ELSEWHERE) == "Taken"
