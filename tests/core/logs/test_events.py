"""The law of the call log's vocabulary: a time on each event, a log (or a page) on each effect."""

from __future__ import annotations

import pytest
from msgspec.structs import fields

from adapter.core.logs.events import LogEffect, LogEvent
from tests.core.test_events import members


@pytest.mark.parametrize("event", members(LogEvent))
def test_every_log_event_carries_its_time(event: type) -> None:
    """The gate's deadlines are counted from events, never from a clock."""
    assert fields(event)[0].name == "at"


@pytest.mark.parametrize("effect", members(LogEffect))
def test_every_log_effect_names_its_log_or_its_page(effect: type) -> None:
    """An effect without either could not be carried out by anybody."""
    assert {field.name for field in fields(effect)} & {"log_id", "page_id"}
