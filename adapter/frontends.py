"""Builds the server with every route's handler, and the tasks that look after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from aiohttp import web

from adapter.assets import folder
from adapter.core.model import AgentKey
from adapter.drivers import missing
from adapter.fanout.port import Topic
from adapter.orgs import Org
from adapter.page.pages import Pages
from adapter.page.port import SalesforceOrg
from adapter.page.reconciler import VersionReconciler
from adapter.runtime.agents import Agents
from adapter.runtime.board import Board
from adapter.runtime.colleagues import Colleagues
from adapter.runtime.forwarding import Forwarding
from adapter.runtime.intake import Intake
from adapter.runtime.orgrate import OrgRate
from adapter.runtime.sweeper import Sweeper
from adapter.runtime.tasks import Tasks
from adapter.settings import Settings
from adapter.telephony.port import WebhookDriver
from adapter.tenants import Tenants
from adapter.web.board.feed import BoardFeeds
from adapter.web.board.live import BoardLive
from adapter.web.board.page import BoardSite, day_of
from adapter.web.desk import Desk
from adapter.web.history import History
from adapter.web.http.connections import Limits
from adapter.web.http.fastpath import WebhookFastPaths
from adapter.web.http.status import Status
from adapter.web.http.throttle import Throttle
from adapter.web.metrics import MetricsSite
from adapter.web.pages.connector import ConnectorSite
from adapter.web.pages.site import Site
from adapter.web.pages.startupfailures import StartupFailures
from adapter.web.phones.lines import PhoneLines
from adapter.web.phones.sip import SipProxy
from adapter.web.server import Handlers, make_server, webhook_paths
from adapter.web.sessionmonitor import Holder, SessionMonitor
from adapter.web.signin.devlogin import DevLogin
from adapter.web.signin.login import Login
from adapter.web.signin.onetimetokens import OneTimeTokens
from adapter.web.signin.salesforcelogin import SalesforceLogin
from adapter.web.signin.salesforceuser import SalesforceUserCheck
from adapter.web.signin.sessions import Sessions
from adapter.web.sockets.bridge import Bridge
from adapter.web.sockets.clicks import Clicks
from adapter.web.sockets.framehandler import FrameHandler
from adapter.web.sockets.heartbeat import Heartbeat
from adapter.web.sockets.reception import Reception
from adapter.web.sockets.socketdoor import SocketDoor
from adapter.web.webhooks import Webhooks
from adapter.wiring import Edges, Runtime

log = structlog.get_logger(__name__)

FAILURES_PER_MINUTE = 30
"""Wrong codes from one address, in a minute."""

SIGN_INS_UNDER_WAY = 300
"""Sign-ins that an address may begin in a minute. Completed ones do not count, because a whole
office may share an address and sign in at nine."""

TICKETS_PER_MINUTE = 120
"""Of one agent: every tab's sockets need one each, all at once after a deploy."""

QUESTIONS_PER_MINUTE = 300
"""Of one agent: requests about numbers while typing, and about past calls."""

BOARDS_PER_MINUTE = 30
"""Of one agent: reports, exports and connections of boards, after a deploy all at once."""

OTHER_CONNECTIONS = 500
"""Connections that an address may have in addition to its softphones."""

UNSIGNED_PER_MINUTE = 60
"""Webhooks without a valid signature from one address; the provider sends none."""


@dataclass(slots=True)
class App:
    """A running adapter's server and the parts that app needs of it."""

    settings: Settings
    server: web.Application
    agents: Agents
    pages: Pages
    sweeper: Sweeper
    compare: VersionReconciler
    status: Status
    bridge: Bridge
    sip: SipProxy
    boards: BoardFeeds
    watch: SessionMonitor
    tasks: Tasks
    board: Board
    tenants: Tenants[SalesforceOrg]


def make_app(edges: Edges, runtime: Runtime) -> App:
    """Build the server with every route's handler, and the check of its sign-ins."""
    settings, clock = edges.settings, edges.clock
    boards = BoardFeeds(runtime.board.report, edges.tasks)
    phones = PhoneLines(edges.hints)
    holders = (runtime.pages, boards, phones)
    sessions = _sessions(edges, holders)
    handlers = _handlers(edges, runtime, boards, phones, sessions)
    webhooks = webhook_paths(_webhooks(edges, runtime.forwarding or runtime.intake))
    endpoints = {path.encode(): endpoint.begin for path, endpoint in webhooks.items()}
    fast_paths = WebhookFastPaths(endpoints, clock=clock, status=handlers.status)
    limits = Limits(settings.sockets_per_address + OTHER_CONNECTIONS, edges.proxies)
    watch = SessionMonitor(holders, sessions, edges.tasks)
    edges.hints.listen(watch.hinted, Topic.SIGNED_OUT)
    return App(
        settings=settings,
        server=make_server(handlers, webhooks, fast_paths, limits),
        agents=runtime.agents,
        pages=runtime.pages,
        sweeper=runtime.sweeper,
        compare=runtime.compare,
        status=handlers.status,
        bridge=handlers.bridge,
        sip=handlers.sip,
        boards=boards,
        watch=watch,
        tasks=edges.tasks,
        board=runtime.board,
        tenants=edges.tenants,
    )


