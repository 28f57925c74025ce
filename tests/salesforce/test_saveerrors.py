"""Why Salesforce refused a save."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.logs.model import SaveError
from adapter.page.parts import ErrorIn
from adapter.salesforce.saveerrors import ERRORS_KEPT, TEXT_KEPT, TRANSIENT, save_errors
from tests.strategies import jsons

WRONG_WHAT = {"statusCode": "INVALID_CROSS_REFERENCE_KEY", "columnApiName": "WhatId"}
NO_REASON = (SaveError("GENERIC_ERROR", "Salesforce gave no reason.", transient=True),)
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


def test_errors_of_fields_and_of_the_page_are_all_reported() -> None:
    """The general sentence is left out where there are particular ones."""
    details = {"pageErrors": [PAGE_ERROR], "fieldErrors": {"A": [FIELD_ERROR, FIELD_ERROR]}}
    assert why(code="SERVER_ERROR", message="top", details=[details]) == (PAGE, FIELD, FIELD)


def test_one_error_without_its_array_is_read_too() -> None:
    """Where an array is documented, an object may stand."""
    details = {"pageErrors": PAGE_ERROR, "fieldErrors": {"A": FIELD_ERROR}}
    assert why(details=details) == (PAGE, FIELD)


def test_an_error_without_a_message_still_gets_one() -> None:
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
def test_the_first_available_text_is_the_message(error: dict[str, Any], message: str) -> None:
    """The details' own, message, description, and the code at the very last."""
    assert why(code="SERVER_ERROR", **error) == (
        SaveError("SERVER_ERROR", message, transient=True),
    )


def test_a_refusal_without_any_error_has_a_reason_too() -> None:
    """The agent reads a sentence, and the gate sees something that may pass."""
    assert save_errors([]) == NO_REASON


def test_several_errors_are_reported_in_order() -> None:
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


@given(st.lists(st.builds(ErrorIn, code=st.text(max_size=5), details=jsons), max_size=4))
def test_no_errors_raise(errors: list[ErrorIn]) -> None:
    """Salesforce's details may be anything; there is always at least one reason, in text."""
    told = save_errors(errors)
    assert 1 <= len(told) <= ERRORS_KEPT
    assert all(isinstance(part, str) for e in told for part in (e.code, e.message, e.field))


@pytest.mark.parametrize("code", sorted(TRANSIENT))
def test_a_transient_error_is_marked_unless_it_belongs_to_a_field(code: str) -> None:
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
def test_a_refused_link_is_recognized(error: dict[str, Any], is_link: int) -> None:
    """However Salesforce words it: then the Task is tried without."""
    assert [e.link for e in save_errors([ErrorIn.model_validate(error)])] == [bool(is_link)]


def test_a_locked_task_is_recognized() -> None:
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
    (told,) = save_errors([error])
    assert told.message == (
        "You are creating a duplicate record. "
        "Possible duplicates: Grace, 003000000000002, 003000000000003."
    )
    plain = ErrorIn(code="X", description="No.", details={"potentialDuplicates": "odd"})
    assert save_errors([plain])[0].message == "No."
