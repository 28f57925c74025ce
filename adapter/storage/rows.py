"""Agents, logs and sessions ⇄ the text in their rows, each with its schema version.

Law of this file: pure. A row ends with "v", the version of the schema that wrote it. An older row
is upgraded step by step on the plain JSON. A newer one is read as far as possible (unknown fields
are ignored), because both versions write during a rolling deploy. A new field with a default needs
no new version. The text is UTF-8 without NUL, as all databases require; lone surrogates that an
older version wrote (as escapes) are repaired on reading.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from adapter.core.logs.model import CallLog
from adapter.core.model import Agent
from adapter.core.values import mend_all
from adapter.storage.port import Session, Snapshot

V = TypeVar("V", bound=Struct)
Json: TypeAlias = Any
Upgrade: TypeAlias = Callable[[dict[str, Json]], dict[str, Json]]

VERSION = "v"

_encode = msgspec.json.Encoder().encode


class Unreadable(ValueError):
    """A stored value cannot be read by this version."""


def to_text(value: object) -> str:
    """The value as JSON; invalid characters are repaired, so that a row is never refused."""
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        return _encode(mend_all(msgspec.to_builtins(value))).decode()


class Rows(Generic[V]):
    """One kind of value as row text.

    `upgrades[n]` turns the JSON of version n into that of n + 1; every version below ours has one.
    """

    def __init__(self, kind: type[V], upgrades: Mapping[int, Upgrade] | None = None) -> None:
        self._kind = kind
        self._upgrades = dict(upgrades or {})
        self.version = len(self._upgrades) + 1
        self._end = f',"{VERSION}":{self.version}}}'
        self._decode = msgspec.json.Decoder(kind).decode

    def dump(self, value: V) -> str:
        """The row's text."""
        return to_text(value)[:-1] + self._end

    def load(self, text: str) -> V:
        """The value of a row. Raises Unreadable, which names the type but quotes nothing."""
        if text.endswith(self._end):
            try:
                return self._decode(text)
            except msgspec.DecodeError:
                pass  # damaged, or a lone surrogate of an older version
        try:
            return msgspec.convert(self._upgraded(mend_all(json.loads(text))), self._kind)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            kind = self._kind.__name__
            raise Unreadable(f"a {kind} row cannot be read: {type(error).__name__}") from error

    def load_readable(self, texts: Iterable[str]) -> tuple[V, ...]:
        """The values of rows, without those that this version cannot read."""
        values = []
        for text in texts:
            with suppress(Unreadable):
                values.append(self.load(text))
        return tuple(values)

    def _upgraded(self, data: dict[str, Json]) -> dict[str, Json]:
        for version in range(data.pop(VERSION), self.version):
            data = self._upgrades[version](data)
        return data


AGENT = Rows(Agent)
CALL_LOG = Rows(CallLog)
SESSION = Rows(Session)


# --- between replicas ----------------------------------------------------------------------------

_parted = msgspec.json.Decoder(list[Raw]).decode


def snapshot_text(snapshot: Snapshot) -> bytes:
    """The agent and the logs as a JSON list of row texts."""
    rows = [AGENT.dump(snapshot.agent), *map(CALL_LOG.dump, snapshot.logs)]
    return f"[{','.join(rows)}]".encode()


def read_snapshot(text: bytes, version: int) -> Snapshot:
    """A snapshot from another replica. Raises Unreadable."""
    try:
        agent, *logs = (bytes(row).decode() for row in _parted(text))
    except ValueError as error:
        raise Unreadable("no list of rows") from error
    return Snapshot(AGENT.load(agent), version, tuple(map(CALL_LOG.load, logs)))
