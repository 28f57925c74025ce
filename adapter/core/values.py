"""What is kept: frozen structs, which msgspec writes as the JSON of a row and reads again.

Law of this file: what is declared here is how rows look, in every database that is out there. A
field at its default is left out, one that is missing takes its default, one that is not known (a
newer version wrote it) is ignored; of several kinds one says under "is" which it is.

Text is mended where it comes in: half a surrogate pair has no UTF-8, so that neither a row nor a
frame could hold it (https://www.unicode.org/faq/utf_bom.html#utf16-7).
"""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct


class Frozen(Struct, frozen=True):
    """What never changes. Modules that `make compiled` compiles build on it, not on Struct itself.

    mypyc leaves a class's arguments out; what a base was told holds for its subclasses, too
    (https://jcristharif.com/msgspec/structs.html#frozen-instances).
    """


class Value(Frozen, frozen=True, omit_defaults=True):
    """A part of what is kept."""


class Member(Value, frozen=True, tag=True, tag_field="is"):
    """One of several kinds, told apart by the name of its class."""


def mend(text: str) -> str:
    """The text with halves of surrogate pairs joined, or replaced where they stand alone."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def mend_all(value: Any) -> Any:
    """A JSON value with every text of it mended, keys too."""
    if isinstance(value, str):
        return mend(value)
    if isinstance(value, list | tuple):
        return [mend_all(item) for item in value]
    if isinstance(value, dict):
        return {mend(key): mend_all(item) for key, item in value.items()}
    return value


def mend_json(text: str) -> str:
    """The same for a JSON text, in which nothing but an escape can write a half.

    What is no JSON stays as it is, for its reader to refuse.
    """
    if "\\ud" not in text and "\\uD" not in text:
        return text
    try:
        return json.dumps(mend_all(json.loads(text)))
    except (ValueError, RecursionError):
        return text
