"""Reads one plain, whole request from one piece of bytes, with httptools. Pure.

Law of this file: nothing doubtful passes. A request in pieces, with others, with a repeated header
or with a transfer coding is not plain; aiohttp reads it and refuses what is wrong.
"""

from __future__ import annotations

import httptools

SIMPLE_REQUEST_BYTES = 16 * 1024
"""Longer pieces are unusual; aiohttp limits their headers and bodies."""

MOST_HEADERS = 64
LONGEST_VALUE = 4 * 1024
"""More headers and longer ones are unusual, too, and less than aiohttp accepts."""

_ODD = frozenset({"transfer-encoding", "content-encoding", "expect", "upgrade"})


class SimpleRequest:
    """A request, as it is filled by httptools.

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
        """Take a part of the request target."""
        self.target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        known = name.decode("latin-1").lower()
        is_big = len(value) > LONGEST_VALUE or len(self.headers) >= MOST_HEADERS
        if is_big or known in self.headers or known in _ODD:
            self.is_plain = False
        elif known == "connection":
            self.is_plain &= value.lower() == b"keep-alive"
        self.headers[known] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        """Take the body, which is whole if the request came in one piece."""
        self.body += part

    def on_message_complete(self) -> None:
        """A request has ended."""
        self.ended += 1


def parse_simple_request(piece: bytes) -> SimpleRequest | None:
    """The POST that is exactly this piece, on a kept connection; None for anything else."""
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
