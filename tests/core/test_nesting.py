"""Depth is counted in brackets that are no text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.nesting import MAX_DEPTH, is_too_deep


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        ("[" * 32 + "]" * 32, False),
        ("[" * 33 + "]" * 33, True),
        ('{"a":' * 32 + "1" + "}" * 32, False),
        ('{"a":' * 33 + "1" + "}" * 33, True),
        ('{"a":[' * 17 + "]}" * 17, True),
        ("[" * 5_000_000, True),
        ("[]" * 100 + "{}" * 100, False),
        ('"' + "[" * 100 + '"', False),
        ('"\\"' + "[" * 100 + '"', False),
        ('["\\\\"' + ",[" * 40, True),
        ("]" * 50 + "[" * 60, False),
        ("[" * 32 + '"' + '\\"' * 100_000, False),
        ("[" * 32 + '"' + '\\"' * 100_000 + "[\\", False),
    ],
)
def test_each_bracket_outside_of_text_counts(text: str, deep: bool) -> None:
    """Escapes, unfinished texts and hostile ones: one look from left to right."""
    assert is_too_deep(text) is deep


JSON = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('[]{}"\\a')),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a["), inner, max_size=3),
    max_leaves=80,
)


def depth(value: Any) -> int:
    """By the plain definition."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(JSON, st.integers(0, MAX_DEPTH + 2))
def test_the_depth_agrees_with_a_parser(value: Any, around: int) -> None:
    """Whatever JSON it is, and however deep it is wrapped."""
    text = "[" * around + json.dumps(value) + "]" * around
    assert is_too_deep(text) is (depth(json.loads(text)) > MAX_DEPTH)
