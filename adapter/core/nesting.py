"""How deeply JSON text is nested, checked before a recursive parser reads it.

The check is cheap: text with few brackets is not scanned, and other text is scanned once from left
to right, even if it is invalid (an unfinished string ends with the text).
"""

from __future__ import annotations

import re

MAX_DEPTH = 32
"""For webhooks and frames; the provider's own webhooks are three levels deep."""

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def is_too_deep(text: str) -> bool:
    """Whether arrays and objects are nested more than `MAX_DEPTH` deep."""
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
