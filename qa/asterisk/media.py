"""The audio of one call at a phone: sends an RTP packet every 20 ms, and counts received ones.

RTP is RFC 3550 (https://www.rfc-editor.org/rfc/rfc3550), digits are RFC 4733.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import struct
from collections import deque

DIGITS = "0123456789*#ABCD"
DIGIT_TYPE = 101
PACKET_SECONDS = 0.02
SILENCE = b"\xff" * 160
"""Twenty milliseconds of silence in mu-law."""

HEARD_PACKETS = 100
"""How many received packets are kept: two seconds' worth."""


class Media(asyncio.DatagramProtocol):
    """One RTP stream each way."""

    def __init__(self) -> None:
        self.sent = self.received = 0
        self.digits: list[str] = []
        self.talking = True
        self.voice = SILENCE
        self.heard: deque[bytes] = deque(maxlen=HEARD_PACKETS)
        self.longest_pause = 0.0
        self._last_at = 0.0
        self._last_digit = -1
        self._peer: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._source = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._time = secrets.randbits(31)
        self._sending: asyncio.Task[None] | None = None

    async def open(self) -> int:
        """Listen on loopback and return the port."""
        loop = asyncio.get_running_loop()
        place = ("127.0.0.1", 0)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=place)
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Count a packet. All packets of a digit share the timestamp of its press."""
        if len(data) < 12:
            return
        self.received += 1
        now = asyncio.get_running_loop().time()
        if self._last_at:
            self.longest_pause = max(self.longest_pause, now - self._last_at)
        self._last_at = now
        kind, (stamp,) = data[1] & 0x7F, struct.unpack_from("!I", data, 4)
        if kind == DIGIT_TYPE and stamp != self._last_digit:
            self._last_digit = stamp
            self.digits.append(DIGITS[data[12]])
        elif kind == 0:
            self.heard.append(data[12:])

    def send_to(self, host: str, port: int) -> None:
        """Send audio there from now on."""
        self._peer = (host, port)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self.talking:
                self._packet(0, self.voice)
                self.sent += 1
            due += PACKET_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def press(self, digit: str) -> None:
        """Send one digit as a keypad does: eight packets, the last three of which mark its end."""
        self.talking, start = False, self._time
        for packet in range(8):
            volume = 0x8A if packet > 4 else 0x0A
            length = 160 * (packet + 1)
            self._packet(
                DIGIT_TYPE, struct.pack("!BBH", DIGITS.index(digit), volume, length), start
            )
            await asyncio.sleep(PACKET_SECONDS)
        self.talking = True

    def _packet(self, kind: int, payload: bytes, stamp: int | None = None) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._time = (self._time + 160) & 0xFFFFFFFF
        at = self._time if stamp is None else stamp
        head = struct.pack("!BBHII", 0x80, kind, self._sequence, at, self._source)
        there = self._transport
        if there is not None and not there.is_closing() and self._peer is not None:
            there.sendto(head + payload, self._peer)

    async def close(self) -> None:
        """Stop and close the port."""
        sending, self._sending = self._sending, None
        if sending is not None:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
        if self._transport is not None:
            self._transport.close()
