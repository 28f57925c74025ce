"""Exact Open CTI calls, and what their answers mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapter.core.effects import PopScreen
from adapter.core.facts import NOTHING_KNOWN, Direction
from adapter.core.logmodel import Attempt, CallLog, Pending, Saved, SaveError
from adapter.core.model import AgentKey, Draft, Record
from adapter.core.policy import Policy
from adapter.opencti import surface
from adapter.opencti.surface import ERRORS_KEPT, TEXT_KEPT, TRANSIENT, found_tasks, save_errors
from adapter.opencti.tasklog import TaskRules, create_fields
from adapter.page import frames
from adapter.page.messages import (
    ErrorIn,
    RecordIn,
)
from tests.strategies import attempts, call_logs

T0 = 1_760_000_000_000
CONTACT, TASK, TASK_2 = "003000000000001", "00T000000000001", "00T000000000002"
RECORD_IN = RecordIn(
    id=CONTACT,
    name="Ada",
    object_type="Contact",
    account_id="001000000000001",
    contact_id=CONTACT,
    person_account=True,
)
RECORD = Record(CONTACT, "Ada", "Contact", "001000000000001", CONTACT, True)
RULES = TaskRules(disposition=Policy().disposition)
LOG = CallLog(
    log_id="call_1",
    agent=AgentKey("00D000000000001", "005000000000001"),
    opened_at=T0,
    number="+14155550100",
    facts=NOTHING_KNOWN,
    record=RECORD,
    time_zone="UTC",
    state=Pending(T0, T0),
)
NO_REASON = (SaveError("GENERIC_ERROR", "Salesforce gave no reason.", transient=True),)


# --- why Salesforce refused -------------------------------------------------------------------

FIELD_ERROR = {
    "statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "message": "Pick a reason",
    "fieldLabel": "Reason",
    "columnApiName": "Reason__c",
}
FIELD = SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Pick a reason", "Reason")
PAGE_ERROR = {"statusCode": "CANNOT_INSERT", "message": "Not today"}
PAGE = SaveError("CANNOT_INSERT", "Not today")


def why(**error: Any) -> tuple[SaveError, ...]:
    """One error of Open CTI, flattened."""
    return save_errors([ErrorIn.model_validate(error)])


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: [d]], ids=["object", "array"])
def test_details_are_read_as_an_object_and_in_an_array(wrap: Any) -> None:
    """Both shapes are known from the wild."""
    details = {"message": "x", "fieldErrors": {"Reason__c": [FIELD_ERROR]}, "pageErrors": []}
    assert why(code="SERVER_ERROR", message="top", details=wrap(details)) == (FIELD,)


def test_errors_of_fields_and_of_the_page_are_all_told() -> None:
    """The general sentence is left out where there are particular ones."""
    details = {"pageErrors": [PAGE_ERROR], "fieldErrors": {"A": [FIELD_ERROR, FIELD_ERROR]}}
    assert why(code="SERVER_ERROR", message="top", details=[details]) == (PAGE, FIELD, FIELD)


def test_one_error_without_its_array_is_read_too() -> None:
    """Where an array is documented, an object may stand."""
    details = {"pageErrors": PAGE_ERROR, "fieldErrors": {"A": FIELD_ERROR}}
    assert why(details=details) == (PAGE, FIELD)


def test_an_error_that_says_little_gets_words_all_the_same() -> None:
    """Code, message and label have each their stand-in."""
    details = {"pageErrors": [{}], "fieldErrors": {"Reason__c": [{}]}}
    assert why(details=details) == (
        SaveError("VALIDATION", "VALIDATION"),
        SaveError("FIELD_ERROR", "FIELD_ERROR", "Reason__c"),
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ({"message": "m", "description": "d", "details": {"message": "x"}}, "x"),
        ({"description": "d", "details": {"message": "x"}}, "x"),
        ({"message": "m", "description": "d"}, "m"),
        ({"description": "d", "details": {}}, "d"),
        ({"details": {"message": "x"}}, "x"),
        ({"details": [{}, {"message": "x"}]}, "x"),
        ({"details": "just text"}, "just text"),
        ({"details": [1, None, "text"]}, "SERVER_ERROR"),
        ({"details": {"message": ""}}, "SERVER_ERROR"),
        ({"details": {"fieldErrors": [], "pageErrors": "?"}}, "SERVER_ERROR"),
        ({"details": {"fieldErrors": {"A": "?", "B": [None]}}}, "SERVER_ERROR"),
        ({"details": {}}, "SERVER_ERROR"),
        ({}, "SERVER_ERROR"),
    ],
)
def test_the_first_words_that_there_are_are_the_message(
    error: dict[str, Any], message: str
) -> None:
    """The details' own, message, description, and the code at the very last."""
    assert why(code="SERVER_ERROR", **error) == (
        SaveError("SERVER_ERROR", message, transient=True),
    )


