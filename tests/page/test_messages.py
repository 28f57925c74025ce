"""The page protocol: what a page may say, where the limits are, and how rubbish is answered."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.page.messages import (
    MAX_FRAME_BYTES,
    AskAnswer,
    BadFrame,
    Dial,
    Hello,
    PageMessage,
    WrapupIn,
    decode,
    schema,
)
from adapter.page.parts import JournalEntry

HELLO = {"type": "hello", "ticket": "t1", "page_id": "p1"}
DIAL = {"type": "dial", "request_id": "r1", "number": "+14155550100", "clicked_at": 1_000}
RECORD = {
    "id": "003000000000001",
    "name": "Ada",
    "object_type": "Contact",
    "account_id": "001000000000001",
    "contact_id": "003000000000001",
    "person_account": True,
}
ENTRY = {"log_id": "call_1", "attempt": 1, "nonce": "n1", "state": "sent"}
ERROR = {
    "code": "SERVER_ERROR",
    "message": "no",
    "description": "really",
    "details": [{"message": "x"}],
}
WORK = {"type": "work", "work_id": "w1", "to": "+1", "complete_when": "TaskSaved"}
RESULT = {"type": "result", "log_id": "call_1", "attempt": 1, "nonce": "n1", "outcome": "ok"}

WHOLE: list[dict[str, Any]] = [
    {"type": "favorite", "number": "1002", "name": "Bob", "record": RECORD, "on": False},
    {"type": "availability", "status": "away", "reason": "Lunch"},
    {
        **HELLO,
        "build": "abc",
        "surface": "classic",
        "time_zone": "Europe/Berlin",
        "visible": False,
        "focused": True,
        "journal": [ENTRY],
    },
    {
        **DIAL,
        "sent_at": 2_000,
        "record": RECORD,
        "params": "a,b",
        "work_id": "w1",
        "ring_profile": "desk",
        "caller_id": "+12025550101",
        "confirmed": True,
    },
    {
        "type": "control",
        "request_id": "r1",
        "call_id": "call_1",
        "action": "transfer",
        "target": "+1",
        "digits": "12#",
    },
    {
        "type": "wrapup",
        "call_id": "call_1",
        "subject": "s",
        "notes": "n",
        "disposition": "d",
        "who": {"id": "003000000000001", "name": "Ada"},
        "what": None,
        "follow_up": True,
        "fields": {"Region__c": "North"},
        "done": True,
    },
    {"type": "presence", "visible": True, "focused": False},
    {"type": "context", "record": RECORD, "call_id": "call_1"},
    {"type": "matches", "call_id": "call_1", "records": [RECORD]},
    {
        "type": "settings",
        "wrap_up_seconds": 30,
        "dispositions": ["Sold"],
        "default_country": "DE",
        "outside_prefix": "0",
        "long_distance_prefix": "0",
        "international_prefix": "00",
        "task_fields": {"Phone__c": "{number}"},
        "ask_fields": [
            {"name": "Region__c", "label": "Region", "choices": ["North"], "required": True}
        ],
        "problems": ["/softphone/x"],
    },
    WORK,
    {"type": "accept", "log_id": "call_1"},
    {**RESULT, "task_id": "00T000000000001", "errors": [ERROR]},
    {"type": "popped", "pop_id": "pop_1"},
    {"type": "tray", "log_id": "call_1", "action": "already_there", "task_id": "00T000000000001"},
    {"type": "probe", "nonce": "n1"},
    {
        "type": "answer",
        "ask_id": "call_1",
        "outcome": "failed",
        "value": {"any": [1]},
        "errors": [ERROR],
    },
    {"type": "dismiss_notice", "notice_id": "n1"},
]
"""Each message with every field that it has, none at its default."""

LEAST: list[dict[str, Any]] = [
    HELLO,
    DIAL,
    {"type": "control", "request_id": "r1", "call_id": "c", "action": "check"},
    {"type": "wrapup", "call_id": "c"},
    {"type": "presence", "visible": True, "focused": False},
    {"type": "context"},
    {"type": "matches", "call_id": "c"},
    {"type": "settings"},
    {"type": "work", "work_id": "w1"},
    {"type": "accept", "log_id": "c"},
    RESULT,
    {"type": "popped", "pop_id": "p"},
    {"type": "tray", "log_id": "c", "action": "dismiss"},
    {"type": "probe", "nonce": "n"},
    {"type": "answer", "ask_id": "c", "outcome": "ok"},
    {"type": "dismiss_notice", "notice_id": "n"},
    {"type": "availability", "status": "available"},
    {"type": "favorite", "number": "1002"},
]
"""Each message with what it cannot do without."""


def kind(message: dict[str, Any]) -> str:
    """A test's name."""
    return str(message["type"])


def decoded(message: dict[str, Any]) -> PageMessage:
    """The message as it comes in."""
    return decode(json.dumps(message))


def refused(message: Any) -> str:
    """What is said to a frame that is none."""
    with pytest.raises(BadFrame) as caught:
        decode(message if isinstance(message, str) else json.dumps(message))
    return str(caught.value)


