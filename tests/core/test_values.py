"""What is kept: frozen, written as it was always written, and of text that every store takes."""

from __future__ import annotations

import copy
import json
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.draft import Draft, Record
from adapter.core.facts import Direction, Facts, Known, Source
from adapter.core.logs.model import CallLog
from adapter.core.model import Agent, AgentKey, Bridged, Call, Placing, Stage, Wrapup
from adapter.core.values import mend, mend_all, mend_json
from tests import strategies


def text(value: object) -> str:
    """As a row has it."""
    return msgspec.json.encode(value).decode()


@given(strategies.agents() | strategies.call_logs())
def test_every_value_survives_a_round_trip(value: Agent | CallLog) -> None:
    """Whatever its fields are."""
    assert msgspec.json.decode(text(value), type=type(value)) == value


def test_a_value_cannot_be_changed() -> None:
    """A decision that is made again sees the same."""
    for value in (AgentKey("00D", "005"), Bridged(1, 2), Known(5, Source.EVENT)):
        with pytest.raises(AttributeError):
            setattr(value, value.__struct_fields__[0], "other")


def test_a_value_can_be_copied_and_pickled() -> None:
    """Values cross from process to process."""
    known = Facts(ended=Known(5, Source.CDR))
    for value in (known, Agent(AgentKey("00D", "005"), name="Ada"), Wrapup(1, 2)):
        assert copy.copy(value) == copy.deepcopy(value) == value
        assert pickle.loads(pickle.dumps(value)) == value


def test_a_field_at_its_default_is_left_out() -> None:
    """Only what says something is written."""
    call = Call("c1", "112", 5, Bridged(1, 2))
    assert msgspec.to_builtins(call).keys() == {"call_id", "number", "opened_at", "stage"}
    assert text(Record("003", "Ada")) == '{"id":"003","name":"Ada"}'
    assert text(Draft(notes="")) == '{"notes":""}'


def test_a_value_of_a_union_names_its_type() -> None:
    """By the name of its class: renaming one makes old rows unreadable, it needs an upgrade."""
    read = msgspec.json.Decoder[Stage](Stage).decode
    assert text(Bridged(1, 2)) == '{"is":"Bridged","since":1,"due":2}'
    for stage in (Placing(1, 2), Bridged(1, 2), Wrapup(1, 2)):
        assert read(text(stage)) == stage
    for strange in ('{"is":"Sideways","since":1,"due":2}', '{"since":1,"due":2}'):
        with pytest.raises(msgspec.ValidationError):
            read(strange)


def test_a_known_fact_is_a_pair_of_value_and_source() -> None:
    """It is by far the most frequent value; further elements are a newer version's."""
    facts = Facts(Known(Direction.INBOUND, Source.EVENT), connected=Known(7, Source.CDR))
    assert text(facts) == '{"direction":["inbound",2],"connected":[7,3]}'
    newer = '{"direction":["inbound",2,"sure"],"connected":[7,3],"mood":["good",1]}'
    assert msgspec.json.decode(newer, type=Facts) == facts


@given(st.text(st.characters()))
def test_repaired_text_encodes_as_utf_8_and_valid_text_is_unchanged(found: str) -> None:
    """Only halves of surrogate pairs are touched."""
    mended = mend(found)
    assert mended.encode().decode() == mended
    if not any("\ud800" <= letter <= "\udfff" for letter in found):
        assert mended == found


@pytest.mark.parametrize(
    ("found", "mended"),
    [
        ("Zoë", "Zoë"),
        ("Zoe \ud83d", "Zoe �"),
        ("\ude00 Zoe", "� Zoe"),
        ("\ud83d\ude00", "\N{GRINNING FACE}"),
        ("\ude00\ud83d", "��"),
        ("\ud83d\ud83d\ude00", "�\N{GRINNING FACE}"),
    ],
)
def test_surrogate_halves_are_joined_or_replaced(found: str, mended: str) -> None:
    """Two halves are an emoji that was cut in two and put together; one is nothing."""
    assert mend(found) == mended


def test_every_text_in_a_json_value_is_repaired() -> None:
    """Keys, lists and what stands in them; other values stay."""
    found = {"a\ud800": ["\udfff", {"b": ("\ud800", 1)}, None, True, 2.5]}
    assert mend_all(found) == {"a�": ["�", {"b": ["�", 1]}, None, True, 2.5]}


@pytest.mark.parametrize(
    ("found", "mended"),
    [
        (r'{"a":"Zoe \ud83d"}', {"a": "Zoe �"}),
        (r'{"a":"\uD83D\uDE00"}', {"a": "\N{GRINNING FACE}"}),
        (r'{"\udc00":1}', {"�": 1}),
    ],
)
def test_a_json_text_is_repaired_before_a_strict_parser_refuses_it(
    found: str, mended: object
) -> None:
    """A browser writes half an emoji as an escape, as JSON.stringify is told to."""
    assert json.loads(mend_json(found)) == mended


@pytest.mark.parametrize("found", ['{"a":"Zoë \\n"}', r'{"a":"\ud83d"', "[" * 10_000 + r"\ud83d"])
def test_a_json_text_without_surrogates_stays_unchanged(found: str) -> None:
    """The first needs nothing, the others are refused by their reader."""
    assert mend_json(found) is found
