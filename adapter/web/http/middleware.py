"""The headers of all answers, error answers, and checks of requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from adapter.storage.port import StorageError

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
WITH_MICROPHONE = FEATURES.replace("microphone=()", "microphone=(self)")
"""Only for the panel, if its agents may have a phone in the browser."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": FEATURES,
    "Strict-Transport-Security": "max-age=31536000",
}


class Refused(Exception):
    """A refusal, raised at any depth; its answer is `failure` with the same arguments."""

    def __init__(self, status: int, code: str, text: str, **headers: str) -> None:
        super().__init__(text)
        self.answer = failure(status, code, text, **headers)


@web.middleware
async def last_resort(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer refusals; answer bugs with 500 and our own text, and log them in full."""
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
    """Add the security headers to every answer (a signal handler)."""
    response.headers.pop("Server", None)  # it names aiohttp's version and Python's
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def uncached(value: object) -> web.Response:
    """A JSON answer that must not be cached."""
    return web.json_response(value, headers={"Cache-Control": "no-store"})


def failure(status: int, code: str, text: str, **headers: str) -> web.Response:
    """An error as JSON: a stable code, and a sentence with advice."""
    body = {"error": {"code": code, "message": text}}
    return web.json_response(body, status=status, headers=headers)


def foreign_origin() -> web.Response:
    """The answer to another origin's page that opens a socket."""
    text = "WebSocket connections are accepted only from the softphone's own origin."
    return failure(403, "foreign-origin", text)
