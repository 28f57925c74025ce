"""The pages that are connected here: who they are, what they are shown, what they are sent.

Pages of other replicas are theirs. Nothing here is stored.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

import structlog

from adapter.core.effects import PopScreen
from adapter.core.events import PopClaimed
from adapter.core.logevents import (
    AlarmDoubled,
    GrantSave,
    LogEffect,
    LogExpired,
    PageLost,
    ProbePage,
    ReadBack,
    RecordsFound,
    SendSettled,
)
from adapter.core.logmodel import Attempting, CallLog
from adapter.core.model import Agent, AgentKey, RingingInbound
from adapter.core.view import view
from adapter.opencti import surface
from adapter.opencti.soql import ReadBackFailed, TaskFinder
from adapter.opencti.tasklog import TaskRules
from adapter.page import frames
from adapter.page.offers import Offers
from adapter.page.page import Page
from adapter.page.proofs import Proofs, had_go
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks
from adapter.storage.port import Snapshot, StorageError
from adapter.telephony.port import Capabilities
from adapter.tenants import Tenants

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 10.0
"""After the store could not be read, when it is asked again."""

PAGES_PER_AGENT = 32


@dataclass(frozen=True, slots=True)
class SalesforceOrg:
    """What differs between orgs for their pages: rules of Tasks, and who can be asked for them."""

    rules: TaskRules = field(default_factory=TaskRules)
    finder: TaskFinder | None = None
    apex_class: str = ""


NOBODYS = SalesforceOrg()
"""For an agent whose org is no longer set up here."""


class Pages:
    """All pages of this process, by agent."""

    def __init__(
        self, agents: Agents, tasks: Tasks, clock: Clock, tenants: Tenants[SalesforceOrg]
    ) -> None:
        self._agents = agents
        self._tasks = tasks
        self._clock = clock
        self._tenants = tenants
        self._pages: dict[AgentKey, dict[str, Page]] = {}
        self._offers = Offers(agents, clock, self.of, self._reload_soon)
        self.proofs = Proofs(agents, tasks, clock, self._is_current)
        self._empty = asyncio.Event()
        self.epoch = ""

    # --- coming and going ------------------------------------------------------------------------

    def of(self, key: AgentKey) -> list[Page]:
        """The agent's pages, best to save with first."""
        pages = self._pages.get(key, {}).values()
        return sorted(pages, key=lambda page: page.rank, reverse=True)

    def count(self) -> int:
        """How many pages are connected here."""
        return sum(len(pages) for pages in self._pages.values())

    def everyone(self) -> list[Page]:
        """All pages, in no order."""
        return [page for pages in self._pages.values() for page in pages.values()]

    def keys(self) -> tuple[AgentKey, ...]:
        """The agents who have a page here."""
        return tuple(self._pages)

    def is_here(self, key: AgentKey) -> bool:
        """Whether the agent has a page here."""
        return key in self._pages

    def of_session(self, session: str) -> list[Page]:
        """The pages that one sign-in let in."""
        return [page for page in self.everyone() if page.session == session]

    def sign_out(self, session: str) -> None:
        """A sign-in has ended: so do the sockets that it let in."""
        for page in self.of_session(session):
            page.close(4003, "signed out")

    def sign_out_agent(self, key: AgentKey) -> None:
        """All sign-ins of the agent have ended, and so do all their sockets."""
        for page in self.of(key):
            page.close(4003, "signed out everywhere")

    def is_full(self, key: AgentKey, page_id: str) -> bool:
        """Whether the agent has as many pages as may be, not counting the one that comes back."""
        return len(self._pages.get(key, {}).keys() - {page_id}) >= PAGES_PER_AGENT

    def add(self, page: Page) -> None:
        """A page is here; the same load coming back takes its own old place."""
        pages = self._pages.setdefault(page.key, {})
        old = pages.get(page.page_id)
        pages[page.page_id] = page
        if old is not None:
            old.close(4001, "this page has connected again")

    def remove(self, page: Page) -> None:
        """A page's socket is gone; what it was about to save has an unknown outcome."""
        if not self._is_current(page):
            return
        pages = self._pages[page.key]
        del pages[page.page_id]
        if not pages:
            del self._pages[page.key]
        if not self._pages:
            self._empty.set()
        self._offers.withdraw(page)
        snapshot = self._agents.cached(page.key)
        for one in snapshot.logs if snapshot else ():
            if isinstance(one.state, Attempting) and had_go(one, page.page_id):
                event = PageLost(self._clock.now(), page.page_id)
                self._start(page.key, one.log_id, event)

    def _is_current(self, page: Page) -> bool:
        return self._pages.get(page.key, {}).get(page.page_id) is page

    async def none_left(self) -> None:
        """Wait until no page is connected."""
        while self._pages:
            self._empty.clear()
            await self._empty.wait()

    # --- showing ---------------------------------------------------------------------------------

    def hinted(self, key: AgentKey, version: int) -> None:
        """The agent has a new version: show it to the pages here (a listener of the hints)."""
        if key not in self._pages:
            snapshot = self._agents.cached(key)
            if snapshot is not None and snapshot.version < version:
                self._agents.forget(key)
            return
        snapshot = self._agents.cached(key)
        if snapshot is None or snapshot.version < version:
            self._reload_soon(key)
            return
        self.show(key, snapshot)

    async def reload(self, key: AgentKey) -> None:
        """Read the store, then show what it says; a store that fails is asked again."""
        self._agents.forget(key)
        try:
            self.show(key, await self._agents.snapshot(key))
        except StorageError as error:
            log.error("view.not_loaded", agent=str(key), reason=str(error))
            asyncio.get_running_loop().call_later(LOOK_AGAIN_SECONDS, self._reload_soon, key)

    def _salesforce(self, key: AgentKey) -> SalesforceOrg:
        tenant = self._tenants.of_agent(key)
        return tenant.salesforce if tenant else NOBODYS

    def _can(self, key: AgentKey) -> dict[str, bool]:
        tenant = self._tenants.of_agent(key)
        return _can(tenant.capabilities if tenant else Capabilities())

    def _reload_soon(self, key: AgentKey) -> None:
        if key in self._pages:
            self._tasks.start(f"reload {key}", self.reload(key))

    def show(self, key: AgentKey, snapshot: Snapshot) -> None:
        """The whole view to every page of the agent that has not seen this version yet."""
        pages = [p for p in self._pages.get(key, {}).values() if p.shown < snapshot.version]
        if pages:
            policy = self._agents.policy_of(key)
            shown = view(snapshot.agent, snapshot.logs, policy, self._can(key))
            text = frames.view_frame(shown, self.epoch, snapshot.version, self._clock.now())
            for page in pages:
                page.shown = snapshot.version
                page.send(text)
        self._offers.make(key, snapshot)
        self._offer_pops(key, snapshot)

    # --- carrying out what logs ask for ----------------------------------------------------------

    def perform(self, key: AgentKey, logs: dict[str, CallLog], effect: LogEffect) -> None:
        """Send what a log's decision asked for, to the page that it is for."""
        match effect:
            case GrantSave():
                self._send_go(key, logs[effect.log_id], effect)
            case SendSettled():
                settled = {"type": "settled", "log_id": effect.log_id, "attempt": effect.attempt}
                self._send(key, effect.page_id, settled)
            case ProbePage():
                self._probe(key, effect.page_id)
            case ReadBack():
                self._read_back(key, effect)
            case AlarmDoubled():
                about = {"agent": str(key), "call": effect.log_id}
                log.critical("task.duplicated", **about, tasks=effect.record_ids)

    def _probe(self, key: AgentKey, page_id: str) -> None:
        nonce = self._clock.nonce()
        page = self._pages.get(key, {}).get(page_id)
        if page is not None and self._send(key, page_id, {"type": "probe", "nonce": nonce}):
            page.probed(nonce, self._clock.now())

    def _send_go(self, key: AgentKey, one: CallLog, effect: GrantSave) -> None:
        attempt = effect.attempt
        for page in self.of(key):
            if page.page_id != attempt.page_id:
                page.send(frames.frame({"type": "taken", "log_id": one.log_id}))
        if self._send(key, attempt.page_id, surface.go(one, attempt, self._salesforce(key).rules)):
            self._pages[key][attempt.page_id].goes.add((one.log_id, attempt.number))
            about = {"agent": str(key), "call": one.log_id, "page": attempt.page_id}
            log.info("log.go", **about, attempt=attempt.number)
            return
        now = self._clock.now()
        unsent = LogExpired(now, attempt.page_id, attempt.number, attempt.nonce)
        self._start(key, one.log_id, unsent)

    def _read_back(self, key: AgentKey, effect: ReadBack) -> None:
        """Ask Salesforce from here where that is set up, else through the agent's best page."""
        org = self._salesforce(key)
        if org.finder is not None:
            found = self._find(org.finder, key, effect.log_id)
            self._tasks.start(f"read back {effect.log_id}", found)
            return
        best = next(iter(self.of(key)), None)
        if best is not None:
            # The ask's id is the log's: the answer needs nothing remembered here.
            ask = surface.read_back(effect.log_id, effect.log_id, org.apex_class)
            best.send(frames.frame(ask))

    async def _find(self, finder: TaskFinder, key: AgentKey, log_id: str) -> None:
        try:
            await self.found(key, log_id, await finder.find(key, log_id))
        except (ReadBackFailed, StorageError) as error:
            # The schedule asks again; no answer is no evidence.
            log.warning("read_back.failed", agent=str(key), call=log_id, reason=str(error))

    async def found(self, key: AgentKey, log_id: str, tasks: tuple[str, ...]) -> None:
        """Take what Salesforce has of a call. Raises StorageError.

        A Task that is new to us was saved by a page that did not live to tell: its work of Sales
        Engagement is completed by the best page that is here.
        """
        logs = (await self._agents.snapshot(key)).logs
        was_open = any(one.log_id == log_id and one.saved is None for one in logs)
        turn = await self._agents.handle_log_event(
            key, log_id, RecordsFound(self._clock.now(), tasks)
        )
        one, best = turn.logs.get(log_id), next(iter(self.of(key)), None)
        done = surface.work_done(one, self._salesforce(key).rules) if one and was_open else None
        if done and best:
            best.send(frames.frame(done))

    def claims(self, agent: Agent) -> tuple[PopClaimed, ...]:
        """Claim each pop that is due for the best page here; the store decides whose it is."""
        ringing = [
            call
            for call in agent.calls
            if isinstance(call.stage, RingingInbound) and not call.stage.popped
        ]
        best = next(iter(self.of(agent.key)), None) if ringing else None
        if best is None:
            return ()
        now = self._clock.now()
        return tuple(PopClaimed(now, call.call_id, best.page_id) for call in ringing)

    def _offer_pops(self, key: AgentKey, snapshot: Snapshot) -> None:
        """What was decided where no page was, or before this one came, is claimed now."""
        for claim in self.claims(snapshot.agent):
            self._tasks.start(f"claim pop {claim.call_id}", self._claim(key, claim))

    async def _claim(self, key: AgentKey, claim: PopClaimed) -> None:
        try:
            await self._agents.handle(key, claim)
        except StorageError as error:
            # The next view claims it again, as long as it rings.
            about = {"agent": str(key), "call": claim.call_id}
            log.warning("pop.not_claimed", **about, reason=str(error))

    def pop(self, key: AgentKey, effect: PopScreen) -> None:
        """This page has the pop: the search by number, with the pop that the layout says."""
        self._send(key, effect.page_id, surface.pop(effect))

    def _send(self, key: AgentKey, page_id: str, message: dict[str, Any]) -> bool:
        page = self._pages.get(key, {}).get(page_id)
        if page is None:
            return False
        page.send(frames.frame(message))
        return True

    def _start(self, key: AgentKey, log_id: str, event: PageLost | LogExpired) -> None:
        self._tasks.start(f"{type(event).__name__} {log_id}", self._tell(key, log_id, event))

    async def _tell(self, key: AgentKey, log_id: str, event: PageLost | LogExpired) -> None:
        try:
            await self._agents.handle_log_event(key, log_id, event)
        except StorageError as error:
            log.error("page.event_lost", agent=str(key), call=log_id, reason=str(error))


@lru_cache(maxsize=256)
def _can(capabilities: Capabilities) -> dict[str, bool]:
    """As views show it; the same for all agents of a provider."""
    return asdict(capabilities)
