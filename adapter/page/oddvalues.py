"""Drops an invalid value from a page's message and keeps the rest. Pure.

A text that is too long is cut. Any other invalid value is left out where the message makes sense
without it. Ids, numbers to dial, click times and messages that steer (a control, a picked record)
stay strict, because their meaning would change.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import ErrorDetails

FORGIVING = frozenset({"hello", "dial", "wrapup", "settings", "work", "matches", "result"})
"""Message types that make sense without one of their optional fields."""

STRICT = frozenset({"surface", "sent_at", "clicked_at", "number", "outcome", "attempt", "done"})
"""Fields that must not be left out."""

LINKS = frozenset({"who", "what"})
CUT = frozenset({"name", "subject", "notes", "disposition", "label", "message", "description"})
"""Texts that are cut rather than left out."""


def without_odd_values(frame: str, errors: list[ErrorDetails]) -> str | None:
    """The frame's JSON with invalid values cut or left out; None if one of them is required."""
    if any(not error["loc"] or STRICT & set(error["loc"]) for error in errors):
        return None
    message = json.loads(frame)
    # Last first: removing an entry of a list shifts those after it.
    for error in reversed(errors):
        kind, *path = error["loc"]
        if kind not in FORGIVING or not path or error["type"] == "missing":
            return None
        is_cut = error["type"] == "string_too_long" and path[-1] in CUT
        # A link without its id would clear the link, so the whole link is left out.
        _repair(message, path if is_cut or path[0] not in LINKS else path[:1], error, is_cut=is_cut)
    return json.dumps(message)


def _repair(message: Any, path: list[int | str], error: ErrorDetails, *, is_cut: bool) -> None:
    """Cut or leave out the value at this path."""
    for step in path[:-1]:
        if isinstance(message, dict) and step not in message:
            return  # an outer value was left out already
        message = message[step]
    last = path[-1]
    if isinstance(last, int):
        del message[last]  # the other entries of the list stay
    elif is_cut:
        message[last] = message[last][: error["ctx"]["max_length"]]
    else:
        message.pop(last, None)