# --- the messages -----------------------------------------------------------------------------


def test_the_tables_of_this_file_have_every_message() -> None:
    """A new message needs a line in both."""
    models = get_args(PageMessage)
    types = {get_args(model.model_fields["type"].annotation)[0] for model in models}
    assert {kind(m) for m in WHOLE} == {kind(m) for m in LEAST} == types


@pytest.mark.parametrize("message", WHOLE, ids=kind)
def test_a_message_keeps_all_its_fields(message: dict[str, Any]) -> None:
    """Every field arrives, and every field is in the table."""
    model = decoded(message)
    assert model.model_dump(mode="json", exclude_none=False) == message
    assert set(type(model).model_fields) == set(message)


@pytest.mark.parametrize("message", LEAST, ids=kind)
def test_a_message_with_only_its_required_fields_is_accepted(message: dict[str, Any]) -> None:
    """What is left out has a default."""
    assert decoded(message).model_fields_set == set(message)


@pytest.mark.parametrize(
    ("message", "field"),
    [(message, field) for message in LEAST for field in message],
    ids=lambda value: value if isinstance(value, str) else kind(value),
)
def test_a_message_without_a_required_field_is_refused(message: dict[str, Any], field: str) -> None:
    """The sentence names the field that is missing."""
    said = refused({name: value for name, value in message.items() if name != field})
    wanted = "Unable to extract tag" if field == "type" else f"{kind(message)}.{field}: "
    assert wanted in said


@pytest.mark.parametrize("message", WHOLE, ids=kind)
def test_unknown_fields_are_ignored(message: dict[str, Any]) -> None:
    """A newer page may say more to an older server."""
    assert decoded({**message, "newer": {"deep": [1]}}) == decoded(message)


def test_an_unknown_type_is_refused() -> None:
    """It is told, not guessed at."""
    assert refused({"type": "helo"}) == "type: no message has this type"


@pytest.mark.parametrize("frame", ["", "null", "[]", "1", '"hello"', "{", '{"type":"probe"} x'])
def test_a_frame_that_is_not_an_object_is_refused(frame: str) -> None:
    """JSON or not."""
    assert refused(frame)


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "field", "limit"),
    [
        (DIAL, "number", 255),
        (DIAL, "request_id", 255),
        (LEAST[2], "digits", 64),
        (LEAST[2], "target", 255),
        (HELLO, "ticket", 255),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(
    message: dict[str, Any], field: str, limit: int
) -> None:
    """The limits are Salesforce's, or generous."""
    assert getattr(decoded({**message, field: "x" * limit}), field) == "x" * limit
    said = refused({**message, field: "x" * (limit + 1)})
    assert said == f"{kind(message)}.{field}: String should have at most {limit} characters"


def test_the_longest_notes_fit_into_a_frame() -> None:
    """32,000 characters of four bytes each, and room for the rest."""
    notes = {"type": "wrapup", "call_id": "c" * 255, "subject": "😀" * 255, "notes": "😀" * 32_000}
    frame = json.dumps(notes, ensure_ascii=False)
    assert len(frame.encode()) < MAX_FRAME_BYTES
    message = decode(frame)
    assert isinstance(message, WrapupIn)
    assert message.notes == notes["notes"]


@pytest.mark.parametrize(
    ("message", "field", "most"), [(HELLO, "journal", 500), (RESULT, "errors", 50)]
)
def test_a_list_may_be_as_long_as_its_limit_and_no_longer(
    message: dict[str, Any], field: str, most: int
) -> None:
    """A page cannot make the server read for ever."""
    assert len(getattr(decoded({**message, field: [{}] * most}), field)) == most
    assert getattr(decoded({**message, field: [{}] * (most + 1)}), field) == []


@pytest.mark.parametrize("millis", [-1, 2**53 + 1, 1.5, "soon", None, "NaN", [1]])
def test_a_time_is_milliseconds(millis: object) -> None:
    """From the epoch to where JavaScript counts no further."""
    assert refused({**DIAL, "clicked_at": millis}).startswith("dial.clicked_at: ")


@pytest.mark.parametrize("field", ["request_id", "call_id"])
def test_an_id_is_never_empty(field: str) -> None:
    """An empty id would match what has none."""
    assert refused({**LEAST[2], field: ""}).endswith("at least 1 character")


def test_attempts_are_counted_from_one() -> None:
    """There is no go number 0."""
    assert refused({**RESULT, "attempt": 0}).startswith("result.attempt: ")


# --- what messages mean -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clicked_at", "sent_at", "age"),
    [(1_000, 3_500, 2_500), (1_000, 1_000, 0), (3_000, 1_000, 0), (1_000, None, 0)],
)
def test_a_clicks_age_is_the_pages_own_difference(
    clicked_at: int, sent_at: int | None, age: int
) -> None:
    """Milliseconds between click and sending; a clock that jumped back makes it 0."""
    message = decoded({**DIAL, "clicked_at": clicked_at, "sent_at": sent_at})
    assert isinstance(message, Dial)
    assert message.age_ms == age