def test_a_refusal_without_any_error_has_a_reason_too() -> None:
    """The agent reads a sentence, and the gate sees something that may pass."""
    assert save_errors([]) == NO_REASON


def test_several_errors_are_told_in_their_order() -> None:
    """The first ones, and not more than an agent would read."""
    errors = [ErrorIn(code=f"E{n}") for n in range(ERRORS_KEPT + 1)]
    assert [error.code for error in save_errors(errors)] == [f"E{n}" for n in range(ERRORS_KEPT)]


def test_long_texts_are_cut() -> None:
    """An error cannot fill the store."""
    long = {"statusCode": "c" * 999, "message": "m" * 999, "fieldLabel": "l" * 999}
    details = {"pageErrors": [long], "fieldErrors": {"A": [long]}}
    page, field = why(details=details)
    assert {len(page.code), len(page.message)} == {TEXT_KEPT}
    assert {len(field.code), len(field.message), len(field.field)} == {TEXT_KEPT}
    assert len(why(message="m" * 999)[0].message) == TEXT_KEPT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["message", "fieldErrors", "pageErrors", "statusCode", "fieldLabel", "A"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.lists(st.builds(ErrorIn, code=st.text(max_size=5), details=JSON), max_size=4))
def test_no_errors_raise(errors: list[ErrorIn]) -> None:
    """Salesforce's details may be anything; there is always at least one reason, in text."""
    told = save_errors(errors)
    assert 1 <= len(told) <= ERRORS_KEPT
    assert all(isinstance(part, str) for e in told for part in (e.code, e.message, e.field))


# --- what the server says ---------------------------------------------------------------------


def attempt(task_id: str = "", **draft: Any) -> Attempt:
    """Go number 3, with what the agent had entered by then."""
    fields = replace(LOG.wanted, draft=Draft(**draft))
    return Attempt(3, "p1", "nonce", T0, fields, task_id)


def test_the_first_go_creates() -> None:
    """The exact saveLog, with the nonce that its report must bring back."""
    assert surface.go(LOG, attempt(), RULES) == {
        "type": "go",
        "log_id": "call_1",
        "attempt": 3,
        "nonce": "nonce",
        "call": {"method": "saveLog", "args": create_fields(LOG.wanted, RULES)},
        "refresh": True,
    }


def test_a_later_go_updates_by_id() -> None:
    """Only what differs from what is saved."""
    saved = replace(LOG, saved=Saved(TASK, LOG.wanted))
    sent = surface.go(saved, attempt(TASK, notes="interested"), RULES)
    assert sent["call"]["args"] == {"Id": TASK, "Description": "interested"}


def test_an_update_says_again_what_an_unknown_one_may_have_overwritten() -> None:
    """First one outcome, then another by a page that froze, then the first again."""
    last, lost = attempt(TASK, disposition="Not now"), attempt(TASK, disposition="Yes", notes="n")
    sure = replace(LOG, saved=Saved(TASK, last.fields))
    log = replace(sure, unsure=(lost.fields,))
    args = surface.go(log, last, RULES)["call"]["args"]
    assert args == {"Id": TASK, "CallDisposition": "Not now", "Description": None}
    assert "Description" not in surface.go(sure, last, RULES)["call"]["args"]


def test_a_go_says_what_was_decided_at_accept() -> None:
    """An attempt to create stays one, though a late report has told of a Task meanwhile."""
    saved = replace(LOG, saved=Saved(TASK, LOG.wanted))
    sent = surface.go(saved, attempt(notes="n"), RULES)
    assert sent["call"]["args"]["entityApiName"] == "Task"
    assert sent["call"]["args"]["Description"] == "n"


@given(log=call_logs(), going=attempts)
def test_every_go_either_creates_or_updates(log: CallLog, going: Attempt) -> None:
    """Never both, never neither, and always something that can be sent."""
    args = surface.go(log, going, RULES)["call"]["args"]
    assert ("Id" in args) is not ("entityApiName" in args)
    assert frames.frame(surface.go(log, going, RULES)).encode("utf-8")


# --- reading back -----------------------------------------------------------------------------


def test_a_read_back_asks_our_class() -> None:
    """RunApex with one parameter; the answer names the log."""
    assert surface.read_back("call_1", "call_1", "acme.CallLog") == {
        "type": "ask",
        "ask_id": "call_1",
        "call": {
            "method": "runApex",
            "args": {
                "apexClass": "acme.CallLog",
                "methodName": "find",
                "methodParams": "callObject=call_1",
            },
        },
    }


