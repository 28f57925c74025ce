"""How an agent should take what is said: the tone of an answer or notice, by its code. Pure.

Law of this file: a page never guesses from a code whether something went well. What is not known
here is bad news: good news that looks bad is asked about, bad news that looks good is not.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Tone: TypeAlias = Literal["quiet", "good", "info", "warning", "error"]
"""`quiet` is not said at all: the call's card shows it."""

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
    """The tone of what this code says; `error` for any that is not known here."""
    return _TONES.get(code, "error")
