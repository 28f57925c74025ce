"""The law of the vocabulary of effects: plain values that name what they are for."""

from __future__ import annotations

import pytest
from msgspec.structs import fields

from adapter.core.effects import Effect, SetAvailability
from tests.core.test_events import members


@pytest.mark.parametrize("effect", members(Effect))
def test_every_effect_names_its_call_or_its_request(effect: type) -> None:
    """What comes of an effect comes back as an event for that one."""
    named = "asked_at" if effect is SetAvailability else "call_id"
    assert named in {field.name for field in fields(effect)}


@pytest.mark.parametrize("effect", members(Effect))
def test_no_effect_can_be_changed(effect: type) -> None:
    """What was decided and committed is what is done."""
    assert effect.__struct_config__.frozen  # type: ignore[attr-defined]
