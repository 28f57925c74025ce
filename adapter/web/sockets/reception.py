"""Turns a socket into a known page: hello with a ticket first, then views and saves.

Law of this file: only our own sign-in admits a page; what a page says about itself decides only
which surface it is.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from adapter.core.events import PageGreeted, SurfaceChosen
from adapter.core.model import TelephonyUser
from adapter.metrics import Metrics
from adapter.page import frames
from adapter.page.guests import route_of, surface_of
from adapter.page.messages import BadFrame, Hello, decode
from adapter.page.page import Page
from adapter.page.pages import Pages
from adapter.page.parts import JournalEntry
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.directory import DirectoryUnavailable
from adapter.storage.port import Session, StorageError
from adapter.tenants import Directory
from adapter.web.signin.salesforceuser import SalesforceUserCheck
from adapter.web.signin.sessions import Sessions
from adapter.web.sockets.outbox import Outbox
from adapter.web.sockets.socketdoor import first_text

log = structlog.get_logger(__name__)

NOT_TAKEN = (
    "journal-not-taken",
    "This tab cannot save calls to Salesforce right now: another tab saves them, or they wait. "
    "You can call as usual. Please tell your admin.",
)
LINE_SECONDS = 2.0
"""How long a page waits for the provider to name its line, if the agent had one."""

TRY_AGAIN, GONE, NO_HELLO, NOT_SIGNED_IN, FLOOD = 1013, 4001, 4002, 4003, 4009


@dataclass(eq=False, repr=False, kw_only=True)
class Reception:
    """Admits pages and sends their first messages."""

    agents: Agents
    pages: Pages
    sessions: Sessions
    directory: Directory
    same_user: SalesforceUserCheck
    clock: Clock
    build: str
    metrics: Metrics = field(default_factory=Metrics)

    async def greet(
        self, socket: web.WebSocketResponse, outbox: Outbox, seconds: float
    ) -> Page | None:
        """Authenticate a socket; returns its page, or None."""
        hello = await _read_hello(socket, seconds)
        if hello is None:
            outbox.close(NO_HELLO, "say hello first")
            return None
        session = await self.sessions.redeem(hello.ticket)
        if session is None:
            outbox.close(NOT_SIGNED_IN, "fetch a new ticket")
            return None
        if self.pages.is_full(session.agent, hello.page_id):
            text = "You have too many softphones open. Close some tabs, then reload this one."
            await socket.send_str(frames.error_frame("too-many-pages", text))
            outbox.close(FLOOD, "too many pages")
            return None
        page = await self.welcome(hello, session, outbox)
        if await self.sessions.keep(page.session) is None:
            # Signed out meanwhile: the sign-out could not yet close this page.
            outbox.close(NOT_SIGNED_IN, "signed out")
        return page

    async def welcome(self, hello: Hello, session: Session, outbox: Outbox) -> Page:
        """The page of a session; its journal is applied before saves are offered to it."""
        key, surface = session.agent, surface_of(hello)
        page = Page(
            page_id=hello.page_id,
            key=key,
            surface=surface.name,
            route=surface.route,
            send=outbox.send,
            close=outbox.close,
            journal_taken=False,
            user_known=False,
            visible=hello.visible,
            focused=hello.focused,
            active_at=self.clock.now(),
            session=session.token_hash,
            time_zone=hello.time_zone,
        )
        outbox.on_closing = lambda: self.pages.remove(page)
        self.agents.forget(key)
        line = await self._line_of(session)
        await self._choose_surface(session)
        now = self.clock.now()
        profiles = self.directory.ring_profiles(line) if line else ()
        about = session.name, hello.time_zone, surface.name, surface.route, profiles
        await self.agents.handle(key, PageGreeted(now, line, *about))
        self.pages.add(page)
        await self._take_journal(page, hello)
        if page.writes:
            self.same_user.greet(page)
        self.pages.show(key, await self.agents.snapshot(key))
        if hello.build and hello.build != self.build:
            outbox.send(frames.frame({"type": "reload"}))
        self.metrics.arrivals.inc()
        log.info("page.connected", agent=str(key), page=page.page_id, surface=hello.surface)
        return page

    async def _choose_surface(self, session: Session) -> None:
        """Set the directory's surface for the agent; during a call not before the next hello."""
        chosen = self.directory.surface(session.agent, session.email)
        agent = (await self.agents.snapshot(session.agent)).agent
        if chosen and (agent.surface, agent.pinned) != (chosen, True):
            event = SurfaceChosen(self.clock.now(), chosen, route_of(chosen))
            await self.agents.handle(session.agent, event)

    async def _line_of(self, session: Session) -> TelephonyUser | None:
        """The agent's line in the directory; the last known one while it is unavailable."""
        known = (await self.agents.snapshot(session.agent)).agent.line
        asking = self.agents.tasks.start("line", self._ask_line(session, known))
        await asyncio.wait([asking], timeout=LINE_SECONDS if known else None)
        return asking.result() if asking.done() else known

    async def _ask_line(
        self, session: Session, known: TelephonyUser | None
    ) -> TelephonyUser | None:
        try:
            return await self.directory.line(session.agent, session.email)
        except DirectoryUnavailable:
            return known

    async def _take_journal(self, page: Page, hello: Hello) -> None:
        """Apply the page's journal first, because only then may saves be offered again."""
        entries, rubbish = hello.entries()
        if rubbish:
            about = {"agent": str(page.key), "page": page.page_id}
            log.warning("journal.invalid_entries", **about, entries=rubbish)
        # One by one, so that a bug with one entry does not lose the others.
        page.journal_taken = all([await self._take_entry(page, entry) for entry in entries])
        if not page.journal_taken:
            page.send(frames.error_frame(*NOT_TAKEN))
            return
        # An unreadable entry may be any save, so no save can be taken as never begun.
        page.journal = None if rubbish else frozenset((e.log_id, e.attempt) for e in entries)
        await self.pages.proofs.returned(page)

    async def _take_entry(self, page: Page, entry: JournalEntry) -> bool:
        """Apply a journal entry; whether that worked. Raises StorageError.

        The page keeps an entry that did not, and repeats it with its next hello.
        """
        try:
            read = self.pages.orgs.of(page.key).reads_errors(page.route)
            event = frames.journal_event(entry, page.page_id, self.clock.now(), read)
            if event is not None:
                await self.agents.handle_log_event(page.key, entry.log_id, event)
        except StorageError:
            raise
        except Exception as bug:  # otherwise each hello of the page would fail
            about = {"agent": str(page.key), "page": page.page_id, "call": entry.log_id}
            log.error("journal.not_taken", **about, exc_info=bug)
            return False
        return True


async def _read_hello(socket: web.WebSocketResponse, seconds: float) -> Hello | None:
    """The hello, if it is the first frame and in time."""
    try:
        message = decode(await first_text(socket, seconds))
    except BadFrame:
        return None
    return message if isinstance(message, Hello) else None
