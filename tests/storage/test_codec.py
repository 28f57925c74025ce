"""The codec: plans for types, tags for unions, and patience with other versions' fields."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass, replace
from typing import Any

import pytest
from hypothesis import given

from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.core.model import Agent, AgentKey, Bridged, Call, Draft, Placing, Record, Stage, Wrapup
from adapter.storage.codec import Unreadable, decoder, encoder
from tests import strategies


@dataclass(frozen=True, slots=True)
class Circle:
    """One member of a union."""

    radius: int


@dataclass(frozen=True, slots=True)
class Square:
    """Another member of the union."""

    side: int = 1


@dataclass(frozen=True, slots=True)
class Drawing:
    """Every form of field that the model has."""

    title: str
    shape: Circle | Square | None
    outcomes: tuple[Outcome, ...] = ()
    tags: tuple[str, ...] = ()
    size: Known[int] | None = None
    outcome: Known[Outcome] | None = None
    hidden: bool = False


SIZE = Known(1, Source.SAID)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Optional fields whose default is not None."""

    circle: Circle | None = Circle(1)
    size: Known[int] | None = SIZE


def encoded(kind: Any, value: Any) -> Any:
    """The JSON of a value."""
    encode = encoder(kind)
    assert encode is not None
    return encode(value)


def decoded(kind: Any, data: Any) -> Any:
    """The value of JSON."""
    decode = decoder(kind)
    assert decode is not None
    return decode(data)


def test_a_field_at_its_default_is_left_out() -> None:
    """Only what says something is written."""
    assert encoded(Drawing, Drawing("a", None)) == {"title": "a", "shape": None}


def test_a_default_is_told_by_its_value() -> None:
    """An equal one that was made anew is left out as well, one that differs is not."""
    call = Call("c1", "112", 5, Bridged(1, 2), Facts(), draft=Draft())
    assert encoded(Call, call).keys() == {"call_id", "number", "opened_at", "stage"}
    noted = encoded(Call, replace(call, draft=Draft(notes="")))
    assert noted["draft"] == {"notes": ""}
    agent = Agent(AgentKey("00D1", "0051"), time_zone="".join("UTC"))
    assert encoded(Agent, agent).keys() == {"key"}


def test_a_default_may_be_anything_but_none_and_none_is_written() -> None:
    """What is None although it is something else by default comes back as None."""
    assert encoded(Labelled, Labelled(None, None)) == {"circle": None, "size": None}
    assert decoded(Labelled, {"circle": None, "size": None}) == Labelled(None, None)
    assert decoded(Labelled, {}) == Labelled()


def test_a_member_of_a_union_carries_its_name() -> None:
    """The class's name tells them apart; alone, the same class needs none."""
    data = encoded(Drawing, Drawing("a", Circle(2)))
    assert data["shape"] == {"is": "Circle", "radius": 2}
    assert encoded(Circle, Circle(2)) == {"radius": 2}
    assert decoded(Drawing, data) == Drawing("a", Circle(2))


def test_a_known_is_a_pair_of_value_and_source() -> None:
    """Numbers as they are, enum members by their value."""
    drawing = Drawing(
        "a", Square(), size=Known(3, Source.SAID), outcome=Known(Outcome.BUSY, Source.RECORD)
    )
    data = encoded(Drawing, drawing)
    assert (data["size"], data["outcome"]) == ([3, 2], ["busy", 3])
    assert decoded(Drawing, data) == drawing


def test_tuples_come_back_as_tuples() -> None:
    """JSON has only arrays; the value has tuples, of plain things and of others."""
    drawing = Drawing("a", None, (Outcome.BUSY,), ("x", "y"))
    assert decoded(Drawing, encoded(Drawing, drawing)) == drawing


def test_a_field_of_a_newer_version_is_ignored() -> None:
    """During a rolling deploy the old version reads what the new one wrote."""
    data = {"title": "a", "shape": {"is": "Square", "depth": 3}, "size": [3, 2, "sure"], "new": [1]}
    assert decoded(Drawing, data) == Drawing("a", Square(), size=Known(3, Source.SAID))


