"""All pages of this process: what they are shown, and what is asked of them. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache

import structlog

from adapter.core.effects import OpenRecord, PopScreen
from adapter.core.logevents import LogEffect, WriteRecord
from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, AgentKey
from adapter.core.view import view
from adapter.page import frames
from adapter.page.guests import guest_view, is_guest
from adapter.page.offers import Offers
from adapter.page.page import Page
from adapter.page.pops import Pops
from adapter.page.port import SalesforceOrg, SalesforceOrgs
from adapter.page.proofs import Proofs
from adapter.page.records import Records
from adapter.page.registry import Registry
from adapter.page.saving import Saving
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks
from adapter.storage.port import Snapshot, StorageError
from adapter.telephony.browserphones import BrowserPhones
from adapter.telephony.port import Capabilities
from adapter.tenants import Tenant, Tenants

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 10.0
"""After the store could not be read, when it is asked again."""


class Pages(Registry):
    """Shows agents to their pages; offers, pops, proofs and records have classes of their own."""

    def __init__(
        self,
        agents: Agents,
        tasks: Tasks,
        clock: Clock,
        tenants: Tenants[SalesforceOrg],
        shown: Callable[[], None] = lambda: None,
    ) -> None:
        """`shown` is called when an agent's pages have been told of a new version."""
        super().__init__()
        self._shown = shown
        self._agents = agents
        self._tasks = tasks
        self._clock = clock
        self._tenants = tenants
        self.orgs = SalesforceOrgs(tenants)
        self.offers = Offers(agents, clock, self.of, self._reload_soon)
        self.pops = Pops(self, agents, tasks, clock, self.orgs)
        self.saving = Saving(self, agents, tasks, clock, self.orgs)
        self.records = Records(agents, tasks, clock, lambda key: self.orgs.of(key).writer)
        self.proofs = Proofs(agents, tasks, clock, self.is_current)
        self.epoch = ""

    def remove(self, page: Page) -> None:
        """A page's socket is gone: its offers go to the next one, its goes are in doubt."""
        if self.discard(page):
            self.offers.withdraw(page)
            self.saving.lost(page)

    def hinted(self, key: AgentKey, version: int) -> None:
        """The agent has a new version: show it to the pages here (a listener of the hints)."""
        snapshot = self._agents.cached(key)
        is_old = snapshot is None or snapshot.version < version
        if not self.is_here(key):
            if snapshot is not None and is_old:
                self._agents.forget(key)
        elif snapshot is None or is_old:
            self._reload_soon(key)
        else:
            self.show(key, snapshot)
            self._shown()

    async def reload(self, key: AgentKey) -> None:
        """Read the store, then show what it says; a store that fails is asked again."""
        self._agents.forget(key)
        try:
            self.show(key, await self._agents.snapshot(key))
        except StorageError as error:
            log.error("view.not_loaded", agent=str(key), reason=str(error))
            asyncio.get_running_loop().call_later(LOOK_AGAIN_SECONDS, self._reload_soon, key)

    def _reload_soon(self, key: AgentKey) -> None:
        if self.is_here(key):
            self._tasks.start(f"reload {key}", self.reload(key))

    def show(self, key: AgentKey, snapshot: Snapshot) -> None:
        """The whole view to every page of the agent that has not seen this version yet."""
        pages = [p for p in self._pages.get(key, {}).values() if p.shown < snapshot.version]
        try:
            if pages:
                self._show(key, snapshot, pages)
        finally:
            # A view that cannot be made must not keep its logs from being saved.
            self.follow_up(key, snapshot)

    def follow_up(self, key: AgentKey, snapshot: Snapshot) -> None:
        """What a new version asks of pages besides being shown."""
        self.offers.make(key, snapshot)
        self.pops.offer(snapshot.agent)

    def _show(self, key: AgentKey, snapshot: Snapshot, pages: list[Page]) -> None:
        agent, tenant = snapshot.agent, self._tenants.of_agent(key)
        policy, can = tenant.rules if tenant else self._agents.policy, _shown(agent, tenant)
        texts: dict[bool, str] = {}
        for page in pages:
            guest = is_guest(page.surface, agent)
            if guest not in texts:
                make = guest_view if guest else view
                shown = make(agent, snapshot.logs, policy, can)
                now = self._clock.now()
                texts[guest] = frames.view_frame(shown, self.epoch, snapshot.version, now)
            page.shown = snapshot.version
            page.send(texts[guest])

    # --- what decisions ask for, of pages or of us (runtime.perform) -----------------------------

    def perform(self, key: AgentKey, logs: dict[str, CallLog], effect: LogEffect) -> None:
        """Carry out what a log's decision asked for, by the way that its route takes."""
        if isinstance(effect, WriteRecord):
            self.records.write(key, logs[effect.log_id], effect)
        else:
            self.saving.perform(key, logs, effect)

    def pop(self, key: AgentKey, effect: PopScreen) -> None:
        """Have the page that claimed it pop the caller."""
        self.pops.pop(key, effect)

    def open_record(self, key: AgentKey, effect: OpenRecord) -> None:
        """Have Salesforce make the record of a call that rings."""
        self.records.open(key, effect)


def _shown(agent: Agent, tenant: Tenant[SalesforceOrg] | None) -> dict[str, bool]:
    """What the agent's provider can do, for them."""
    if tenant is None:
        return _can(Capabilities())
    phones = tenant.telephony.driver
    can = _can(phones.capabilities)
    if can["browser_phone"] and isinstance(phones, BrowserPhones) and agent.line:
        return can | {"browser_phone": phones.has_browser_phone(agent.line.user)}
    return can


@lru_cache(maxsize=256)
def _can(capabilities: Capabilities) -> dict[str, bool]:
    """As views show it; the same for all agents of a provider."""
    return asdict(capabilities)
