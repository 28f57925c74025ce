"""What every answer of ours carries, and what no request of a stranger may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from adapter.storage.port import StorageError

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
WITH_MICROPHONE = FEATURES.replace("microphone=()", "microphone=(self)")
"""For the panel alone, and only where its agents may have a phone in the browser."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": FEATURES,
    "Strict-Transport-Security": "max-age=31536000",
}


class Refused(Exception):
    """Raised from however deep, a request's answer: what `failure` makes of the same words."""

    def __init__(self, status: int, code: str, text: str, **headers: str) -> None:
        super().__init__(text)
        self.answer = failure(status, code, text, **headers)


@web.middleware
async def last_resort(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A refusal is answered; a bug of ours with 500 in our own words, and is logged whole."""
    try:
        return await handler(request)
    except (web.HTTPException, ConnectionResetError):
        raise
    except Refused as refused:
        return refused.answer
    except StorageError as error:
        log.error("request.not_stored", path=request.path, reason=str(error))
        text = "This could not be stored right now. Try again."
        return failure(503, "not-stored", text, **{"Retry-After": "5"})
    except Exception:
        log.exception("request.failed", path=request.path, method=request.method)
        return failure(500, "internal", "Something went wrong. The error has been logged.")


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """The security headers, on whatever is answered (a signal handler)."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def uncached(value: object) -> web.Response:
    """An answer as JSON that is for this moment and for whoever asked alone."""
    return web.json_response(value, headers={"Cache-Control": "no-store"})


def failure(status: int, code: str, text: str, **headers: str) -> web.Response:
    """An error as JSON: a stable code, and a sentence that says what to do."""
    body = {"error": {"code": code, "message": text}}
    return web.json_response(body, status=status, headers=headers)


def foreign_origin() -> web.Response:
    """The answer to a socket that another origin's page opens."""
    text = "WebSocket connections are accepted only from the softphone's own origin."
    return failure(403, "foreign-origin", text)
