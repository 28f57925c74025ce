"""What pages are asked besides saving."""

from __future__ import annotations

import json

import pytest

from adapter.core.effects import PopScreen
from adapter.salesforce.pagecalls import TaskCalls


def test_a_pop_searches_the_callers_number() -> None:
    """By the softphone layout's rules; the page pops what is found, if it still rings then."""
    assert TaskCalls().pop(PopScreen("c1", "page1", "+14155550100")) == {
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
    assert TaskCalls().pop(PopScreen("c1", "page1", "")) == {
        "type": "pop",
        "pop_id": "c1",
        "call": None,
    }


WHO = {"nonce": "n1", "org": "00D000000000001AAA", "user": "005000000000001"}


def test_a_page_is_asked_for_its_user_with_a_nonce() -> None:
    """By the class that the read-back uses; the ask's id is the nonce."""
    ask = TaskCalls(apex_class="SoftphoneCallLog").who_am_i("n1")
    assert (ask["type"], ask["ask_id"], ask["call"]["method"]) == ("ask", "n1", "runApex")
    assert ask["call"]["args"] == {
        "apexClass": "SoftphoneCallLog",
        "methodName": "whoAmI",
        "methodParams": "nonce=n1",
    }


@pytest.mark.parametrize("value", [json.dumps(WHO), {"runApex": json.dumps(WHO)}, WHO])
def test_a_pages_user_id_has_15_characters(value: object) -> None:
    """The last three of 18 only repeat the others' case."""
    assert TaskCalls().who_runs(value, "n1") == ("00D000000000001", "005000000000001")


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
def test_any_other_answer_names_nobody(value: object) -> None:
    """Rubbish, another question's answer, ids that are none."""
    assert TaskCalls().who_runs(value, "n1") is None
