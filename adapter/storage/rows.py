"""Agents, logs and sessions ⇄ the text in their rows, each with its schema version.

Law of this file: pure. A row says under "v" which version of its schema wrote it. Reading an older
one runs the upgrades from its version to ours, in order, on the plain JSON; a newer one is read as
well as it can be (unknown fields ignored), because during a rolling deploy both versions write.
A new field with a default needs no new version. Any string that Python can hold passes through
every database unharmed: NUL is always escaped, and a text with half a surrogate pair, which has no
UTF-8, is written in ASCII alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from json import JSONDecoder, JSONEncoder
from typing import Any, Generic, TypeAlias, TypeVar

import orjson

from adapter.core.logmodel import CallLog
from adapter.core.model import Agent
from adapter.storage.codec import Json, Unreadable, decoder, encoder
from adapter.storage.port import Session

V = TypeVar("V")
Upgrade: TypeAlias = Callable[[dict[str, Json]], dict[str, Json]]

VERSION = "v"

_to_ascii = JSONEncoder(separators=(",", ":"), check_circular=False).encode
_from_ascii = JSONDecoder().decode


def to_text(data: dict[str, Json]) -> str:
    """JSON, in UTF-8 if it can be."""
    try:
        return orjson.dumps(data).decode()
    except TypeError:  # What has no UTF-8, or no 64 bits.
        return _to_ascii(data)


def _from_text(text: str) -> Json:
    try:
        return orjson.loads(text)
    except ValueError:
        return _from_ascii(text)


class Rows(Generic[V]):
    """One kind of value as row text.

    `upgrades[n]` turns the JSON of version n into that of n + 1; every version below ours has one.
    """

    def __init__(self, kind: type[V], upgrades: Mapping[int, Upgrade] | None = None) -> None:
        self._kind = kind.__name__
        self._upgrades = dict(upgrades or {})
        self.version = len(self._upgrades) + 1
        self._encode = _needed(encoder(kind))
        self._decode = _needed(decoder(kind))

    def dump(self, value: V) -> str:
        """The row's text."""
        data = self._encode(value)
        data[VERSION] = self.version
        return to_text(data)

    def load(self, text: str) -> V:
        """The value of a row. Raises Unreadable, which names the kind but nothing of the value."""
        try:
            data = self._upgraded(_from_text(text))
            value: V = self._decode(data)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise Unreadable(
                f"a {self._kind} row cannot be read: {type(error).__name__}"
            ) from error
        return value

    def _upgraded(self, data: dict[str, Json]) -> dict[str, Json]:
        for version in range(data.pop(VERSION), self.version):
            data = self._upgrades[version](data)
        return data


def _needed(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    """Only dataclasses are rows, and they always have a plan."""
    if convert is None:
        raise TypeError("a row is a dataclass")
    return convert


AGENT = Rows(Agent)
CALL_LOG = Rows(CallLog)
SESSION = Rows(Session)
