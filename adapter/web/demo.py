"""Serves the demo org: a stand-in for Salesforce, on another site than the softphone.

For demonstrations and tests only; nothing in production imports it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

from adapter.hosts import only_asked_as
from adapter.web.middleware import Handler
from adapter.web.pages import WEB


def make_demo_org(
    softphone_url: str, agent: str, root: Path = WEB / "demo", *, names: Iterable[str] = ()
) -> web.Application:
    """The demo org for a softphone at that address; `agent` signs in by itself.

    It answers under addresses of this machine, and `names`.
    """
    config = {"softphone_url": softphone_url, "agent": agent}

    async def index(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(root / "index.html")

    async def classic(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(root / "classic" / "index.html")

    async def settings(_request: web.Request) -> web.Response:
        return web.json_response(config)

    server = web.Application(middlewares=[only_asked_as(names), _uncached])
    server.router.add_get("/", index)
    server.router.add_get("/classic/", classic)
    server.router.add_get("/demo-config.json", settings)
    server.router.add_static("/", root)
    return server


@web.middleware
async def _uncached(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    response.headers["Cache-Control"] = "no-store"
    return response
