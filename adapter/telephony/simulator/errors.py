"""The simulated API's refusals, and what all of its responses have in common."""

import json
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Any

from aiohttp import web

from adapter.telephony.simulator.state import STATE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ENTRY = web.RequestKey("simulator-post", dict)
"""The request's entry in the history, which its handler completes."""


class ApiError(Exception):
    """A refusal with its status and text."""

    def __init__(self, status: int, text: str, *, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.retry_after = retry_after

    def response(self) -> web.Response:
        """The response, in the first of the documented shapes."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return web.json_response({"error": self.text}, status=self.status, headers=headers)


@web.middleware
async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Number the request, record POSTs, check the key, and turn refusals into JSON."""
    state = request.app[STATE]
    request_id = f"req_{state.config.new_id()}"
    entry = {"at": state.config.now(), "path": request.path, "request_id": request_id}
    request[ENTRY] = entry
    if request.method == "POST" and _is_api(request.path):
        state.posts.append(entry)
    try:
        _check_key(request)
        response = await handler(request)
    except ApiError as error:
        response = error.response()
    except web.HTTPNotFound:
        response = ApiError(404, "Not found").response()
    except web.HTTPMethodNotAllowed:
        response = ApiError(405, "Method not allowed").response()
    entry["status"] = response.status
    response.headers["X-Request-Id"] = request_id
    return response


def _is_api(path: str) -> bool:
    """Whether this is a request of the product, rather than of a test or the control page."""
    return path.startswith("/v1/") and not path.startswith("/v1/test_helpers/")


def _check_key(request: web.Request) -> None:
    """Require key and account below `/v1`; the control page needs none."""
    if not request.path.startswith("/v1/"):
        return
    config = request.app[STATE].config
    header = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    if not compare_digest(header, f"Bearer {config.token}".encode()):
        raise ApiError(401, "Unauthorized")
    account = request.headers.get("DialStack-Account")
    if not account:
        raise ApiError(400, "DialStack-Account header is required")
    if account != config.account:
        raise ApiError(404, "Account not found")


async def json_object(request: web.Request) -> dict[str, Any]:
    """Read the body. Raises `ApiError` if it is not a JSON object."""
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        raise ApiError(400, "Invalid JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "Invalid JSON")
    return body