@pytest.mark.parametrize(
    ("value", "tasks"),
    [
        ({"runApex": f'["{TASK}"]'}, (TASK,)),
        ({"runApex": [TASK, TASK_2]}, (TASK, TASK_2)),
        (f'["{TASK}","{TASK_2}"]', (TASK, TASK_2)),
        ([TASK], (TASK,)),
        ({"runApex": "[]"}, ()),
        ([], ()),
        (f'["{TASK}AAA"]', (f"{TASK}AAA",)),
        ({"other": "[]"}, None),
        ("", None),
        ("nonsense", None),
        ('"[]"', None),
        ("null", None),
        (None, None),
        (1, None),
        ([1], None),
        ([TASK, None], None),
        ([""], None),
        (["null"], None),
        ("[" * 100_000, None),
        ("1" * 10_000, None),
    ],
    ids=lambda value: str(value)[:32],
)
def test_a_read_backs_answer_is_task_ids_or_none(value: Any, tasks: tuple[str, ...] | None) -> None:
    """As text or not, wrapped or bare; whatever else it is, it is no "nothing there"."""
    assert found_tasks(value) == tasks


@given(value=JSON | JSON.map(json.dumps))
def test_no_answer_raises(value: Any) -> None:
    """A page may say anything."""
    told = found_tasks(value)
    assert told is None or all(len(task) in {15, 18} for task in told)


WRONG_WHAT = {"statusCode": "INVALID_CROSS_REFERENCE_KEY", "columnApiName": "WhatId"}


def test_the_save_that_ends_the_writing_of_an_outbound_call_completes_its_work() -> None:
    """With the agent's own disposition, once; a call that came in completes nothing."""
    log = replace(LOG, work_id="w1", draft=Draft(disposition="Sold"))
    said = {"disposition": "Sold", "wasConnected": False}
    create = replace(attempt(), fields=log.wanted)
    assert surface.go(log, create, RULES)["work"] == {"work_id": "w1", "attributes": said}
    assert "work" not in surface.go(LOG, attempt(), RULES)
    saved = replace(log, saved=Saved(TASK, log.wanted))
    assert "work" not in surface.go(saved, replace(attempt(TASK), fields=log.wanted), RULES)
    inbound = replace(log.wanted, direction=Direction.INBOUND)
    assert "work" not in surface.go(log, replace(create, fields=inbound), RULES)


def test_work_waits_for_the_agent_and_then_goes_with_the_update() -> None:
    """At hang-up the disposition is the machine's; the cadence hears the agent's."""
    log = replace(LOG, work_id="w1", held_until=1)
    created = replace(attempt(), fields=log.wanted)
    assert "work" not in surface.go(log, created, RULES)
    written = replace(
        log, held_until=0, saved=Saved(TASK, log.wanted), draft=Draft(disposition="Sold")
    )
    go = surface.go(written, replace(attempt(TASK), fields=written.wanted), RULES)
    assert go["work"]["attributes"]["disposition"] == "Sold"
    assert go["call"]["args"] == {"Id": TASK, "CallDisposition": "Sold"}
    skipped = replace(log, held_until=0, saved=Saved(TASK, log.wanted))
    go = surface.go(skipped, replace(attempt(TASK), fields=skipped.wanted), RULES)
    assert go["work"]["attributes"]["disposition"] == "No Answer"
    assert go["call"]["args"] == {"Id": TASK, "CallDisposition": "No Answer"}


def test_a_task_that_was_found_completes_its_work_with_its_id() -> None:
    """Nobody else knows the id; without work, Task or attempt there is nothing to complete."""
    worked = replace(LOG, work_id="w1")
    done = replace(attempt(), fields=worked.wanted)
    found = replace(worked, saved=Saved(TASK, worked.wanted), attempts=(done,))
    said = {"taskId": TASK, "disposition": "No Answer", "wasConnected": False}
    work = {"work_id": "w1", "attributes": said}
    assert surface.work_done(found, RULES) == {"type": "complete", "work": work}
    for nothing in ({"attempts": (attempt(),)}, {"saved": None}, {"attempts": ()}):
        assert surface.work_done(replace(found, **nothing), RULES) is None


def test_a_pop_searches_the_callers_number() -> None:
    """By the softphone layout's rules; the page pops what is found, if it still rings then."""
    assert surface.pop(PopScreen("c1", "page1", "+14155550100")) == {
        "type": "pop",
        "pop_id": "c1",
        "call": {
            "method": "searchAndScreenPop",
            "args": {
                "searchParams": "+14155550100",
                "callType": "inbound",
                "queryParams": "",
                "defaultFieldValues": {},
                "deferred": True,
            },
        },
    }


