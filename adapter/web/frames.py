"""Counts a WebSocket's frames from their bytes. Pure.

Law of this file: every frame counts: text, fragments, pings, empty ones. Only headers are parsed
(https://datatracker.ietf.org/doc/html/rfc6455#section-5.2).
"""

from __future__ import annotations

_LENGTH_BYTES = {126: 2, 127: 8}
"""By seven-bit length: the bytes of the real length that follows; other values are the length."""

_MASK_BYTES = 4


class FrameCounter:
    """Counts one connection's frames; one that spans several pieces counts once."""

    __slots__ = ("_header", "_payload_left")

    def __init__(self) -> None:
        self._header = b""
        self._payload_left = 0

    def count(self, piece: bytes, most: int) -> int:
        """The number of frames whose headers end in this piece.

        Counting stops at `most + 1`.
        """
        begin = min(self._payload_left, len(piece))
        self._payload_left -= begin
        frames = 0
        while begin < len(piece) and frames <= most:
            begin = self._skip_frame(piece, begin)
            frames += not self._header
        return frames

    def _skip_frame(self, piece: bytes, begin: int) -> int:
        """Advance to the end of the frame or piece; an incomplete header is kept for the next."""
        head = self._header + piece[begin : begin + 14 - len(self._header)]
        size, payload = _sizes(head)
        if len(head) < size:
            self._header = head
            return len(piece)
        begin += size - len(self._header)
        self._header = b""
        within = min(payload, len(piece) - begin)
        self._payload_left = payload - within
        return begin + within


def _sizes(head: bytes) -> tuple[int, int]:
    """The header's and payload's lengths; the latter is known once the header is complete."""
    if len(head) < 2:
        return 2, 0
    length = head[1] & 0x7F
    extended = _LENGTH_BYTES.get(length, 0)
    header = 2 + extended + (_MASK_BYTES if head[1] & 0x80 else 0)
    return header, int.from_bytes(head[2 : 2 + extended], "big") if extended else length
