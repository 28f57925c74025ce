"""What a save says, and the frame that lets it go."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.draft import Draft
from adapter.core.logs.model import Attempt, Saved
from adapter.core.policy import Policy
from adapter.salesforce.savecall import go, update
from adapter.salesforce.tasklog import TaskRules
from tests.core.gate import new_log
from tests.core.people import T0

RULES = TaskRules(disposition=Policy().disposition)
LOG = new_log()
TASK = "00T000000000001"


def attempt(number: int, notes: str | None = None) -> Attempt:
    """An update with these notes."""
    fields = replace(LOG.wanted, draft=Draft(notes=notes))
    return Attempt(number, "p1", "nonce", T0, fields, TASK)


def test_a_go_names_log_attempt_and_nonce_and_the_call() -> None:
    """Its report brings them back."""
    assert go(LOG, attempt(2), "save", {"a": 1}) == {
        "type": "go",
        "log_id": "c1",
        "attempt": 2,
        "nonce": "nonce",
        "call": {"method": "save", "args": {"a": 1}},
        "refresh": True,
    }


def test_an_update_says_what_differs_from_the_last_that_is_known_and_from_any_in_doubt() -> None:
    """The record may say either."""
    known, lost, last = attempt(1, "x"), attempt(2, "y"), attempt(3, "x")
    saved = replace(LOG, saved=Saved(TASK, known.fields))
    assert update(saved, known.fields, last, RULES) == {"Id": TASK}
    doubt = replace(saved, unsure=(lost.fields,))
    assert update(doubt, known.fields, last, RULES).keys() == {"Id", "Description"}