def test_a_withheld_number_is_not_searched() -> None:
    """The panel comes up all the same."""
    assert surface.pop(PopScreen("c1", "page1", "")) == {
        "type": "pop",
        "pop_id": "c1",
        "call": None,
    }


WHO = {"nonce": "n1", "org": "00D000000000001AAA", "user": "005000000000001"}


def test_who_runs_a_page_is_asked_with_a_nonce() -> None:
    """By the class that the read-back uses; the ask's id is the nonce."""
    ask = surface.who_am_i("n1", "SoftphoneCallLog")
    assert (ask["type"], ask["ask_id"], ask["call"]["method"]) == ("ask", "n1", "runApex")
    assert ask["call"]["args"] == {
        "apexClass": "SoftphoneCallLog",
        "methodName": "whoAmI",
        "methodParams": "nonce=n1",
    }


@pytest.mark.parametrize("value", [json.dumps(WHO), {"runApex": json.dumps(WHO)}, WHO])
def test_who_runs_a_page_is_told_with_15_letters(value: object) -> None:
    """The last three of 18 only repeat the others' case."""
    assert surface.who_runs(value, "n1") == ("00D000000000001", "005000000000001")


@pytest.mark.parametrize(
    "value",
    [
        *(None, 7, "", "[]", "{", '"x"', "[" * 5000),
        {**WHO, "nonce": "n2"},
        {**WHO, "org": 7},
        {**WHO, "user": None},
        {**WHO, "org": "00D"},
        {**WHO, "user": "005 000000000001"},
    ],
)
def test_anything_else_says_nobody(value: object) -> None:
    """Rubbish, another question's answer, ids that are none."""
    assert surface.who_runs(value, "n1") is None


@pytest.mark.parametrize("code", sorted(TRANSIENT))
def test_what_may_be_gone_a_moment_later_is_marked_unless_it_is_a_fields(code: str) -> None:
    """The core knows no code of Salesforce's: only whether the same may be taken later."""
    assert [error.transient for error in why(code=code, message="busy")] == [True]
    field = {"fieldErrors": {"Subject": [{"statusCode": code, "message": "no"}]}}
    assert [error.transient for error in why(code=code, details=field)] == [False]
    assert [error.transient for error in why(code="REQUIRED_FIELD_MISSING")] == [False]


@pytest.mark.parametrize(
    ("error", "is_link"),
    [
        ({"details": {"fieldErrors": {"WhatId": [{"statusCode": "MALFORMED_ID"}]}}}, 1),
        ({"details": {"fieldErrors": {"x": [WRONG_WHAT]}}}, 1),
        ({"details": {"fieldErrors": {"WhatId": [{"statusCode": "REQUIRED_FIELD_MISSING"}]}}}, 0),
        ({"details": {"fieldErrors": {"WhoId": [{"statusCode": "MALFORMED_ID"}]}}}, 0),
        ({"code": "INVALID_CROSS_REFERENCE_KEY", "message": "WhatId: no such object"}, 1),
        ({"code": "FIELD_INTEGRITY_EXCEPTION", "message": "Related To ID: wrong"}, 1),
        ({"code": "FIELD_INTEGRITY_EXCEPTION", "message": "something else"}, 0),
    ],
)
def test_a_refused_link_is_known_as_one(error: dict[str, Any], is_link: int) -> None:
    """However Salesforce words it: then the Task is tried without."""
    assert [e.link for e in save_errors([ErrorIn.model_validate(error)])] == [bool(is_link)]


def test_a_locked_task_is_known_as_one() -> None:
    """By its field's error as by the whole page's."""
    page = {"details": {"pageErrors": [{"statusCode": "ENTITY_IS_LOCKED"}]}}
    field = {"details": {"fieldErrors": {"x": [{"statusCode": "INSUFFICIENT_ACCESS_OR_READONLY"}]}}}
    for error in (page, field):
        assert [e.locked for e in save_errors([ErrorIn.model_validate(error)])] == [True]


def test_salesforces_own_sentence_comes_first_and_duplicates_are_named() -> None:
    """The description is often but "review the details"."""
    details = {
        "message": "You are creating a duplicate record.",
        "pageErrors": [],
        "fieldErrors": {},
        "potentialDuplicates": [
            {"record": {"Id": "003000000000001", "Name": "Grace"}},
            {"id": "003000000000002"},
            "003000000000003",
            None,
        ],
    }
    error = ErrorIn(code="GENERIC_ERROR", description="Review the Details field.", details=details)
    (told,) = surface.save_errors([error])
    assert told.message == (
        "You are creating a duplicate record. "
        "Possible duplicates: Grace, 003000000000002, 003000000000003."
    )
    plain = ErrorIn(code="X", description="No.", details={"potentialDuplicates": "odd"})
    assert surface.save_errors([plain])[0].message == "No."
