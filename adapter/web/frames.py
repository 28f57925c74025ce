"""Frames of a WebSocket, counted as their bytes come in. Pure.

Law of this file: every frame counts, whatever it is: text, a fragment, a ping, an empty one. Only
headers are looked at (https://datatracker.ietf.org/doc/html/rfc6455#section-5.2).
"""

from __future__ import annotations

_LENGTH_BYTES = {126: 2, 127: 8}
"""A length of seven bits, or one of these and the length in so many bytes behind it."""

_MASK_BYTES = 4


class FrameCounter:
    """Counts one connection's frames; what is cut between two pieces is counted once."""

    __slots__ = ("_header", "_payload_left")

    def __init__(self) -> None:
        self._header = b""
        self._payload_left = 0

    def count(self, piece: bytes, most: int) -> int:
        """How many frames' headers end in this piece.

        Whoever sends more than `most` is not worth counting to the end: then it is `most + 1`.
        """
        begin = min(self._payload_left, len(piece))
        self._payload_left -= begin
        frames = 0
        while begin < len(piece) and frames <= most:
            begin = self._skip_frame(piece, begin)
            frames += not self._header
        return frames

    def _skip_frame(self, piece: bytes, begin: int) -> int:
        """Read on from there to the end of a frame or of the piece; a header that is cut waits."""
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
    """Of the header and of the payload; of this only once the header is whole."""
    if len(head) < 2:
        return 2, 0
    length = head[1] & 0x7F
    extended = _LENGTH_BYTES.get(length, 0)
    header = 2 + extended + (_MASK_BYTES if head[1] & 0x80 else 0)
    return header, int.from_bytes(head[2 : 2 + extended], "big") if extended else length
