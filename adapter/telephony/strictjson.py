"""Strict JSON parser for untrusted input: one text, one meaning, or `Malformed`.

Python's reader takes more than JSON is: NaN, the last of two equal keys, integers of any
length, half a surrogate pair. Each of these is a way to make two programs read one signed
text differently, or to make a later step (a database, a UTF-8 writer) fail far from here.

`strictly` is the law. It costs more than all else that is done to read a delivery, so `loads`
spares it to texts in which there is nothing for it to find, nearly all that a provider sends.
"""

import json
import math
from typing import Any, NoReturn

import orjson

from adapter.core.nesting import MAX_DEPTH, is_too_deep

MAX_INTEGER = 2**63


class Malformed(Exception):
    """The bytes are not acceptable JSON; `reason` is a few words that quote none of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def loads(raw: bytes) -> Any:
    """Read one JSON text of UTF-8 bytes.

    Raises:
        Malformed: not UTF-8, not JSON, or one of the things that this file is about.
    """
    try:
        value = orjson.loads(raw)
        written = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return strictly(raw)
    return value if _is_plain(raw) and _is_all(raw, written) else strictly(raw)


def _is_plain(raw: bytes) -> bool:
    """Whether it has too few brackets to be deep, and no escape to hide NUL or a surrogate."""
    return b"\\" not in raw and raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH


def _is_all(raw: bytes, written: bytes) -> bool:
    """Whether a value, written again, says all that the text says, blanks aside.

    Without blanks two texts of JSON are equal only if they have the same tokens. One of two
    equal keys would be missing here, and a number that the quick reader rounds is written
    otherwise; whole numbers beyond 53 bits are not written at all.
    """
    return written == raw or written.replace(b" ", b"") == raw.replace(b" ", b"")


def strictly(raw: bytes) -> Any:
    """Read as `loads` does, and raise as it does, with a close look at each part."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    if is_too_deep(text):
        raise Malformed("nested too deeply")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError:
        raise Malformed("not JSON") from None
    if "\\u" in text:  # only an escape can write these
        _refuse_bad_text(value)
    return value


def _refuse_bad_text(value: Any) -> None:
    """Refuse NUL and lone surrogates in any key or value."""
    if isinstance(value, str):
        if "\0" in value:
            raise Malformed("NUL in text")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Malformed("lone surrogate")
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_bad_text(key)
            _refuse_bad_text(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_bad_text(item)


def _refuse_constant(_: str) -> NoReturn:
    raise Malformed("not a number")


def _integer(text: str) -> int:
    # The length first: int() of thousands of digits is slow, and an error beyond 4,300.
    if len(text) > 20 or not -MAX_INTEGER <= int(text) < MAX_INTEGER:
        raise Malformed("integer too large")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Malformed("number too large")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Malformed("duplicate key")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_refuse_constant,
    parse_int=_integer,
    parse_float=_float,
)
