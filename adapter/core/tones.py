"""The tone of an answer or a notice, by its code. Pure.

Law of this file: a page never guesses from a code whether something went well. An unknown code is
an error: agents ask about good news that looks bad, but not about bad news that looks good.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Tone: TypeAlias = Literal["quiet", "good", "info", "warning", "error"]
"""`quiet` is not shown, because the call's card already shows it."""

_WARNING = (
    *("confirm-repeat", "not-picked-up", "unknown-outcome", "do-not-disturb"),
    *("phone-offline", "phone-declined", "phone-busy", "phone-unreachable"),
    *("extension", "wrong-country"),
)
_TONES: dict[str, Tone] = {
    **dict.fromkeys(("placed", "done"), "quiet"),
    "transferred": "good",
    "still-up": "info",
    **dict.fromkeys(_WARNING, "warning"),
}


def tone_of(code: str) -> Tone:
    """The tone of this code; `error` if it is unknown."""
    return _TONES.get(code, "error")