def test_a_field_that_an_older_version_did_not_have_takes_its_default() -> None:
    """What was not known then is what a new value starts with."""
    assert decoded(Square, {}) == Square(1)


def test_a_missing_field_without_default_is_unreadable() -> None:
    """A value is never made up; the message names the field, not its neighbours' values."""
    with pytest.raises(Unreadable, match=r"Drawing without \['title'\]"):
        decoded(Drawing, {"shape": None, "tags": ["secret"]})


def test_a_member_that_is_not_known_is_unreadable() -> None:
    """Neither a strange tag nor none at all."""
    for shape in ({"is": "Triangle"}, {"radius": 1}):
        with pytest.raises(Unreadable):
            decoded(Drawing, {"title": "a", "shape": shape})


def test_a_value_that_is_not_known_is_unreadable() -> None:
    """An enum's member, a source; the message says whose field it was and nothing of the value."""
    for data in ({"outcomes": ["secret"]}, {"outcome": ["secret", 3]}, {"size": [3, "secret"]}):
        with pytest.raises(Unreadable, match=r"^Drawing with a value that is not known$"):
            decoded(Drawing, {"title": "a", "shape": None, **data})


@pytest.mark.parametrize("data", [[], ["title", "shape"], "title", 7, None])
def test_only_an_object_is_read_as_a_dataclass(data: Any) -> None:
    """Also where every field has a default, so that nothing is missed in a list."""
    for kind in (Drawing, Square):
        with pytest.raises(Unreadable, match=f"^{kind.__name__} is no object$"):
            decoded(kind, data)


def test_classes_of_one_name_are_not_mixed_up() -> None:
    """Two rooms may each have a Square."""
    square = make_dataclass("Square", [("corners", int)], frozen=True)
    assert encoded(square, square(4)) == {"corners": 4}
    assert encoded(Square, Square(4)) == {"side": 4}
    assert decoded(square, {"corners": 4}) == square(4)
    assert decoded(Square, {"side": 4}) == Square(4)


@pytest.mark.parametrize("kind", [float, dict[str, int], tuple[int, str], int | str, object])
def test_a_type_that_the_model_does_not_use_has_no_plan(kind: Any) -> None:
    """A new kind of field is refused when the module is imported, not in the middle of a call."""
    with pytest.raises(TypeError, match="no plan"):
        encoder(kind)


@pytest.mark.parametrize("kind", [str, int, bool, str | None, int | None])
def test_plain_values_need_no_conversion(kind: Any) -> None:
    """They are JSON as they are."""
    assert encoder(kind) is None
    assert decoder(kind) is None


@given(strategies.facts)
def test_facts_come_back_equal(facts: Facts) -> None:
    """Whatever is known of a call."""
    assert decoded(Facts, encoded(Facts, facts)) == facts


@given(strategies.stages)
def test_stages_come_back_equal(stage: Stage) -> None:
    """Each stage with its own fields."""
    assert decoded(Stage, encoded(Stage, stage)) == stage


@given(strategies.drafts)
def test_drafts_come_back_equal(draft: Draft) -> None:
    """Entered and not entered stay apart."""
    assert decoded(Draft, encoded(Draft, draft)) == draft


def test_the_tags_in_stored_rows_are_the_names_of_the_classes() -> None:
    """Renaming a stage would make old rows unreadable: it needs an upgrade (rows.py)."""
    assert decoded(Stage, {"is": "Placing", "since": 1, "due": 2}) == Placing(1, 2)
    assert decoded(Stage, {"is": "Bridged", "since": 1, "due": 2}) == Bridged(1, 2)
    assert decoded(Stage, {"is": "Wrapup", "since": 1, "due": 2}) == Wrapup(1, 2)


def test_records_and_directions_are_written_by_name() -> None:
    """An operator can read a row."""
    assert encoded(Record, Record("003", "Ada")) == {"id": "003", "name": "Ada"}
    assert encoded(Direction, Direction.INBOUND) == "inbound"
