"""Reads whole request bodies, limited in size and time, before any handler runs."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapter.web.http.middleware import Handler, failure

MAX_BODY_BYTES = 64 * 1024
READ_SECONDS = 5.0


@web.middleware
async def bodies_in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the body for routes that take one; other bodies are not read."""
    if request.method == "POST" and request.match_info.http_exception is None:
        body = await read_body(request, READ_SECONDS)
        if isinstance(body, web.Response):
            return body
    return await handler(request)


async def read_body(request: web.Request, seconds: float) -> bytes | web.Response:
    """The body, limited in time and size; aiohttp itself would wait forever."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return failure(413, "too-big", f"The body may have at most {MAX_BODY_BYTES} bytes.")
    try:
        if request.content.is_eof():  # It arrived with its headers, as nearly all do.
            return await request.read()
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        return failure(408, "too-slow", f"The body must arrive within {seconds:g} seconds.")
    except web.RequestPayloadError:
        return failure(400, "broken-body", "The body does not match its headers.")
    except web.HTTPRequestEntityTooLarge:
        return failure(413, "too-big", f"The body may have at most {MAX_BODY_BYTES} bytes.")
