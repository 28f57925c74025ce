"""DialStack's JSON: answers in every shape that was seen."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.facts import Facts, Known, Outcome, Source
from adapter.telephony.dialstack import wire
from adapter.telephony.port import ProviderUser, Silence
from adapter.telephony.strictjson import Malformed
from adapter.telephony.updates import IncomingDelivery, Moment, RegisteredWebhook

AT = 1_767_323_100_000
START = AT // 1000 - 60


def delivery(kind: str, data: Any, **more: Any) -> IncomingDelivery:
    """Read one webhook."""
    body = {"id": "evt_1", "type": kind, "account_id": "acct_1", "data": data} | more
    return wire.parse_webhook(json.dumps(body).encode(), AT)


def facts_of(kind: str, **data: Any) -> Facts:
    """What a webhook of a call says of it."""
    report = delivery(kind, {"call_id": "call_1", **data}).update
    assert report is not None
    return report.facts


@pytest.mark.parametrize(
    ("raw", "call_id"),
    [(b"", None), (b"{}", None), (b'{"id":"call_1"}', "call_1"), (b"[1]", None), (b"<p>", None)],
)
def test_an_accepted_call_needs_no_body(raw: bytes, call_id: str | None) -> None:
    """202 and nothing is the rule; an id is taken if one is there."""
    assert wire.parse_placed(raw) == call_id


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"error": "no", "code": "c"}, wire.Problem("c", "no")),
        ({"error": "no"}, wire.Problem(None, "no")),
        ({"message": "no"}, wire.Problem(None, "no")),
        ({"error": {"code": "c", "message": "no"}}, wire.Problem("c", "no")),
        ({"error": {"message": "no"}}, wire.Problem(None, "no")),
        ({"error": {}}, None),
        ({"error": None, "message": ""}, None),
        ({}, None),
        ([], None),
        ("no", None),
    ],
)
def test_an_error_has_three_shapes(body: Any, problem: wire.Problem | None) -> None:
    """Text with code, message, or an object in an object."""
    assert wire.parse_problem(json.dumps(body).encode()) == problem


def test_what_an_error_says_is_one_line_of_letters() -> None:
    """An agent reads it, and whoever looks at a terminal: nothing in it moves what is around."""
    body = {"error": "no\n\x1b[31m\u202elines", "code": "a\tb"}
    assert wire.parse_problem(json.dumps(body).encode()) == wire.Problem("a b", "no [31mlines")


def test_a_page_of_html_is_no_documented_error() -> None:
    """What a proxy puts in between is not shown to an agent."""
    assert wire.parse_problem(b"<html>Bad Gateway</html>") is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        ("0", 0.0),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("9999999", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_a_retry_after_is_a_count_of_seconds(value: str | None, seconds: float | None) -> None:
    """Dates and rubbish are none."""
    assert wire.parse_retry_after(value) == seconds


def test_a_list_has_rows_and_perhaps_a_next_page() -> None:
    """Rows that are no objects are skipped."""
    body = {"object": "list", "data": [{"id": "1"}, 2, None], "next_page_url": "/v1/x?page=1"}
    assert wire.parse_page(json.dumps(body).encode()) == wire.Page(({"id": "1"},), "/v1/x?page=1")
    assert wire.parse_page(b'{"data":[],"next_page_url":null}') == wire.Page((), None)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"data":{}}'])
def test_what_is_no_list_is_malformed(raw: bytes) -> None:
    """An empty list and no list must not be taken for one another."""
    with pytest.raises(Malformed):
        wire.parse_page(raw)


def test_a_user_is_read_with_what_it_has() -> None:
    """Only the id is indispensable."""
    row = {"id": "user_1", "name": "Ada", "email": "ada@example.com", "do_not_disturb": True}
    assert wire.parse_user(row) == ProviderUser("user_1", "Ada", "ada@example.com", True)
    assert wire.parse_user({"id": "user_1"}) == ProviderUser("user_1", None, None, False)
    assert wire.parse_user({"name": "Ada"}) is None


@pytest.mark.parametrize(
    ("alternates", "keys"),
    [
        ([{"key": "mobile"}, {"key": "home"}], ("mobile", "home")),
        ([{"key": 7}, {}, 7, {"key": "mobile"}], ("mobile",)),
        ([{"key": f"p{n}"} for n in range(99)], tuple(f"p{n}" for n in range(20))),
        ("mobile", ()),
        (None, ()),
    ],
)
def test_a_user_has_the_other_phones_that_are_listed(
    alternates: Any, keys: tuple[str, ...]
) -> None:
    """The keys of their find-me-follow-me; what is odd is none."""
    config = {"find_me_follow_me": {"alternates": alternates}}
    for row, found in (({"config": config}, keys), ({"config": []}, ()), ({}, ())):
        user = wire.parse_user({"id": "user_1", **row})
        assert user is not None
        assert user.ring_profiles == found


@pytest.mark.parametrize(
    ("extensions", "number"),
    [
        ({"data": [{"number": "1001", "status": "active"}]}, "1001"),
        ({"data": [{"number": "9", "status": "reserved"}, {"number": "1002"}]}, "1002"),
        ({"data": [7]}, None),
        ({"data": 7}, None),
        ([], None),
    ],
)
def test_a_user_has_the_first_extension_that_is_in_use(extensions: Any, number: str | None) -> None:
    """What is odd is no extension."""
    user = wire.parse_user({"id": "user_1", "extensions": extensions})
    assert user is not None
    assert user.number == number


def test_an_endpoints_secret_is_read_once() -> None:
    """Without id or secret the answer is worthless."""
    found = wire.parse_webhook_endpoint(b'{"id":"we_1","secret":"whsec_1"}')
    assert (found.endpoint_id, found.secret) == ("we_1", "whsec_1")
    for raw in (b'{"id":"we_1"}', b'{"secret":"x"}', b"{}"):
        with pytest.raises(Malformed):
            wire.parse_webhook_endpoint(raw)


# --- webhooks ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "moment"),
    [
        ("call.initiated", Moment.DIALED),
        ("call.incoming", Moment.RINGING),
        ("call.ringing", Moment.RINGING),
        ("call.answered", Moment.CONNECTED),
        ("call.end", Moment.ENDED),
        ("call.transfer", Moment.TRANSFERRED),
    ],
)
@pytest.mark.parametrize("field", ["user", "user_id"])
def test_each_type_is_a_moment(kind: str, moment: Moment, field: str) -> None:
    """Whichever way the user's field is called."""
    found = delivery(kind, {"call_id": "call_1", field: "user_1"})
    assert (found.event_id, found.type, found.account) == ("evt_1", kind, "acct_1")
    assert found.problem == ""
    assert found.update is not None
    assert found.update.moment is moment
    assert (found.update.provider_call_id, found.update.user_id) == ("call_1", "user_1")


