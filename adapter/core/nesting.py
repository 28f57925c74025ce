"""How deeply a JSON text is nested, told before a recursive reader meets it.

Cheap where it matters: a text with few brackets is not looked into, and one with many is read once
from left to right, whatever it is (an unfinished string ends with the text).
"""

from __future__ import annotations

import re

MAX_DEPTH = 32
"""Of webhooks and of frames; the provider's own are nested three deep."""

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def is_too_deep(text: str) -> bool:
    """Whether lists and objects stand in each other more than `MAX_DEPTH` deep."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        letter = text[token.start()]
        if letter in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif letter != '"':
            depth -= 1
    return False
