"""One odd value in a page's message costs that value, not the message. Pure.

Too long a text is cut; what is no value of its field is left out, where the message means
something without it. Ids, numbers to dial, times of clicks, and messages that steer (a control, a
record that is picked) stay strict: with a value left out they would say something else.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import ErrorDetails

FORGIVING = frozenset({"hello", "dial", "wrapup", "settings", "work", "matches", "result"})
"""Types of messages that mean something without one of their optional fields."""

STRICT = frozenset({"surface", "sent_at", "clicked_at", "number", "outcome", "attempt", "done"})
"""Fields of which none may be left out."""

LINKS = frozenset({"who", "what"})
CUT = frozenset({"name", "subject", "notes", "disposition", "label", "message", "description"})
"""Texts of which a part is worth more than none."""


def without_odd_values(frame: str, errors: list[ErrorDetails]) -> str | None:
    """The frame again, as JSON, with odd values cut or left out; None if one of them is needed."""
    if any(not error["loc"] or STRICT & set(error["loc"]) for error in errors):
        return None
    message = json.loads(frame)
    # The last first: an entry that is taken out of a list moves those behind it.
    for error in reversed(errors):
        kind, *path = error["loc"]
        if kind not in FORGIVING or not path or error["type"] == "missing":
            return None
        is_cut = error["type"] == "string_too_long" and path[-1] in CUT
        # An id that is left out of a link would clear the link: then the whole of it goes.
        _mend(message, path if is_cut or path[0] not in LINKS else path[:1], error, is_cut=is_cut)
    return json.dumps(message)


def _mend(message: Any, path: list[int | str], error: ErrorDetails, *, is_cut: bool) -> None:
    """Cut or leave out the value at this place."""
    for step in path[:-1]:
        if isinstance(message, dict) and step not in message:
            return  # left out already, for another value in it
        message = message[step]
    last = path[-1]
    if isinstance(last, int):
        del message[last]  # an entry of a list, none of whose others is worse for it
    elif is_cut:
        message[last] = message[last][: error["ctx"]["max_length"]]
    else:
        message.pop(last, None)
