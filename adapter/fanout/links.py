"""Connections between replicas: the dialing side asks, the other answers, in sealed frames.

Messages of one event loop iteration share a frame. Law of this file: each request gets exactly one
callback, with the answer or with `b""` when the link is gone or the other side too slow. One answer
that is too slow closes the link.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Protocol, TypeAlias, cast

import msgspec
import structlog

from adapter.fanout.sealed import MOST_BYTES, NONCE_BYTES, NotSealed, Seal

log = structlog.get_logger(__name__)

GREETING_SECONDS = 3.0
"""How long the other side may take to prove that it knows the secret."""

ANSWER_SECONDS = 1.0
"""How long a replica may take to answer, including its commit."""

MOST_WAITING = 2_000
"""How many requests may wait for one replica's answers."""

MOST_UNREAD_BYTES = MOST_BYTES
"""Bytes sent but not yet read by the other side; beyond this, no request is sent."""

LONGEST_BYTES = 128 * 1024
"""The longest request; a webhook has at most 64 KiB."""

_FULL = MOST_BYTES // 2
_NOTE = 0
"""The number of a message that expects no answer."""

Answered: TypeAlias = Callable[[bytes], None]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[int, bytes]]).decode


class LinkOwner(Protocol):
    """The owner of links, called in the event loop. It raises MsgspecError for invalid input."""

    def opened(self, link: Link) -> None:
        """The other side has proved that it knows the secret."""

    def asked(self, body: bytes, answer: Answered) -> None:
        """A request. Call `answer` once, with `b""` if there is no answer."""

    def noted(self, link: Link, body: bytes) -> None:
        """A message from the other side that expects no answer."""

    def closed(self, link: Link) -> None:
        """The link is gone, whether or not it was open."""


class Link(asyncio.Protocol):
    """One connection; `address` is the dialed address, empty on the side that was called."""

    def __init__(self, owner: LinkOwner, secret: bytes, address: str = "") -> None:
        self.address = address
        self.is_open = False
        self.is_gone = False
        self.was_slow = False
        self._owner = owner
        self._secret = secret
        self._loop = asyncio.get_running_loop()
        self._has_begun = False
        self._transport: asyncio.Transport
        self._greeting: asyncio.TimerHandle
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        self._hello = b""
        self._seals: tuple[Seal, Seal] | None = None
        self._gathered: list[tuple[int, bytes]] = []
        self._size = 0
        self._number = _NOTE
        self._waiting: dict[int, tuple[float, Answered]] = {}
        self._look: asyncio.TimerHandle | None = None

    # --- sending ---------------------------------------------------------------------------------

    def ask(self, body: bytes, answered: Answered) -> bool:
        """Send a request; False if that is impossible now, and `answered` is not called."""
        if not self.is_open or len(body) > LONGEST_BYTES or len(self._waiting) >= MOST_WAITING:
            return False
        if self._transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
            return False
        self._number += 1
        due = self._loop.time() + ANSWER_SECONDS
        self._waiting[self._number] = due, answered
        if self._look is None:
            self._look = self._loop.call_at(due, self._look_if_slow)
        self._queue(self._number, body)
        return True

    def note(self, body: bytes) -> None:
        """Send a message of at most LONGEST_BYTES that expects no answer."""
        self._queue(_NOTE, body)

    def close(self) -> None:
        """Close now; every waiting request gets `b""`."""
        if self._has_begun:
            self._transport.abort()
        self._drop_all()

    def _queue(self, number: int, body: bytes) -> None:
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append((number, body))
        self._size += len(body)
        if self._size > _FULL:
            self._flush()

    def _flush(self) -> None:
        gathered, self._gathered, self._size = self._gathered, [], 0
        if gathered and self._seals and not self.is_gone:
            self._transport.write(self._seals[0].frame(_encode(gathered)))

    def _look_if_slow(self) -> None:
        self._look = None
        due = next((due for due, _ in self._waiting.values()), None)
        if due is None:
            return
        if due <= self._loop.time():
            log.warning("replica.too_slow", address=self.address, waiting=len(self._waiting))
            self.was_slow = True
            self.close()
        else:
            self._look = self._loop.call_at(due, self._look_if_slow)

    # --- receiving -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send our nonce; both sides begin with one."""
        self._transport = cast(asyncio.Transport, transport)
        if self.is_gone:
            self._transport.abort()
            return
        self._has_begun = True
        self._transport.write(self._nonce)
        self._greeting = self._loop.call_later(GREETING_SECONDS, self.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._drop_all()

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived: handle the frames that are complete."""
        if self._seals is None:
            self._hello += data
            if len(self._hello) < NONCE_BYTES:
                return
            data = self._hello[NONCE_BYTES:]
            self._seals = self._seal_both(self._hello[:NONCE_BYTES])
        try:
            for body in self._seals[1].bodies(data):
                self._handle(body)
        except (NotSealed, msgspec.MsgspecError) as error:
            log.warning("replica.refused", address=self.address, reason=str(error))
            self.close()

    def _seal_both(self, theirs: bytes) -> tuple[Seal, Seal]:
        """Seal both directions from now on; our empty frame proves that we know the secret."""
        dials = bool(self.address)
        nonces = self._nonce + theirs if dials else theirs + self._nonce
        dialer, called = (Seal(self._secret, side, nonces) for side in (b"dialer", b"called"))
        sealer, opener = (dialer, called) if dials else (called, dialer)
        self._transport.write(sealer.frame(b""))
        return sealer, opener

    def _handle(self, body: bytes) -> None:
        if self.is_gone:
            return
        if not self.is_open:
            self.is_open = True
            self._greeting.cancel()
            self._owner.opened(self)
            return
        for number, message in _decode(body):
            try:
                self._dispatch(number, message)
            except msgspec.MsgspecError:
                raise
            except Exception as bug:  # the frame's other messages concern other agents
                log.error("replica.not_heard", address=self.address, exc_info=bug)
                if number != _NOTE and not self.address:
                    self._queue(number, b"")

    def _dispatch(self, number: int, body: bytes) -> None:
        if number == _NOTE:
            self._owner.noted(self, body)
        elif not self.address:
            self._owner.asked(body, self._answer_to(number))
        elif waiting := self._waiting.pop(number, None):
            waiting[1](body)

    def _answer_to(self, number: int) -> Answered:
        return lambda answer: self._queue(number, answer)

    def _drop_all(self) -> None:
        if self.is_gone:
            return
        if self._has_begun:
            self._greeting.cancel()
        if self._look is not None:
            self._look.cancel()
        waiting, self._waiting = self._waiting, {}
        self._owner.closed(self)
        self.is_open, self.is_gone = False, True
        for _, answered in waiting.values():
            # Separate calls: an exception in one must not leave the next request waiting.
            self._loop.call_soon(answered, b"")
