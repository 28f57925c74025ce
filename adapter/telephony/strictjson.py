"""JSON from strangers: one text, one meaning, or `Malformed`; an odd value costs only itself.

Python's reader takes more than JSON is: NaN, the last of two equal keys, integers of any length,
half a surrogate pair. Each of these is a way to make two programs read one signed text differently,
or to make a later step (a database, a UTF-8 writer) fail far from here. A provider sends them all
the same, in a caller's name or a field that nobody needs, and a call must not be lost for that. So
they are mended where they stand: a letter that is none becomes U+FFFD, a number that is none and a
key that is told twice become null. What cannot be read at all stays `Malformed`.

`closely` is the law. It costs more than all else that is done to read a delivery, so `loads`
spares it to texts in which there is nothing for it to find, nearly all that a provider sends.
"""

import json
import math
import re
from typing import Any

import orjson

from adapter.core.nesting import MAX_DEPTH, is_too_deep

MAX_INTEGER = 2**63

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Stands where a letter was none; a text with it is no id."""

_NO_LETTERS = re.compile("[\0\ud800-\udfff]")


class Malformed(Exception):
    """The bytes are not acceptable JSON; `reason` is a few words that quote none of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def loads(raw: bytes, odd: set[str] | None = None) -> Any:
    """Read one JSON text of UTF-8 bytes; what was mended is named in `odd`.

    Raises:
        Malformed: it is not JSON, or nested too deeply.
    """
    try:
        value = orjson.loads(raw)
        written = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return closely(raw, odd)
    return value if _is_plain(raw) and _is_all(raw, written) else closely(raw, odd)


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


def closely(raw: bytes, odd: set[str] | None = None) -> Any:
    """Read as `loads` does, and raise as it does, with a close look at each part."""
    return _Reader(set() if odd is None else odd).read(raw)


class _Reader:
    """One reading; notes what it mends."""

    def __init__(self, odd: set[str]) -> None:
        self._odd = odd
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            parse_int=self._integer,
            parse_float=self._float,
            strict=False,  # control characters in texts are odd, and no more
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
        return self._mended(value) if "\\u" in text or "\0" in text else value

    def _mended(self, value: Any) -> Any:
        """Without NUL and lone surrogates, in any key or value."""
        if isinstance(value, str):
            if not _NO_LETTERS.search(value):
                return value
            self._odd.add("no letters in a text")
            return _NO_LETTERS.sub(REPLACEMENT, value)
        if isinstance(value, dict):
            return {self._mended(key): self._mended(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._mended(item) for item in value]
        return value

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            self._odd.add("a key told twice")
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    value[key] = None  # neither of the two is believed
                seen.add(key)
        return value

    def _constant(self, _: str) -> None:
        self._odd.add("a number that is none")

    def _integer(self, text: str) -> int | None:
        # The length first: int() of thousands of digits is slow, and an error beyond 4,300.
        if len(text) <= 20 and -MAX_INTEGER <= int(text) < MAX_INTEGER:
            return int(text)
        self._odd.add("a number that is none")
        return None

    def _float(self, text: str) -> float | None:
        value = float(text)
        if math.isfinite(value):
            return value
        self._odd.add("a number that is none")
        return None