def _handlers(
    edges: Edges, runtime: Runtime, boards: BoardFeeds, phones: PhoneLines, sessions: Sessions
) -> Handlers:
    settings, clock, agents = edges.settings, edges.clock, runtime.agents
    login = Login(
        sessions,
        edges.orgs,
        settings.public_origin,
        tickets=Throttle(TICKETS_PER_MINUTE, clock),
        questions=Throttle(QUESTIONS_PER_MINUTE, clock),
    )
    blocked = StartupFailures(login, edges.metrics, clock, edges.proxies)
    site = Site(
        settings,
        edges.orgs,
        has_replicas=edges.shared,
        may_talk=_talkers(edges),
        on_blocked=blocked.note,
    )
    status = Status(edges.store, edges.writable)
    heartbeat = Heartbeat(clock)
    board = BoardSite(
        runtime.board,
        sessions.of,
        settings.supervisors_or_everybody,
        edges.orgs,
        Throttle(BOARDS_PER_MINUTE, clock),
    )
    return Handlers(
        site=site,
        connector=ConnectorSite(settings, edges.orgs, folder("web"), site.build),
        login=login,
        sign_in=_sign_in(edges, login),
        bridge=_bridge(edges, runtime, sessions, site.build, heartbeat),
        sip=_sip(edges, runtime, phones, sessions, heartbeat),
        status=status,
        board=board,
        board_live=BoardLive(
            boards, board.supervisor, day_of, tasks=edges.tasks, own_origin=settings.public_origin
        ),
        history=History(login, edges.store, agents),
        desk=Desk(login, Colleagues(edges.store, edges.tenants), edges.tenants, agents.dial_rules),
        blocked=blocked,
        metrics=MetricsSite(
            edges.metrics,
            edges.store,
            agents,
            runtime.pages,
            runtime.compare,
            clock,
            [org.org_id for org in edges.orgs.all],
            status.store_trouble,
        ),
    )


def _talkers(edges: Edges) -> Callable[[Org | None], bool]:
    tenants = edges.tenants

    def may_talk(org: Org | None) -> bool:
        candidates = tenants.all if org is None else (tenants.of_org(org.org_id),)
        return any(tenant.capabilities.browser_phone for tenant in candidates if tenant)

    return may_talk


def _sip(
    edges: Edges, runtime: Runtime, phones: PhoneLines, sessions: Sessions, heartbeat: Heartbeat
) -> SipProxy:
    return SipProxy(
        lines=phones,
        quality=runtime.quality,
        sessions=sessions,
        tenants=edges.tenants,
        clock=edges.clock,
        tasks=edges.tasks,
        metrics=edges.metrics,
        door=_door(edges, "phones"),
        heartbeat=heartbeat,
    )


def _door(edges: Edges, clients: str) -> SocketDoor:
    settings = edges.settings
    most = settings.sockets_per_address
    return SocketDoor(clients, edges.clock, settings.public_origin, most, edges.proxies)


def _sessions(edges: Edges, holders: Sequence[Holder]) -> Sessions:
    def ended(session: str) -> None:
        for held in holders:
            held.sign_out(session)

    def all_ended(agent: AgentKey) -> None:
        for session in {session for held in holders for session in held.sign_ins(agent)}:
            ended(session)

    return Sessions(
        edges.store,
        edges.clock,
        ended,
        all_ended,
        lambda agent: edges.hints.publish(agent, topic=Topic.SIGNED_OUT),
        orgs=[org.org_id for org in edges.orgs.all],
    )


def _bridge(
    edges: Edges, runtime: Runtime, sessions: Sessions, build: str, heartbeat: Heartbeat
) -> Bridge:
    settings, clock, agents, pages = edges.settings, edges.clock, runtime.agents, runtime.pages
    limits_orgs = edges.shared and agents.policy.per_minute_org
    rate = OrgRate(clock, edges.hints if limits_orgs else None)
    apex_class = settings.read_back_class if settings.check_salesforce_user else ""
    same_user = SalesforceUserCheck(apex_class, agents, pages, sessions, clock)
    reception = Reception(
        agents=agents,
        pages=pages,
        sessions=sessions,
        directory=edges.tenants,
        same_user=same_user,
        clock=clock,
        build=build,
        metrics=edges.metrics,
    )
    clicks = Clicks(agents, rate, edges.metrics)
    return Bridge(
        reception=reception,
        frame_handler=FrameHandler(agents, pages, clicks, same_user, clock),
        clock=clock,
        tasks=edges.tasks,
        door=_door(edges, "softphones"),
        heartbeat=heartbeat,
    )


def _sign_in(edges: Edges, login: Login) -> DevLogin | SalesforceLogin:
    """The sign-in that is configured."""
    settings, orgs = edges.settings, edges.orgs.all
    if settings.sign_in == "dev":
        return DevLogin(login, orgs[0].org_id)
    return SalesforceLogin(
        login=login,
        orgs=edges.orgs,
        tenants=edges.tenants,
        once=OneTimeTokens(edges.store, edges.clock),
        clock=edges.clock,
        tries=Throttle(FAILURES_PER_MINUTE, edges.clock),
        flows=Throttle(SIGN_INS_UNDER_WAY, edges.clock),
        proxies=edges.proxies,
    )


def _webhooks(edges: Edges, intake: Intake | Forwarding) -> dict[tuple[str, str], Webhooks]:
    """One endpoint per account with webhooks, by its provider's path and its name."""
    configured = [
        tenant.telephony for tenant in edges.tenants.all if tenant.telephony.is_configured
    ]
    for org in (t.org for t in edges.tenants.all if not t.telephony.is_configured):
        kind = org.telephony.kind
        log.warning("provider.not_configured", org=org.org_id, kind=kind, missing=missing(org))
    drivers = {telephony.account: telephony.driver for telephony in configured}
    return {
        (driver.path, account): Webhooks(
            driver=driver,
            metrics=edges.metrics,
            intake=intake,
            clock=edges.clock,
            strangers=Throttle(UNSIGNED_PER_MINUTE, edges.clock),
            proxies=edges.proxies,
            public_url=edges.settings.public_url,
        )
        for account, driver in drivers.items()
        if isinstance(driver, WebhookDriver)
    }
