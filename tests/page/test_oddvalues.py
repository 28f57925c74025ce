"""An odd value in a message costs itself, and where it would say something else the message."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.page.messages import BadFrame, PageMessage, decode

DIAL = {"type": "dial", "request_id": "r", "number": "911", "clicked_at": 1}
RECORD = {"id": "003000000000001"}


def decoded(**fields: Any) -> Any:
    """The message as it is understood."""
    return decode(json.dumps(fields))


@pytest.mark.parametrize(
    ("odd", "field", "left"),
    [
        ({"work_id": None}, "work_id", ""),
        ({"work_id": "w" * 300}, "work_id", ""),
        ({"ring_profile": 7}, "ring_profile", ""),
        ({"record": "x"}, "record", None),
        ({"confirmed": "perhaps"}, "confirmed", False),
        ({"params": {"a": 1}}, "params", "{'a': 1}"),
    ],
)
def test_a_click_is_dialed_without_its_odd_value(
    odd: dict[str, Any], field: str, left: Any
) -> None:
    """The call matters more than what comes along with it."""
    message = decoded(**DIAL, **odd)
    assert getattr(message, field) == left
    assert message.number == "911"


def test_an_odd_value_of_a_record_leaves_the_record() -> None:
    """A long name is cut, an account that is no text is none."""
    odd = {**RECORD, "name": "x" * 2_000, "account_id": 7, "person_account": "perhaps"}
    record = decoded(**DIAL, record=odd).record
    assert (record.id, len(record.name), record.account_id) == (RECORD["id"], 1_000, "")
    assert not record.person_account


def test_notes_that_are_too_long_are_cut() -> None:
    """Their beginning is worth more than nothing."""
    message = decoded(type="wrapup", call_id="c", notes="n" * 40_000, subject=7, who="x")
    assert (len(message.notes), message.subject, message.who) == (32_000, None, None)
    assert not message.cleared("who")


def test_an_odd_entry_of_a_list_leaves_the_others() -> None:
    """However many there are, and wherever they stand."""
    settings = decoded(type="settings", dispositions=[7, "Sold", [[]], "Lost", None], problems=[{}])
    assert (settings.dispositions, settings.problems) == (["Sold", "Lost"], [])
    matches = decoded(type="matches", call_id="c", records=["x", RECORD, 7])
    assert [record.id for record in matches.records] == [RECORD["id"]]


def test_several_odd_values_in_one_part_are_one_part_left_out() -> None:
    """A link without an id is none, however long its name."""
    message = decoded(type="wrapup", call_id="c", who={"id": 7, "name": "x" * 2_000}, notes="n")
    assert (message.who, message.notes) == (None, "n")
    errors = [{"code": 7, "message": 7}] * 60
    assert decoded(type="result", log_id="c", attempt=1, nonce="n", outcome="ok", errors=errors)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("x" * 40_000),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "name", "code", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = sorted({name for model in get_args(PageMessage) for name in model.model_fields})
KINDS = [get_args(model.model_fields["type"].annotation)[0] for model in get_args(PageMessage)]


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
def test_any_frame_is_a_message_or_refused(kind: str, fields: dict[str, Any]) -> None:
    """Nothing else comes of it."""
    fields.pop("type", None)
    with suppress(BadFrame):
        decoded(type=kind, **fields)


def test_an_odd_entry_of_a_list_is_dropped() -> None:
    """The others stay."""
    message = decoded(type="matches", call_id="c", records=["x", {**RECORD, "name": 7}, RECORD])
    assert [record.id for record in message.records] == [RECORD["id"], RECORD["id"]]


@pytest.mark.parametrize(
    "message",
    [
        {**DIAL, "number": 7},
        {**DIAL, "number": "1" * 300},
        {**DIAL, "clicked_at": "soon"},
        {**DIAL, "sent_at": -1},
        {**DIAL, "request_id": ""},
        {**DIAL, "request_id": "r" * 300},
        {"type": "control", "request_id": "r", "call_id": "c", "action": "transfer", "target": 7},
        {"type": "context", "call_id": "c", "record": "x"},
        {"type": "tray", "log_id": "c", "action": "already_there", "task_id": 7},
        {"type": "wrapup", "call_id": "c", "done": "perhaps"},
        {"type": "wrapup"},
        {"type": "hello", "ticket": "t", "page_id": "p", "surface": "moon"},
        {"ticket": "t"},
    ],
)
def test_a_message_whose_meaning_would_change_is_refused(message: dict[str, Any]) -> None:
    """Ids, numbers, times, choices; and messages that steer."""
    with pytest.raises(BadFrame):
        decoded(**message)
