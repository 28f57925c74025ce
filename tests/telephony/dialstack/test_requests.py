"""What DialStack is asked: as documented."""

import pytest

from adapter.telephony.dialstack import requests, wire


def test_a_call_is_placed_with_user_and_dial_string() -> None:
    """The user's field has two names in the field, and a ring profile is optional."""
    assert requests.place_body("u", "+1", None, "user_id") == {"user_id": "u", "dial_string": "+1"}
    assert requests.place_body("u", "1001", "mobile", "user") == {
        "user": "u",
        "dial_string": "1001",
        "find_me_follow_me_key": "mobile",
    }
    shown = requests.place_body("u", "+1", None, "user", "+12025550100")
    assert shown == {"user": "u", "dial_string": "+1", "did": "+12025550100"}


def test_a_transfer_is_one_blind_action() -> None:
    """Blind is the only documented mode."""
    assert requests.transfer_body("1002") == {
        "actions": [{"type": "transfer", "target": "1002", "mode": "blind"}]
    }


@pytest.mark.parametrize(
    ("call_id", "path"),
    [
        ("call_1", "/v1/calls/call_1"),
        ("a/b?c#d", "/v1/calls/a%2Fb%3Fc%23d"),
        ("../users", "/v1/calls/%2E%2E%2Fusers"),
        ("ü", "/v1/calls/%C3%BC"),
    ],
)
def test_an_opaque_id_cannot_break_out_of_the_path(call_id: str, path: str) -> None:
    """Ids come from outside; whatever they hold, the request stays the same one."""
    assert requests.call_path(call_id) == path


def test_cdrs_are_queried_by_user_and_time() -> None:
    """The time is written in UTC, to the second, rounded into the past."""
    assert requests.records_query("u", 1767323045678, 5) == {
        "user": "u",
        "user_id": "u",
        "from_date": "2026-01-02T03:04:05Z",
        "limit": "5",
    }


def test_an_endpoint_subscribes_to_the_types_that_we_understand() -> None:
    """The list of types is the table's."""
    assert requests.webhook_body("https://x", wire.EVENTS)["enabled_events"] == [
        "call.initiated",
        "call.incoming",
        "call.ringing",
        "call.answered",
        "call.end",
        "call.transfer",
    ]
