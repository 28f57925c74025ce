"""The quick values do all that the standard library's do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.events import CallEnded
from adapter.core.facts import Facts, Known, Source
from adapter.core.model import Agent, AgentKey, Call, Dialing, Draft, Wrapup
from adapter.core.quick import Keeper, dataclass, kept_with, replace


@dataclass(frozen=True, slots=True)
class Point:
    """A value of ours."""

    x: int
    y: int = 0
    name: str = "origin"


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    """The same value as the standard library makes it."""

    x: int
    y: int = 0
    name: str = "origin"


@dataclass(frozen=True, slots=True)
class Solid(Point):
    """A value that has another one's fields, too."""

    z: int = 7


@given(x=st.integers(), y=st.integers(), name=st.text(), other=st.integers())
def test_it_is_made_changed_compared_and_hashed_as_ever(
    x: int, y: int, name: str, other: int
) -> None:
    """Each operation has the standard library's outcome, field by field."""
    ours, theirs = Point(x, y, name=name), Plain(x, y, name=name)
    assert dataclasses.astuple(ours) == dataclasses.astuple(theirs)
    assert repr(ours) == repr(theirs).replace("Plain", "Point")
    assert hash(ours) == hash(theirs)
    changed = replace(ours, y=other)
    assert changed == Point(x, other, name) == dataclasses.replace(ours, y=other)
    assert dataclasses.astuple(ours) == (x, y, name)
    assert (changed == ours) is (other == y)


def test_defaults_and_inherited_fields_are_there() -> None:
    """What is left out has its default; a derived value has the fields of both."""
    assert dataclasses.astuple(Point(1)) == (1, 0, "origin")
    assert dataclasses.astuple(Solid(1, z=9)) == (1, 0, "origin", 9)
    assert replace(Solid(1), x=2) == Solid(2, 0, "origin", 7)
    assert Solid(1) != Point(1)


@pytest.mark.parametrize("value", [Point(1), replace(Point(2), x=1), Solid(1), Dialing(1, 2)])
def test_a_value_is_frozen_when_it_is_made(value: Any) -> None:
    """It is of its own class again, and nothing of it can be assigned or deleted."""
    assert type(value) in {Point, Solid, Dialing}
    first = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, first, 5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(value, first)
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
        value.unheard_of = 5
    assert getattr(value, first) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        Point,
        lambda: Point(1, 2, "three", 4),  # type: ignore[call-arg]
        lambda: Point(1, z=4),  # type: ignore[call-arg]
        lambda: replace(Point(1), z=4),  # type: ignore[call-arg]
    ],
)
def test_a_field_too_few_or_too_many_is_an_error(wrong: Any) -> None:
    """As for every function."""
    with pytest.raises(TypeError, match=r"Point\.__"):
        wrong()


@pytest.mark.parametrize("kind", [Point, Solid, Agent, Call, Draft, CallEnded, Facts])
def test_its_signature_and_types_can_be_looked_up(kind: type) -> None:
    """Tools that make values of any class (hypothesis, the store's codec) ask for both."""
    names = [field.name for field in dataclasses.fields(kind)]
    signature = inspect.signature(kind)
    assert list(signature.parameters) == names
    for field in dataclasses.fields(kind):
        default = inspect.Parameter.empty
        told = default if field.default is dataclasses.MISSING else field.default
        assert signature.parameters[field.name].default is told
    assert {**get_type_hints(kind), "return": type(None)} == get_type_hints(vars(kind)["__init__"])


def test_it_can_be_copied_and_pickled() -> None:
    """Values cross from process to process."""
    known = Facts(ended=Known(5, Source.RECORD))
    for value in (known, Agent(AgentKey("00D", "005"), name="Ada"), Wrapup(1, 2)):
        assert copy.copy(value) == copy.deepcopy(value) == value
        assert pickle.loads(pickle.dumps(value)) == value


@dataclass(frozen=True, slots=True)
class Room(Keeper):
    """A value that keeps what is made of it."""

    size: int


def test_what_is_made_of_a_value_is_kept_with_it() -> None:
    """It is made once for the same text, and anew for another text or by another function."""
    made: list[str] = []

    @kept_with
    def named(room: Room, name: str) -> list[str]:
        """What is made."""
        made.append(f"{name} of {room.size}")
        return made[-1:]

    @kept_with
    def counted(room: Room, name: str) -> int:
        return room.size

    room = Room(5)
    assert named(room, "hall") is named(room, "hall")
    assert made == ["hall of 5"]
    assert (named(room, "attic"), counted(room, "attic")) == (["attic of 5"], 5)
    assert (named(room, "attic"), counted(room, "attic")) == (["attic of 5"], 5)
    assert (named.__name__, named.__doc__) == ("named", "What is made.")


def test_nobody_sees_in_a_value_what_is_kept_there() -> None:
    """It is equal, printed, stored and copied as if it had been made just now; a copy has none."""

    @kept_with
    def sized(room: Room, name: str) -> list[str]:
        return [name] * room.size

    room, other = Room(2), Room(2)
    kept = sized(room, "x")
    assert room == other
    assert (hash(room), repr(room), dataclasses.asdict(room)) == (
        hash(other),
        repr(other),
        {"size": 2},
    )
    for copied in (copy.copy(room), copy.deepcopy(room), pickle.loads(pickle.dumps(room))):
        assert copied == room
        assert sized(copied, "x") is not kept
    assert sized(replace(room, size=3), "x") == ["x"] * 3
    assert sized(room, "x") is kept


def _made_by_a_function() -> None:
    @dataclass(frozen=True, slots=True)
    class _Factory:
        names: list[str] = dataclasses.field(default_factory=list)


def _made_by_keywords() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class _Keywords:
        name: str


def _with_more_to_do() -> None:
    @dataclass(frozen=True, slots=True)
    class _More:
        name: str

        def __post_init__(self) -> None:
            raise AssertionError


def _without_slots() -> None:
    @dataclass(frozen=True)
    class _Open:
        name: str


@pytest.mark.parametrize(
    "declare", [_made_by_a_function, _made_by_keywords, _with_more_to_do, _without_slots]
)
def test_a_class_that_it_would_make_wrongly_is_refused(declare: Any) -> None:
    """Where the class is declared, not when a value turns out wrong."""
    with pytest.raises(TypeError, match="no plain value"):
        declare()
