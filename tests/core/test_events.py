"""The law of the vocabulary of events: past tense, a time on each, nothing that can change."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec import Struct
from msgspec.structs import fields

from adapter.core.events import Event


def members(union: object) -> list[type]:
    """The classes of a union, unions inside it included, in a stable order."""
    found = {m for part in get_args(union) for m in (members(part) or [part])}
    return sorted(found, key=lambda member: member.__name__)


@pytest.mark.parametrize("event", members(Event))
def test_every_event_carries_its_time(event: type) -> None:
    """Deciding takes the time from the event, never from a clock."""
    assert issubclass(event, Struct)
    assert fields(event)[0].name == "at"


@pytest.mark.parametrize("event", members(Event))
def test_no_event_can_be_changed(event: type) -> None:
    """A decision that is made again after a lost race sees the same event."""
    assert event.__struct_config__.frozen  # type: ignore[attr-defined]


@pytest.mark.parametrize("event", members(Event))
def test_every_event_says_what_happened(event: type) -> None:
    """One sentence at least, which the docs can quote."""
    assert event.__doc__
    assert not event.__doc__.startswith(event.__name__ + "(")
