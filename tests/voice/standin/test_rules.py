"""What the stand-in asks of a body about a VoiceCall."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.voice.record import RecordRules, create_body
from adapter.voice.standin.rules import ATTRIBUTES_LIMIT, complete_problems, create_problems
from tests.core.people import T0

RINGING = create_body("c1", caller="+1202", called="", started=T0, rules=RecordRules("Center"))
OVER: dict[str, Any] = {
    "startTime": "2026-11-29T10:00:00.000Z",
    "acceptTime": "2026-11-29T10:00:05.000Z",
    "endTime": "2026-11-29T10:01:00.000Z",
    "isActiveCall": False,
    "disconnectReason": {"value": "Connected", "isError": False},
    "callAttributes": '{"softphoneNotes": "n"}',
}


def test_our_requests_are_accepted() -> None:
    """Both bodies, as the adapter makes them."""
    assert create_problems(RINGING) == []
    assert complete_problems(OVER) == []


@pytest.mark.parametrize("name", sorted(RINGING))
def test_a_creation_needs_each_field(name: str) -> None:
    """Each of them is required, and wrong when it is empty."""
    bare = {key: value for key, value in RINGING.items() if key != name}
    assert create_problems(bare) == [f"{name} is required"]
    empties: list[Any] = ["", None, [], 5]
    for empty in empties:
        assert create_problems({**RINGING, name: empty}) == [f"{name} is not valid"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"initiationMethod": "Outbound"}, "initiationMethod is not valid"),
        ({"initiationMethod": "Transfer"}, "parentVoiceCallId is required for a transfer"),
        ({"startTime": "2026-11-29 10:00"}, "startTime is not valid"),
        ({"participants": [{"participantKey": "1", "type": "AGENT"}]}, "participants is not valid"),
        ({"vendorCallKey": "x" * 256}, "vendorCallKey is not valid"),
        ({"endTime": "2026-11-29T10:00:00Z"}, "endTime is no field of this request"),
    ],
)
def test_a_creation_that_salesforce_refuses(more: dict[str, Any], says: str) -> None:
    """Outbound calls, half transfers, odd moments, fields of the other request."""
    assert create_problems({**RINGING, **more}) == [says]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"vendorCallKey": "c1"}, "vendorCallKey is no field of this request"),
        ({"endTime": "2026-11-29T09:59:59.000Z"}, "in this order"),
        ({"disconnectReason": {"value": "x"}}, "disconnectReason is not valid"),
        ({"isActiveCall": "no"}, "isActiveCall is not valid"),
        ({"numberOfHolds": True}, "numberOfHolds is not valid"),
        ({"totalHoldDuration": 3}, "durations of the talk need recordingLocation"),
        ({"callAttributes": {"a": 1}}, "callAttributes is not valid"),
        ({"callAttributes": "no JSON"}, "callAttributes is not valid"),
        ({"callAttributes": '{"SourceType": "x"}'}, "callAttributes is not valid"),
        ({"callAttributes": '"' + "x" * ATTRIBUTES_LIMIT + '"'}, "callAttributes is not valid"),
    ],
)
def test_a_completion_that_salesforce_refuses(more: dict[str, Any], says: str) -> None:
    """Wrong types, an order of times that cannot be, names that are Salesforce's own."""
    assert complete_problems({**OVER, **more})[0].endswith(says)


@pytest.mark.parametrize("body", [None, [], "x", {}])
def test_a_body_that_is_not_an_object_is_refused(body: Any) -> None:
    """Of both requests."""
    assert create_problems(body) == complete_problems(body) == ["the body must be an object"]
