"""All routes of the adapter in one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from adapter.hosts import only_asked_as
from adapter.web.board.live import BoardLive
from adapter.web.board.page import BoardSite
from adapter.web.desk import Desk
from adapter.web.history import History
from adapter.web.http.bodies import MAX_BODY_BYTES, bodies_in_time
from adapter.web.http.connection import timed
from adapter.web.http.connections import Limits
from adapter.web.http.fastpath import WebhookFastPaths
from adapter.web.http.middleware import add_headers, last_resort
from adapter.web.http.status import Status
from adapter.web.metrics import MetricsSite
from adapter.web.pages.connector import ConnectorSite
from adapter.web.pages.site import Site
from adapter.web.pages.startupfailures import StartupFailures
from adapter.web.phones.sip import SipProxy
from adapter.web.signin.devlogin import DevLogin
from adapter.web.signin.login import Login
from adapter.web.signin.salesforcelogin import SalesforceLogin
from adapter.web.sockets.bridge import Bridge
from adapter.web.webhooks import Webhooks

FAST_PATHS = web.AppKey("webhook_fast_paths", WebhookFastPaths)
"""The fast path for deliveries, for the code that opens the listening socket."""

LIMITS = web.AppKey("connection_limits", Limits)
"""The limits of connections, for the same code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """The handlers of all routes."""

    site: Site
    connector: ConnectorSite
    login: Login
    sign_in: DevLogin | SalesforceLogin
    bridge: Bridge
    sip: SipProxy
    status: Status
    board: BoardSite
    board_live: BoardLive
    history: History
    desk: Desk
    blocked: StartupFailures
    metrics: MetricsSite

    def routes(self) -> list[web.RouteDef]:
        """The routes without the webhooks."""
        site, login, status = self.site, self.login, self.status
        return [
            web.get("/softphone", site.page),
            web.get("/softphone/{build:[0-9a-f]{12}}/{name:.+}", site.file),
            web.get("/softphone/{name:.+}", site.file),
            web.get("/standby", site.standby),
            web.get("/phone", site.window),
            web.get("/api/page-settings", site.settings),
            web.get("/openapi.json", site.openapi),
            web.post("/api/ws-ticket", login.ticket),
            web.post("/api/number", self.desk.number),
            web.post("/api/history", self.history.search),
            web.post("/api/colleagues", self.desk.colleagues),
            web.post("/api/note-templates", self.desk.note_templates),
            web.post("/api/blocked", self.blocked.report),
            *_sign_in(self.sign_in),
            web.post("/auth/sign-out", login.sign_out),
            web.get("/ws", self.bridge.connect),
            web.get("/sip", self.sip.connect),
            web.get("/api/board/live", self.board_live.connect),
            *self.board.routes(),
            *self.connector.routes(),
            web.get("/healthz", status.healthz),
            web.get("/readyz", status.readyz),
            web.get("/metrics", self.metrics.scrape),
        ]


def make_server(
    handlers: Handlers,
    webhooks: Mapping[str, Webhooks],
    fast_paths: WebhookFastPaths,
    limits: Limits,
) -> web.Application:
    """Make the application; `webhooks` by path, none without a configured provider."""
    # With the dev sign-in, a website must not act as our page by DNS rebinding.
    names = [only_asked_as(signed=webhooks)] if isinstance(handlers.sign_in, DevLogin) else []
    guards = [timed, *names, last_resort, bodies_in_time]
    server = web.Application(middlewares=guards, client_max_size=MAX_BODY_BYTES)
    server.on_response_prepare.append(add_headers)
    server.on_response_prepare.append(handlers.status.let_go)
    server.add_routes(handlers.routes())
    server.add_routes([web.post(path, endpoint.receive) for path, endpoint in webhooks.items()])
    server[FAST_PATHS] = fast_paths
    server[LIMITS] = limits
    return server


def webhook_paths(endpoints: Mapping[tuple[str, str], Webhooks]) -> dict[str, Webhooks]:
    """Each account's endpoint by path: its provider's path and its own name.

    A provider's only account also has the path without a name.
    """
    paths = {f"{path}/{quote(name, safe='')}": end for (path, name), end in endpoints.items()}
    often = Counter(path for path, _ in endpoints)
    return paths | {path: end for (path, _), end in endpoints.items() if often[path] == 1}


def _sign_in(sign_in: DevLogin | SalesforceLogin) -> list[web.RouteDef]:
    """The routes of the configured sign-in; the other's do not exist."""
    if isinstance(sign_in, DevLogin):
        return [web.post("/auth/dev", sign_in.sign_in)]
    return [
        web.get("/auth/start", sign_in.start),
        web.get("/auth/callback", sign_in.callback),
        web.post("/auth/redeem", sign_in.redeem),
    ]