def test_a_null_link_differs_from_a_missing_one() -> None:
    """Null clears it, silence leaves it."""
    message = decoded({"type": "wrapup", "call_id": "c", "who": None, "what": {"id": "001"}})
    assert isinstance(message, WrapupIn)
    assert message.cleared("who")
    assert not message.cleared("what")
    silent = decoded({"type": "wrapup", "call_id": "c"})
    assert isinstance(silent, WrapupIn)
    assert not silent.cleared("who")


def test_a_journal_is_read_entry_by_entry() -> None:
    """Rubbish in one does not cost the others, and is counted."""
    rubbish: list[Any] = [None, 1, "x", [], {}, {**ENTRY, "attempt": 0}, {**ENTRY, "state": "?"}]
    refusal = {**ENTRY, "state": "refused", "errors": [ERROR]}
    hello = decoded({**HELLO, "journal": [*rubbish, ENTRY, refusal]})
    assert isinstance(hello, Hello)
    good, bad = hello.entries()
    assert bad == len(rubbish)
    assert good == (JournalEntry.model_validate(ENTRY), JournalEntry.model_validate(refusal))


# --- rubbish ----------------------------------------------------------------------------------

SECRETS = ["+14155550100", "call my wife", "tk_secret"]


@pytest.mark.parametrize("secret", SECRETS)
def test_the_answer_to_garbage_quotes_nothing(secret: str) -> None:
    """No number, notes or ticket travels back, nor into a log, whatever was wrong with it."""
    broken: list[Any] = [
        {"type": secret},
        {"type": [secret]},
        {"type": {secret: 1}},
        {"type": None, secret: 1},
        f'{{"type":"dial","number":"{secret}"',
        f'"{secret}',
        secret,
        {**DIAL, "number": [secret]},
        {**DIAL, "number": secret * 255},
        {**DIAL, "clicked_at": [secret]},
        {**LEAST[2], "action": secret},
        {**HELLO, "ticket": {secret: secret}},
        {**HELLO, "surface": secret},
        {**RESULT, "outcome": secret},
        {"type": "wrapup", "call_id": {secret: 1}},
        {"type": "context", "call_id": "c", "record": {"id": {secret: 1}}},
    ]
    assert [refused(frame) for frame in broken if secret in refused(frame)] == []


@pytest.mark.parametrize("field", ["value", "extra"])
def test_a_frame_is_nested_no_deeper_than_a_webhook(field: str) -> None:
    """32 levels, the frame's own among them; brackets in notes are text."""

    def frame(levels: int) -> str:
        inner = "[" * (levels - 1) + "]" * (levels - 1)
        return f'{{"type":"answer","ask_id":"a","outcome":"ok","{field}":{inner}}}'

    assert isinstance(decode(frame(32)), AskAnswer)
    assert refused(frame(33)) == "the frame: nested too deeply"
    assert refused(frame(50_000)) == "the frame: nested too deeply"
    notes = {"type": "wrapup", "call_id": "c", "notes": "[" * 32_000}
    assert isinstance(decoded(notes), WrapupIn)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = sorted({field for message in WHOLE for field in message})


def try_decode(frame: str) -> None:
    """A message or BadFrame: anything else fails the test."""
    with suppress(BadFrame):
        assert isinstance(decode(frame), get_args(PageMessage))


@given(frame=st.text(st.characters()))
def test_any_text_is_read_or_is_a_bad_frame(frame: str) -> None:
    """Lone surrogates included."""
    try_decode(frame)


@given(value=JSON)
def test_any_json_is_read_or_is_a_bad_frame(value: Any) -> None:
    """NaN, deep lists, odd keys."""
    try_decode(json.dumps(value))


@given(message=st.sampled_from(WHOLE), field=st.sampled_from(FIELDS), value=JSON)
def test_any_field_is_read_or_is_a_bad_frame(
    message: dict[str, Any], field: str, value: Any
) -> None:
    """A good message with anything at all in one of its fields."""
    try_decode(json.dumps({**message, field: value}))


@given(journal=st.lists(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(ENTRY, JSON))))
def test_any_journal_is_read_or_skipped(journal: list[Any]) -> None:
    """Every entry is either good or counted."""
    good, bad = Hello(type="hello", ticket="t", page_id="p", journal=journal).entries()
    assert len(good) + bad == len(journal)


def test_deep_json_is_a_bad_frame() -> None:
    """A frame full of brackets costs nobody a stack."""
    assert "nested" in refused("[" * MAX_FRAME_BYTES)


def test_the_schema_describes_every_message() -> None:
    """One definition for each type, told apart by it."""
    described = schema()
    assert set(described["discriminator"]["mapping"]) == {kind(message) for message in LEAST}
    assert json.loads(json.dumps(described)) == described


def test_half_an_emoji_costs_only_itself_not_the_frame() -> None:
    """Notes that a field's limit cut in two are still the agent's notes."""
    message = decode(r'{"type":"wrapup","call_id":"c1","notes":"Agreed \ud83d","done":true}')
    assert isinstance(message, WrapupIn)
    assert (message.notes, message.done) == ("Agreed �", True)
