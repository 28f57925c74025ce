"""Frames between two replicas that share a secret; frames from anyone else are rejected.

Each side first sends sixteen random bytes. Both nonces and the secret give two keys, one per
direction. A frame is its length, a mark under that key over the frame's number and body, and the
body. So a frame cannot be forged, replayed or reflected. It is not encrypted: the network between
replicas must be private.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from hmac import compare_digest

NONCE_BYTES = 16
MOST_BYTES = 1024 * 1024
"""The longest body. The first one is empty, so a stranger's is refused by its length alone."""

_LENGTH, _MARK = 4, 16
_HEAD = _LENGTH + _MARK


class NotSealed(Exception):
    """A frame was not sent by a holder of the secret, or is too long."""


def shared_secret(database_url: str, epoch: str) -> bytes:
    """A secret that only users of the store know."""
    return blake2b(f"{database_url} {epoch}".encode()).digest()


class Seal:
    """One direction of one connection, for its sender or for its receiver."""

    def __init__(self, secret: bytes, direction: bytes, nonces: bytes) -> None:
        self._key = blake2b(direction + nonces, key=secret).digest()
        self._count = 0
        self._rest = b""

    def _mark(self, body: bytes) -> bytes:
        number = self._count.to_bytes(8, "big")
        self._count += 1
        return blake2b(number + body, key=self._key, digest_size=_MARK).digest()

    def frame(self, body: bytes) -> bytes:
        """The bytes to send for a body."""
        return len(body).to_bytes(_LENGTH, "big") + self._mark(body) + body

    def bodies(self, data: bytes) -> Iterator[bytes]:
        """The bodies of the frames that are complete now. Raises NotSealed."""
        data, at = self._rest + data, 0
        while len(data) - at >= _HEAD:
            begin = at + _HEAD
            end = begin + int.from_bytes(data[at : at + _LENGTH], "big")
            if end - begin > (MOST_BYTES if self._count else 0):
                raise NotSealed("a frame is too long")
            if len(data) < end:
                break
            body, mark = data[begin:end], data[at + _LENGTH : begin]
            if not compare_digest(mark, self._mark(body)):
                raise NotSealed("a mark is wrong: do both have the same database address?")
            at = end
            yield body
        self._rest = data[at:]
