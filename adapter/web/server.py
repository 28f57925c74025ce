"""All routes of the adapter, on one page."""

from __future__ import annotations

from aiohttp import web

from adapter.web.bridge import Bridge
from adapter.web.login import Login
from adapter.web.middleware import add_headers, last_resort
from adapter.web.pages import Site
from adapter.web.status import Status
from adapter.web.webhooks import MAX_BODY_BYTES, Webhooks


def make_server(
    *, site: Site, login: Login, bridge: Bridge, webhooks: Webhooks | None, status: Status
) -> web.Application:
    """The application; `webhooks` is None while no provider is configured."""
    server = web.Application(middlewares=[last_resort], client_max_size=MAX_BODY_BYTES)
    server.on_response_prepare.append(add_headers)
    server.add_routes(
        [
            web.get("/softphone", site.page),
            web.get("/softphone/{name:.+}", site.file),
            web.get("/standby", site.standby),
            web.get("/api/page-settings", site.settings),
            web.post("/api/ws-ticket", login.ticket),
            web.post("/auth/dev", login.dev),
            web.post("/auth/sign-out", login.sign_out),
            web.get("/ws", bridge.connect),
            web.get("/healthz", status.healthz),
            web.get("/readyz", status.readyz),
        ]
    )
    if webhooks is not None:
        server.router.add_post("/webhooks/dialstack", webhooks.receive)
    return server
