"""Hints as the text of PostgreSQL notifications. Pure.

A notification is short (https://www.postgresql.org/docs/current/sql-notify.html), so hints that
wait together share one, and a long value stays away. Any database user may notify, so a value has a
mark under a secret of the store.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from hmac import compare_digest

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from adapter.core.model import AgentKey
from adapter.fanout.port import Topic

MOST_BYTES = 7_000
"""A notification holds less than 8,000 bytes; a Salesforce id has 18."""

MOST_VALUE_BYTES = 6_500
"""An agent's value usually has about 1,500; a longer one is read from the store."""

NOTHING = Raw(b"null")

_PHONE = "/phone"
_PREFIXES = {Topic.CALLS_PLACED: "dials@", Topic.REPLICA: "replica@"}
"""How a topic shows in the key; no Salesforce user id contains these characters."""


class Hint(Struct, array_like=True, frozen=True):
    """A key with its topic, a version, its value if that is short enough, and the value's mark."""

    org: str
    user: str
    version: int
    value: Raw = NOTHING
    mark: str = ""

    @property
    def subject(self) -> tuple[Topic, AgentKey]:
        """The topic and the key. Versions of agents begin at 1."""
        for topic, prefix in _PREFIXES.items():
            if self.user.startswith(prefix):
                return topic, AgentKey(self.org, self.user.removeprefix(prefix))
        if self.user.endswith(_PHONE):
            return Topic.PHONE_MOVED, AgentKey(self.org, self.user.removesuffix(_PHONE))
        return Topic.VERSION if self.version else Topic.SIGNED_OUT, AgentKey(self.org, self.user)

    def is_marked_with(self, secret: bytes) -> bool:
        """Whether whoever sent the value knows the secret."""
        return compare_digest(self.mark.encode(), self.mark_with(secret).encode())

    def mark_with(self, secret: bytes) -> str:
        """The mark of this hint under the secret, in hex."""
        content = msgspec.json.encode((self.org, self.user, self.version, self.value))
        return blake2b(content, key=secret, digest_size=16).hexdigest()


_decode = msgspec.json.Decoder(tuple[str, list[Hint]]).decode


def hint_of(topic: Topic, key: AgentKey, version: int, value: bytes | None, secret: bytes) -> Hint:
    """The hint to send; without the value if that is too long."""
    name = _PREFIXES.get(topic, "") + key.user_id + (_PHONE if topic is Topic.PHONE_MOVED else "")
    bare = Hint(key.org_id, name, version)
    if value is None or len(value) > MOST_VALUE_BYTES:
        return bare
    whole = replace(bare, value=Raw(value))
    return replace(whole, mark=whole.mark_with(secret))


def pack(sender: str, hints: Iterable[Hint]) -> list[str]:
    """Notifications (JSON) with these hints, each short enough for the server."""
    packed: list[str] = []
    room: list[bytes] = []
    size = 0
    for hint in hints:
        text = msgspec.json.encode(hint)
        if room and size + len(text) > MOST_BYTES:
            packed.append(_notification(sender, room))
            room, size = [], 0
        room.append(text)
        size += len(text) + 1
    if room:
        packed.append(_notification(sender, room))
    return packed


def _notification(sender: str, hints: list[bytes]) -> str:
    return f'["{sender}",[{b",".join(hints).decode()}]]'


def unpack(payload: str, own: str) -> list[Hint]:
    """The hints in another replica's notification; empty for our own and for invalid ones."""
    with suppress(msgspec.DecodeError):
        sender, hints = _decode(payload)
        if sender != own:
            return hints
    return []
