"""Strict JSON parser for untrusted input; an invalid value costs only itself.

Python's parser accepts NaN, duplicate keys, integers of any length and lone surrogates. With these,
two programs may read one signed text differently, or a later step (a database, a UTF-8 encoder) may
fail. Providers do send them, in a caller's name or an unused field, and a call must not be lost
because of that. So they are repaired: an invalid character becomes U+FFFD, an invalid number and
the value of a duplicate key become null. A text that is not JSON raises `Malformed`.

`closely` defines the result. It costs more than all other steps of reading a delivery, so `loads`
skips it for texts that need no repair, which are nearly all that a provider sends.
"""

import json
import math
import re
from typing import Any

import orjson

from adapter.core.nesting import MAX_DEPTH, is_too_deep

MAX_INTEGER = 2**63

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Replaces an invalid character; a text that contains it is no id."""

_INVALID = re.compile("[\0\ud800-\udfff]")


class Malformed(Exception):
    """The bytes are not acceptable JSON; `reason` is a few words that quote no content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def loads(raw: bytes, odd: set[str] | None = None) -> Any:
    """Read one JSON text of UTF-8 bytes; `odd` collects what was repaired.

    Raises:
        Malformed: the text is not JSON, or nested too deeply.
    """
    try:
        value = orjson.loads(raw)
        written = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return closely(raw, odd)
    return value if _is_plain(raw) and _is_lossless(raw, written) else closely(raw, odd)


def _is_plain(raw: bytes) -> bool:
    """Whether it cannot be too deep and has no escape that hides NUL or a surrogate."""
    return b"\\" not in raw and raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH


def _is_lossless(raw: bytes, written: bytes) -> bool:
    """Whether the value, serialized again, equals the text except for spaces.

    JSON texts that are equal without spaces have the same tokens. A duplicate key would be
    missing here, a number that orjson rounds would differ, and orjson refuses to write
    integers beyond 53 bits.
    """
    return written == raw or written.replace(b" ", b"") == raw.replace(b" ", b"")


def closely(raw: bytes, odd: set[str] | None = None) -> Any:
    """Like `loads`, but always checks every part."""
    return _Reader(set() if odd is None else odd).read(raw)


class _Reader:
    """Reads one text and notes what it repairs."""

    def __init__(self, odd: set[str]) -> None:
        self._odd = odd
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._make_object,
            parse_constant=self._drop_constant,
            parse_int=self._read_integer,
            parse_float=self._read_float,
            strict=False,  # control characters in texts are allowed
        )

    def read(self, raw: bytes) -> Any:
        text = raw.decode("utf-8-sig", "replace")
        if REPLACEMENT in text and REPLACEMENT.encode() not in raw:
            self._odd.add("not UTF-8")
        if is_too_deep(text):
            raise Malformed("nested too deeply")
        try:
            value = self._decoder.decode(text)
        except json.JSONDecodeError:
            raise Malformed("not JSON") from None
        return self._replaced(value) if "\\u" in text or "\0" in text else value

    def _replaced(self, value: Any) -> Any:
        """Replace NUL and lone surrogates in all keys and values."""
        if isinstance(value, str):
            if not _INVALID.search(value):
                return value
            self._odd.add("invalid characters in a text")
            return _INVALID.sub(REPLACEMENT, value)
        if isinstance(value, dict):
            return {self._replaced(key): self._replaced(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._replaced(item) for item in value]
        return value

    def _make_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            self._odd.add("a duplicate key")
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    value[key] = None  # neither value is trusted
                seen.add(key)
        return value

    def _drop_constant(self, _: str) -> None:
        self._odd.add("an invalid number")

    def _read_integer(self, text: str) -> int | None:
        # Check the length first: int() of thousands of digits is slow, and raises beyond 4,300.
        if len(text) <= 20 and -MAX_INTEGER <= int(text) < MAX_INTEGER:
            return int(text)
        self._odd.add("an invalid number")
        return None

    def _read_float(self, text: str) -> float | None:
        value = float(text)
        if math.isfinite(value):
            return value
        self._odd.add("an invalid number")
        return None
