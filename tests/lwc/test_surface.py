"""Saves by key, and what else our own host is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from adapter.core.draft import Draft
from adapter.core.effects import PopScreen
from adapter.core.logs.model import Attempt, CallLog, Saved
from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.lwc.surface import HostCalls, lwc, saved_fields
from adapter.page import frames
from adapter.page.parts import ErrorIn
from adapter.salesforce.pagecalls import TaskCalls
from adapter.salesforce.tasklog import TaskRules, task_fields
from tests.core.keyedgate import keyed_log
from tests.core.people import RECORD, T0
from tests.strategies import attempts, call_logs

RULES = TaskRules(disposition=Policy().disposition)
CALLS = HostCalls(RULES, "SoftphoneCallLog")
LOG = replace(keyed_log(), record=RECORD)
TASK = "00T000000000001"


def going(number: int, record_id: str = "", **draft: Any) -> Attempt:
    """A go, with what the agent had entered by then."""
    return Attempt(number, "p", "nonce", T0, replace(LOG.wanted, draft=Draft(**draft)), record_id)


def test_the_first_save_names_its_call_and_its_number_and_leaves_out_what_is_empty() -> None:
    """The component adds object and subtype; the key is the call's own id."""
    first = going(1)
    sent = CALLS.save(replace(LOG, attempts=(first,)), first)
    args = sent["call"]["args"]
    assert (sent["type"], sent["attempt"], sent["call"]["method"]) == ("go", 1, "saveCall")
    assert (args["callId"], args["attempt"], args["recordId"]) == (LOG.log_id, 1, None)
    said = task_fields(first.fields, RULES)
    assert args["fields"] == {k: v for k, v in said.items() if v is not None}
    assert not {"entityApiName", "TaskSubtype", "Id"} & args["fields"].keys()


def test_a_repeated_first_save_sends_nulls_too() -> None:
    """The Task may be there already, with notes that are not wanted any more."""
    lost, again = going(1, notes="wrong"), going(2)
    log = replace(LOG, attempts=(lost, again))
    assert saved_fields(log, again, RULES) == task_fields(again.fields, RULES)
    assert saved_fields(log, again, RULES)["Description"] is None


def test_a_later_save_sends_differences_and_fields_in_doubt() -> None:
    """By the record's id as well: a Task that was deleted is not made again."""
    first, lost, last = going(1), going(2, TASK, notes="lost"), going(3, TASK, subject="New")
    log = replace(LOG, saved=Saved(TASK, first.fields), unsure=(lost.fields,))
    args = CALLS.save(log, last)["call"]["args"]
    assert args["recordId"] == TASK
    assert args["fields"] == {"Subject": "New", "Description": None}


@given(log=call_logs(), going=attempts)
def test_every_go_can_be_sent(log: CallLog, going: Attempt) -> None:
    """Whatever the log has been through."""
    assert frames.frame(CALLS.save(log, going)).encode("utf-8")


def test_colliding_first_saves_do_not_concern_the_agent() -> None:
    """The key refuses the second; the next save finds the first."""
    told = CALLS.save_errors([ErrorIn(code="DUPLICATE_VALUE", message="duplicate value found")])
    assert [error.transient for error in told] == [True]
    told = CALLS.save_errors([ErrorIn(code="REQUIRED_FIELD_MISSING", message="Reason")])
    assert [error.transient for error in told] == [False]


def test_no_read_back_is_needed_for_a_keyed_save() -> None:
    """It is sent again; nothing follows from one that was found, for there is no finding."""
    with pytest.raises(NotImplementedError):
        CALLS.read_back("c1")
    assert CALLS.found_records(["00T000000000001"]) is None
    assert CALLS.complete(LOG) is None


def test_all_else_is_the_same_as_in_every_surface() -> None:
    """Pops and the question who runs the page."""
    assert CALLS.pop(PopScreen("c1", "p", "+14155550100")) == TaskCalls().pop(
        PopScreen("c1", "p", "+14155550100")
    )
    assert CALLS.who_am_i("n1") == TaskCalls(apex_class="SoftphoneCallLog").who_am_i("n1")
    assert CALLS.who_runs(None, "n1") is None


def test_an_org_with_our_host_has_a_surface_whose_saves_are_keyed() -> None:
    """Beside Open CTI, if it has that too."""
    org = lwc(RULES)
    assert org.surface("lwc") is not None
    assert list(org.page_calls) == [Route.KEYED]