@pytest.mark.parametrize(
    "kind", ["call.emergency", "queue.call.queued", "voicemail.new", "recording.available", "x"]
)
def test_a_type_that_does_not_concern_us_is_no_problem(kind: str) -> None:
    """It is acknowledged and means nothing, whatever it carries."""
    found = delivery(kind, [])
    assert (found.update, found.problem) == (None, "")


@pytest.mark.parametrize(
    "data", [None, [], "x", {}, {"call_id": ""}, {"call_id": 7}, {"call_id": "x" * 256}]
)
def test_a_call_that_cannot_be_recognized_is_a_problem(data: Any) -> None:
    """The delivery is kept with its problem; sending it again would not help."""
    found = delivery("call.end", data)
    assert found.update is None
    assert found.problem == "no call_id"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b"{}", "no event id"),
        (b'{"id":7,"type":"call.end"}', "no event id"),
        (b'{"id":"","type":"call.end"}', "no event id"),
        (b'{"id":"evt_1"}', "no type"),
        (b'{"id":"evt_1","type":null}', "no type"),
        (b'{"id":"evt_1","type":"call.end","id":"evt_2"}', "no event id"),
        (rb'{"id":"evt_\ud83d","type":"call.end"}', "no event id"),
    ],
)
def test_a_delivery_without_an_identity_is_malformed(raw: bytes, reason: str) -> None:
    """What cannot be told apart from a repetition cannot be stored as an event."""
    with pytest.raises(Malformed) as caught:
        wire.parse_webhook(raw, AT)
    assert caught.value.reason == reason


def test_an_account_may_be_missing() -> None:
    """Then the endpoint's own account is meant."""
    assert delivery("call.end", {"call_id": "c"}, account_id=None).account == ""


def test_completed_proves_nothing() -> None:
    """The trap: a duration, a completed call, and nobody ever talked."""
    found = facts_of(
        "call.end",
        direction="outbound",
        to_number="+15551234567",
        status="completed",
        started_at="2026-01-02T03:04:05Z",
        answered_at="2026-01-02T03:04:05Z",
        ended_at="2026-01-02T03:04:35Z",
        duration_seconds=30,
        hangup_cause=16,
    )
    assert found.outcome == Known(Outcome.COMPLETED, Source.EVENT)
    assert found.result is Outcome.NO_ANSWER
    assert found.talk_ms is None


def test_a_talk_is_as_long_as_it_was() -> None:
    """From the connection to the end, not from the agent's pick-up."""
    found = facts_of(
        "call.end",
        direction="outbound",
        status="completed",
        answered_at="2026-01-02T03:04:05Z",
        connected_at="2026-01-02T03:04:15.500Z",
        ended_at="2026-01-02T03:04:35.500Z",
    )
    assert found.talk_ms == 20_000
    assert found.is_certain


