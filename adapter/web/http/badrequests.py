"""Answers what is not HTTP, or has too long a head, as all other refusals are answered.

aiohttp's own answer quotes the line that it could not read, which may be the one with the session's
cookie. A script could so read what HttpOnly keeps from it, with cookies of its own that make the
line too long (CVE-2012-0053 was such a page of another server).
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from adapter.web.http.middleware import HEADERS, failure


class RequestReader(RequestHandler):
    """aiohttp's reader of one connection's requests, with our answer to what it cannot read."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Log the error, and answer it without a word of the request."""
        super().handle_error(request, status, exc, message)  # raises if an answer has begun
        # Without a name of its own, aiohttp would name its version and Python's.
        headers = {**HEADERS, "Server": "softphone"}
        text = "This is no valid HTTP request, or its first line or a header is too long."
        answer = failure(status, "bad-request", text, **headers)
        answer.force_close()
        return answer
