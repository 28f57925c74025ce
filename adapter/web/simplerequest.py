"""One whole, plain request out of one piece of bytes, or nothing. Pure; parsed by httptools.

Law of this file: nothing doubtful passes. What is in pieces, comes with others, names a header
twice or changes how a body is read is not plain: aiohttp reads it, and refuses what is wrong.
"""

from __future__ import annotations

import httptools

SIMPLE_REQUEST_BYTES = 16 * 1024
"""A longer piece is nobody's usual delivery; aiohttp counts its headers and its body."""

_ODD = frozenset({"transfer-encoding", "content-encoding", "expect", "upgrade"})


class SimpleRequest:
    """A request, as httptools tells of it: first a half, then a whole one.

    `headers` by their names in lower case.
    """

    __slots__ = ("begun", "body", "ended", "headers", "is_plain", "target")

    def __init__(self) -> None:
        self.target = b""
        self.body = b""
        self.headers: dict[str, str] = {}
        self.begun = self.ended = 0
        self.is_plain = True

    def on_message_begin(self) -> None:
        """A request begins."""
        self.begun += 1

    def on_url(self, target: bytes) -> None:
        """The first line's middle; a long one may come in parts."""
        self.target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        known = name.decode("latin-1").lower()
        if known in self.headers or known in _ODD:
            self.is_plain = False
        elif known == "connection":
            self.is_plain &= value.lower() == b"keep-alive"
        self.headers[known] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        """A part of the body; of what came in one piece it is all."""
        self.body += part

    def on_message_complete(self) -> None:
        """A request has ended."""
        self.ended += 1


def parse_simple_request(piece: bytes) -> SimpleRequest | None:
    """The POST that the piece is, from its first byte to its last, on a connection to be kept."""
    if len(piece) > SIMPLE_REQUEST_BYTES or not piece.startswith(b"POST "):
        return None
    whole = SimpleRequest()
    parser = httptools.HttpRequestParser(whole)
    try:
        parser.feed_data(piece)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    is_one = whole.begun == whole.ended == 1 and "host" in whole.headers
    return whole if is_one and whole.is_plain and parser.get_http_version() == "1.1" else None