def test_an_end_without_its_time_is_computed_or_seen() -> None:
    """The duration helps; else our clock has seen it end."""
    assert facts_of(
        "call.end", status="completed", started_at=START, duration_seconds=7
    ).ended == Known(START * 1000 + 7_000, Source.EVENT)
    assert facts_of("call.end").ended == Known(AT, Source.OBSERVED)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    "call_id",
    "user",
    "user_id",
    "direction",
    "from_number",
    "to_number",
    "from_name",
    "from_label",
    "status",
    "started_at",
    "answered_at",
    "connected_at",
    "ended_at",
    "duration_seconds",
    "hangup_cause",
]
likely = st.sampled_from(["inbound", "outbound", "internal", "completed", "2026-01-02T03:04:05Z"])


ODD: list[tuple[bytes, str]] = [
    (rb'"from_name":"Zoe \ud83d"', "invalid characters in a text"),
    (b'"from_name":"Zo\xeb"', "not UTF-8"),
    (rb'"summary":"a\u0000b"', "invalid characters in a text"),
    (b'"quality_metrics":NaN', "an invalid number"),
    (b'"duration_seconds":1e999', "an invalid number"),
    (b'"from_name":"a","from_name":"b"', "a duplicate key"),
]


@pytest.mark.parametrize(("field", "odd"), ODD)
def test_an_odd_value_costs_its_field_and_never_the_event(field: bytes, odd: str) -> None:
    """Whose call it is, and that it is over, is still told; what was odd is named."""
    data = b'"call_id":"call_1","user":"user_1","direction":"inbound","from_number":"+12025550143"'
    raw = b'{"id":"evt_1","type":"call.end","data":{%s,%s}}' % (data, field)
    found = wire.parse_webhook(raw, AT)
    assert found.problem == odd
    assert found.update is not None
    assert (found.update.provider_call_id, found.update.user_id) == ("call_1", "user_1")
    assert found.update.facts.number == Known("+12025550143", Source.EVENT)
    assert found.update.facts.is_over


def test_an_id_that_had_to_be_mended_names_nothing() -> None:
    """It could be another call's."""
    found = wire.parse_webhook(
        rb'{"id":"evt_1","type":"call.end","data":{"call_id":"call_\ud83d"}}', AT
    )
    assert (found.update, found.problem) == (None, "no call_id")


@given(
    st.sampled_from(wire.EVENTS),
    st.dictionaries(st.sampled_from(NAMES), json_values | likely),
)
def test_fields_of_any_kind_make_a_delivery_or_are_malformed(
    kind: str, data: dict[str, Any]
) -> None:
    """Wrong types, missing fields and odd values never raise anything else."""
    try:
        found = delivery(kind, data)
    except Malformed:
        return
    assert found.update is not None or found.problem
    if found.update is not None and found.update.moment is Moment.ENDED:
        assert found.update.facts.is_over


@given(st.binary())
def test_bytes_of_any_kind_are_a_delivery_or_malformed(raw: bytes) -> None:
    """The same for what is no JSON at all."""
    with pytest.raises(Malformed):
        wire.parse_webhook(raw, AT)


@pytest.mark.parametrize(
    ("body", "silence"),
    [
        ({"state": "available", "dnd": False}, None),
        ({"state": "busy", "dnd": True}, Silence.DO_NOT_DISTURB),
        ({"state": "busy", "do_not_disturb": True}, Silence.DO_NOT_DISTURB),
        ({"state": "offline", "dnd": False}, Silence.OFFLINE),
        ({"state": 7, "dnd": "yes"}, None),
        ({}, None),
    ],
)
def test_a_phone_is_silent_only_where_that_is_plainly_said(
    body: dict[str, Any], silence: Silence | None
) -> None:
    """An odd answer keeps nobody from waiting for the phone."""
    assert wire.parse_silence(body) is silence


def test_an_endpoint_of_the_list_has_an_id_and_an_address() -> None:
    """What else it has may be missing."""
    row = {"id": "we_1", "url": "https://x", "enabled_events": ["call.end", 7]}
    assert wire.parse_registered(row) == RegisteredWebhook("we_1", "https://x", ("call.end",))
    assert wire.parse_registered({"id": "we_1", "url": "https://x"}) is not None
    assert wire.parse_registered({"id": "we_1"}) is None
    assert wire.parse_registered({"url": "https://x"}) is None


@pytest.mark.parametrize(
    ("listed", "number"),
    [
        ([None, {"number": {}}, {"number": "1001"}], "1001"),
        ([{"number": 1001, "status": None}], "1001"),
        ([{"number": "1001", "status": "inactive"}, {"number": "1002"}], "1002"),
        ([{"number": True}, {"number": -1}, {"number": 10**9}], None),
        ({"number": "1001"}, None),
    ],
)
def test_the_first_extension_that_is_one_is_a_users_own(listed: object, number: str | None) -> None:
    """An odd entry costs none of the others, and a long name only its end."""
    user = wire.parse_user({"id": "u", "name": "A" * 600, "extensions": {"data": listed}})
    assert user is not None
    assert (user.number, user.name) == (number, "A" * 255)
