"""Connections between replicas: who dialed asks, who was called answers, in sealed frames.

What is said within one round of the event loop goes in one frame. Law of this file: whoever asked
hears exactly once: the answer, or nothing (`b""`) when the link is gone or the other side too slow.
A link whose other side was too slow once is closed.
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
"""So long a stranger may take to prove that it knows the secret."""

ANSWER_SECONDS = 1.0
"""So long a replica may take to answer, its commit included."""

MOST_WAITING = 2_000
"""So many questions may wait for one replica's answers."""

MOST_UNREAD_BYTES = MOST_BYTES
"""Of what was said and not read yet; beyond, nothing is asked."""

LONGEST_BYTES = 128 * 1024
"""Of a question; a webhook has 64 KiB at most."""

_FULL = MOST_BYTES // 2
_NOTE = 0
"""The number of what is told without a question."""

Answered: TypeAlias = Callable[[bytes], None]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[int, bytes]]).decode


class LinkOwner(Protocol):
    """Who has links; called in the event loop. What comes may be rubbish: raise MsgspecError."""

    def opened(self, link: Link) -> None:
        """The other side has proved that it knows the secret."""

    def asked(self, body: bytes, answer: Answered) -> None:
        """A question; to be answered once, with nothing (`b""`) by who has no answer."""

    def noted(self, link: Link, body: bytes) -> None:
        """The other side tells something."""

    def closed(self, link: Link) -> None:
        """It is gone, whether it was open or not."""


class Link(asyncio.Protocol):
    """One connection; `address` is what was dialed, empty on the side that was called."""

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

    # --- saying ----------------------------------------------------------------------------------

    def ask(self, body: bytes, answered: Answered) -> bool:
        """Have the other side answer; False where it cannot be asked now."""
        if not self.is_open or len(body) > LONGEST_BYTES or len(self._waiting) >= MOST_WAITING:
            return False
        if self._transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
            return False
        self._number += 1
        due = self._loop.time() + ANSWER_SECONDS
        self._waiting[self._number] = due, answered
        if self._look is None:
            self._look = self._loop.call_at(due, self._look_if_slow)
        self._say(self._number, body)
        return True

    def note(self, body: bytes) -> None:
        """Tell the other side something, of at most LONGEST_BYTES."""
        self._say(_NOTE, body)

    def close(self) -> None:
        """Hang up now; who waits for answers hears that there are none."""
        if self._has_begun:
            self._transport.abort()
        self._gone()

    def _say(self, number: int, body: bytes) -> None:
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

    # --- hearing ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Both say their random bytes first."""
        self._transport = cast(asyncio.Transport, transport)
        if self.is_gone:
            self._transport.abort()
            return
        self._has_begun = True
        self._transport.write(self._nonce)
        self._greeting = self._loop.call_later(GREETING_SECONDS, self.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._gone()

    def data_received(self, data: bytes) -> None:
        """A piece."""
        if self._seals is None:
            self._hello += data
            if len(self._hello) < NONCE_BYTES:
                return
            data = self._hello[NONCE_BYTES:]
            self._seals = self._greet(self._hello[:NONCE_BYTES])
        try:
            for body in self._seals[1].bodies(data):
                self._heard(body)
        except (NotSealed, msgspec.MsgspecError) as error:
            log.warning("replica.refused", address=self.address, reason=str(error))
            self.close()

    def _greet(self, theirs: bytes) -> tuple[Seal, Seal]:
        """What we say and what we hear is sealed from now on; an empty frame of ours proves it."""
        dials = bool(self.address)
        nonces = self._nonce + theirs if dials else theirs + self._nonce
        dialer, called = (Seal(self._secret, side, nonces) for side in (b"dialer", b"called"))
        says, hears = (dialer, called) if dials else (called, dialer)
        self._transport.write(says.frame(b""))
        return says, hears

    def _heard(self, body: bytes) -> None:
        if self.is_gone:
            return
        if not self.is_open:
            self.is_open = True
            self._greeting.cancel()
            self._owner.opened(self)
            return
        for number, said in _decode(body):
            try:
                self._take(number, said)
            except msgspec.MsgspecError:
                raise
            except Exception as bug:  # what was said with it is other agents'
                log.error("replica.not_heard", address=self.address, exc_info=bug)
                if number != _NOTE and not self.address:
                    self._say(number, b"")

    def _take(self, number: int, said: bytes) -> None:
        if number == _NOTE:
            self._owner.noted(self, said)
        elif not self.address:
            self._owner.asked(said, self._answer_to(number))
        elif waiting := self._waiting.pop(number, None):
            waiting[1](said)

    def _answer_to(self, number: int) -> Answered:
        return lambda answer: self._say(number, answer)

    def _gone(self) -> None:
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
            # Each in a call of its own: what fails for one must not leave the next one waiting.
            self._loop.call_soon(answered, b"")
