"""Serves the demo org: a stand-in for Salesforce, on another site than the softphone.

For demonstrations and tests only; nothing in production imports it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

from adapter.assets import folder
from adapter.hosts import only_asked_as
from adapter.web.http.middleware import Handler
from adapter.web.pages.site import WEB

ROOT = WEB / "demo"
HOST = "host/force-app/main/default/lwc/softphoneHost"
"""Our own Lightning host in `salesforce/`; its plain modules run here without a compiler."""


def make_demo_org(
    softphone_url: str,
    agent: str,
    *,
    names: Iterable[str] = (),
    components: Path | None = None,
) -> web.Application:
    """The demo org for the softphone at a URL; `agent` is signed in automatically.

    It answers under IP addresses, this machine's names, and `names`. `components`: our Lightning
    components, compiled.
    """
    config = {"softphone_url": softphone_url, "agent": agent}
    if components is not None:
        config["components"] = f"/components/{components.name}"

    async def index(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(ROOT / "index.html")

    async def classic(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(ROOT / "classic" / "index.html")

    async def settings(_request: web.Request) -> web.Response:
        return web.json_response(config)

    server = web.Application(middlewares=[only_asked_as(names), _uncached])
    server.router.add_get("/", index)
    server.router.add_get("/classic/", classic)
    server.router.add_get("/lwc/", index)
    server.router.add_get("/demo-config.json", settings)
    server.router.add_static("/softphoneHost/", folder("salesforce") / HOST)
    if components is not None:
        server.router.add_static("/components/", components.parent)
    server.router.add_static("/", ROOT)
    return server


@web.middleware
async def _uncached(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    response.headers["Cache-Control"] = "no-store"
    return response
