"""Reads single fields of DialStack's JSON: any content becomes a value or None.

Any field may be missing, null or of an undocumented type, and a call must not be lost because of
that, so nothing here raises. JSON values have exact types, so `type(...) is` is used: True is not
a number.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from adapter.core.facts import Direction, Outcome
from adapter.telephony.strictjson import REPLACEMENT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DIGITS = re.compile(r"[0-9]{1,3}")
_DIGIT = re.compile(r"\d")  # of any script
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
MOST_OF_A_NAME = 255
MOST_OF_A_SUMMARY = 4_000
_FEWEST_DIGITS = 6
"""The fewest digits of a number with a country code, or with dots between its parts."""

LATEST_MS = 10**14
"""A time beyond this (the year 5138) is invalid."""

_MILLISECONDS = ((10**11, 1000), (10**14, 1), (10**17, 1e-3), (10**20, 1e-6))
"""Limits that tell seconds, milliseconds, microseconds and nanoseconds apart, each with its factor
to ms. Seconds stay below the first for thousands of years; milliseconds passed it in 1973."""

_COUNT = re.compile(r"[0-9]{9,19}(?:\.[0-9]{1,9})?")
_UTC = re.compile(r" ?(?:UTC|GMT)\Z")
_LONGEST_SECONDS = 10**11

_DIRECTIONS = {str(direction): direction for direction in Direction}

_BY_STATUS = {
    "completed": Outcome.COMPLETED,
    "busy": Outcome.BUSY,
    "no-answer": Outcome.NO_ANSWER,
    "voicemail": Outcome.VOICEMAIL,
}

# ITU-T Q.850 cause numbers.
_BY_CAUSE = (
    {16: Outcome.COMPLETED, 17: Outcome.BUSY, 21: Outcome.REJECTED}
    | dict.fromkeys((18, 19), Outcome.NO_ANSWER)
    | dict.fromkeys((3, 20, 27), Outcome.UNREACHABLE)
    | dict.fromkeys((1, 22, 28), Outcome.WRONG_NUMBER)
    | dict.fromkeys((34, 38, 41, 42, 47, 102), Outcome.FAILED)
)


_NO_NUMBER = re.compile(
    r"^(?!(?:[^<>@]*<)?(?:sips?|tel):)[^@]*:|^(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:[0-2]\d|3[01])(?!\d)",
    re.IGNORECASE,
)
"""A colon that follows no scheme and precedes no port, as in a time; or a date."""


def text(value: Any, limit: int = 255) -> str | None:
    """A non-empty text of at most `limit` characters, else None."""
    if type(value) is not str:
        return None
    value = value.strip()
    return value if 0 < len(value) <= limit else None


def ident(value: Any) -> str | None:
    """An id; None if it had to be repaired."""
    identifier = text(value)
    return None if identifier is None or REPLACEMENT in identifier else identifier


def name(value: Any) -> str | None:
    """A person's name, cut to MOST_OF_A_NAME characters."""
    return text(value[:MOST_OF_A_NAME]) if type(value) is str else None


def summary(value: Any) -> str | None:
    """A summary of the talk, cut to MOST_OF_A_SUMMARY characters."""
    return text(value[:MOST_OF_A_SUMMARY], MOST_OF_A_SUMMARY) if type(value) is str else None


def caller(value: Any) -> str | None:
    """The caller's number; a withheld one may be a word.

    A JSON number is accepted too, if it is long enough for a phone number.
    """
    if type(value) is int and value >= 10 ** (_FEWEST_DIGITS - 1):
        value = str(value)
    number = text(value)
    return number if number and not _is_truncated_number(number) else None


def extension(value: Any) -> str | None:
    """An internal extension, which may be a JSON number."""
    if type(value) is int and 0 < value < 10**_FEWEST_DIGITS:
        value = str(value)
    return text(value, 32)


def dialed(value: Any) -> str | None:
    """The dialed number; anything else must not be mistaken for one.

    Calls are recognized by it, so JSON numbers, which cannot have been dialed, are not accepted.
    """
    number = caller(value) if type(value) is str else None
    return number if number and _DIGIT.search(number) and not _NO_NUMBER.search(number) else None


def _is_truncated_number(number: str) -> bool:
    """Whether it looks like a full number but has too few digits."""
    looks_whole = "+" in number or "." in number
    return looks_whole and "@" not in number and len(_DIGIT.findall(number)) < _FEWEST_DIGITS


def moment_ms(value: Any) -> int | None:
    """A point in time in Unix milliseconds.

    Accepts ISO 8601 with or without fraction and zone (none means UTC), and seconds, milliseconds,
    microseconds or nanoseconds since the Unix epoch, also as text.
    """
    if type(value) is str:
        return _text_ms(value) if len(value) <= 64 else None
    return _count_ms(value) if type(value) is int or type(value) is float else None


def _count_ms(value: float) -> int | None:
    for below, factor in _MILLISECONDS:
        if 0 < value < below:
            return int(value * factor)
    return None


@lru_cache(maxsize=1024)  # each event of a call repeats its earlier times
def _text_ms(value: str) -> int | None:
    value = value.strip()
    if _COUNT.fullmatch(value):
        return _count_ms(float(value) if "." in value else int(value))
    if not ("T" in value or ":" in value):
        return None  # a bare date is not a point in time
    try:
        # Letters may be small (https://www.rfc-editor.org/rfc/rfc3339#section-5.6).
        moment = datetime.fromisoformat(_UTC.sub("Z", value.upper()))
    except ValueError:
        return None
    at = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND
    return at if 0 < at < LATEST_MS else None


def cause(value: Any) -> int | None:
    """A Q.850 cause, given as a number or as digits."""
    if type(value) is str and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    return value if type(value) is int and 0 < value < 128 else None


def direction(value: Any) -> Direction | None:
    """The direction, if it is one of the documented three."""
    return _DIRECTIONS.get(value.strip().lower()) if isinstance(value, str) else None


def seconds_ms(value: Any) -> int | None:
    """A duration, given in seconds, in milliseconds."""
    if type(value) is str and _SECONDS.fullmatch(value.strip()):
        value = float(value)
    if type(value) is not int and type(value) is not float:
        return None
    return int(value * 1000) if 0 <= value < _LONGEST_SECONDS else None


@lru_cache(maxsize=256)
def outcome(status: str | None, number: int | None) -> Outcome | None:
    """How a call ended, by its status and its Q.850 cause.

    "completed" and "failed" are vague, so a more specific cause refines them. For an unknown status
    only the cause counts.
    """
    by_status = _BY_STATUS.get(status.lower().replace("_", "-")) if status else None
    if by_status not in {None, Outcome.COMPLETED}:
        return by_status
    by_cause = _BY_CAUSE.get(number) if number is not None else None
    if by_status is None and status is not None and status.lower() == "failed":
        return by_cause if by_cause not in {None, Outcome.COMPLETED} else Outcome.FAILED
    return by_cause or by_status
