"""What every answer carries, and what becomes of an error that nobody expected."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web

from adapter.app import listening
from adapter.storage.port import StorageError
from adapter.web.http.middleware import HEADERS, add_headers, last_resort


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A server with handlers that fail, each in its own way."""

    async def bug(_request: web.Request) -> web.Response:
        raise RuntimeError("secret detail")

    async def full(_request: web.Request) -> web.Response:
        raise StorageError("secret disk")

    server = web.Application(middlewares=[last_resort])
    server.on_response_prepare.append(add_headers)
    server.router.add_get("/bug", bug)
    server.router.add_get("/full", full)
    async with listening(server, "127.0.0.1", 0) as port, httpx.AsyncClient(trust_env=False) as it:
        it.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        yield it


@pytest.mark.parametrize(
    ("path", "status", "code"), [("/bug", 500, "internal"), ("/full", 503, "not-stored")]
)
async def test_an_internal_error_is_reported_without_details(
    http: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    """A stable code and a sentence; what went wrong is for the log only."""
    answer = await http.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/bug", "/full", "/nothing"])
async def test_every_answer_carries_the_security_headers(
    http: httpx.AsyncClient, path: str
) -> None:
    """Errors too, aiohttp's own among them. None names our versions, which scanners look up."""
    answer = await http.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "Server" not in answer.headers
