"""Base classes of stored values: frozen structs that msgspec writes and reads as a row's JSON.

Law of this file: these declarations are the format of the rows in every existing database. A field
with its default value is omitted, a missing field takes its default, and an unknown field (written
by a newer version) is ignored. The field "is" names the kind where there are several.

Text is repaired at the edge: an unpaired surrogate has no UTF-8 encoding, so neither a row nor a
frame could hold it (https://www.unicode.org/faq/utf_bom.html#utf16-7).
"""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct


class Frozen(Struct, frozen=True):
    """An immutable struct. Modules compiled by `make compiled` derive from it, not from Struct.

    mypyc drops class arguments such as `frozen=True`, but subclasses inherit those of their base
    (https://jcristharif.com/msgspec/structs.html#frozen-instances).
    """


class Value(Frozen, frozen=True, omit_defaults=True):
    """A stored value."""


class Member(Value, frozen=True, tag=True, tag_field="is"):
    """One kind of a union; the field "is" holds its class name."""


def mend(text: str) -> str:
    """The text with surrogate pairs joined, and unpaired surrogates replaced."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def mend_all(value: Any) -> Any:
    """A JSON value with all of its text repaired, including keys."""
    if isinstance(value, str):
        return mend(value)
    if isinstance(value, list | tuple):
        return [mend_all(item) for item in value]
    if isinstance(value, dict):
        return {mend(key): mend_all(item) for key, item in value.items()}
    return value


def mend_json(text: str) -> str:
    """The same for JSON text, where a surrogate can only be written as an escape.

    Invalid JSON is returned unchanged; its reader rejects it.
    """
    if "\\ud" not in text and "\\uD" not in text:
        return text
    try:
        return json.dumps(mend_all(json.loads(text)))
    except (ValueError, RecursionError):
        return text
