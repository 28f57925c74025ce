"""Single fields of DialStack's JSON: whatever stands there becomes a value or None.

Any field may be missing, null or of another type than documented; a call must not be lost
because of one. So nothing here raises. What JSON holds is of a few exact types, and is asked for
just these: True is no number.
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
"""Of a number with its country, or with dots between its parts."""

LATEST_MS = 10**14
"""A time beyond this (the year 5138) is rubbish."""

_MILLISECONDS = ((10**11, 1000), (10**14, 1), (10**17, 1e-3), (10**20, 1e-6))
"""A count below the first is one of seconds for thousands of years yet, and one of milliseconds was
past it in 1973; then come those of microseconds and nanoseconds. Each with what makes it ms."""

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
"""A colon that stands neither behind a scheme nor before a port, as in a time; and a date."""


def text(value: Any, limit: int = 255) -> str | None:
    """Return a non-empty text of at most `limit` characters, else None."""
    if type(value) is not str:
        return None
    value = value.strip()
    return value if 0 < len(value) <= limit else None


def ident(value: Any) -> str | None:
    """Return an id as it was told; one that had to be mended names nothing."""
    found = text(value)
    return None if found is None or REPLACEMENT in found else found


def name(value: Any) -> str | None:
    """Return what somebody is called; of a name that never ends, as much as anybody reads."""
    return text(value[:MOST_OF_A_NAME]) if type(value) is str else None


def summary(value: Any) -> str | None:
    """Return what was talked about; of one that never ends, its beginning."""
    return text(value[:MOST_OF_A_SUMMARY], MOST_OF_A_SUMMARY) if type(value) is str else None


def caller(value: Any) -> str | None:
    """Return the number that a call comes from; a word may stand for one that is withheld.

    A whole number may be told as one of JSON's: a caller is not lost for that.
    """
    if type(value) is int and value >= 10 ** (_FEWEST_DIGITS - 1):
        value = str(value)
    found = text(value)
    return found if found and not _is_half_a_number(found) else None


def extension(value: Any) -> str | None:
    """Return an extension of the house, which may be told as one of JSON's numbers."""
    if type(value) is int and 0 < value < 10**_FEWEST_DIGITS:
        value = str(value)
    return text(value, 32)


def dialed(value: Any) -> str | None:
    """Return the number that was dialed; what is none must not be taken for another one.

    A call is known by it, so that one of JSON's numbers, which nobody dials, is none.
    """
    found = caller(value) if type(value) is str else None
    return found if found and _DIGIT.search(found) and not _NO_NUMBER.search(found) else None


def _is_half_a_number(found: str) -> bool:
    """Whether it is written as a whole number, but has fewer digits than any has."""
    looks_whole = "+" in found or "." in found
    return looks_whole and "@" not in found and len(_DIGIT.findall(found)) < _FEWEST_DIGITS


def moment_ms(value: Any) -> int | None:
    """Return a point in time as Unix milliseconds.

    Taken are ISO 8601 with or without fraction and zone (none means UTC), and counts of
    seconds or of parts of them since the Unix epoch, also in quotes.
    """
    if type(value) is str:
        return _written_ms(value) if len(value) <= 64 else None
    return _count_ms(value) if type(value) is int or type(value) is float else None


def _count_ms(value: float) -> int | None:
    for below, factor in _MILLISECONDS:
        if 0 < value < below:
            return int(value * factor)
    return None


@lru_cache(maxsize=1024)  # each event of a call tells its earlier times again
def _written_ms(value: str) -> int | None:
    value = value.strip()
    if _COUNT.fullmatch(value):
        return _count_ms(float(value) if "." in value else int(value))
    if not ("T" in value or ":" in value):
        return None  # a bare date names no moment
    try:
        # Letters may be small (https://www.rfc-editor.org/rfc/rfc3339#section-5.6).
        moment = datetime.fromisoformat(_UTC.sub("Z", value.upper()))
    except ValueError:
        return None
    found = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND
    return found if 0 < found < LATEST_MS else None


def cause(value: Any) -> int | None:
    """Return a Q.850 cause, which may be written as a number or as its digits."""
    if type(value) is str and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    return value if type(value) is int and 0 < value < 128 else None


def direction(value: Any) -> Direction | None:
    """Return the direction, if it is one of the documented three."""
    return _DIRECTIONS.get(value.strip().lower()) if isinstance(value, str) else None


def seconds_ms(value: Any) -> int | None:
    """Return a duration of seconds in milliseconds."""
    if type(value) is str and _SECONDS.fullmatch(value.strip()):
        value = float(value)
    if type(value) is not int and type(value) is not float:
        return None
    return int(value * 1000) if 0 <= value < _LONGEST_SECONDS else None


@lru_cache(maxsize=256)
def outcome(status: str | None, number: int | None) -> Outcome | None:
    """Tell how a call ended by its status and its cause.

    "completed" and "failed" are vague, so a cause that says more refines them; a status
    that we do not know is judged by the cause alone.
    """
    said = _BY_STATUS.get(status.lower().replace("_", "-")) if status else None
    if said not in {None, Outcome.COMPLETED}:
        return said
    by_cause = _BY_CAUSE.get(number) if number is not None else None
    if said is None and status is not None and status.lower() == "failed":
        return by_cause if by_cause not in {None, Outcome.COMPLETED} else Outcome.FAILED
    return by_cause or said
