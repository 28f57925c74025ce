"""All pages of this process: their views and the requests sent to them. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache

import structlog

from adapter.core.effects import OpenRecord, PopScreen
from adapter.core.logs.events import LogEffect, WriteRecord
from adapter.core.logs.model import CallLog
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
"""How long to wait before reading the store again after a failure."""


class Pages(Registry):
    """Sends agents' views to their pages; offers, pops, proofs and records are separate classes."""

    def __init__(
        self,
        agents: Agents,
        tasks: Tasks,
        clock: Clock,
        tenants: Tenants[SalesforceOrg],
        on_shown: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_shown` is called after an agent's new version was sent to the pages here."""
        super().__init__()
        self._on_shown = on_shown
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
        """A page's socket is gone: its offers go to the next page, its goes are in doubt."""
        if self.discard(page):
            self.offers.withdraw(page)
            self.saving.lost(page)

    def hinted(self, key: AgentKey, version: int) -> None:
        """Show an agent's new version to the pages here (a listener of the hints)."""
        snapshot = self._agents.cached(key)
        is_old = snapshot is None or snapshot.version < version
        if not self.is_here(key):
            if snapshot is not None and is_old:
                self._agents.forget(key)
        elif snapshot is None or is_old:
            self._reload_soon(key)
        else:
            self.show(key, snapshot)
            self._on_shown()

    async def reload(self, key: AgentKey) -> None:
        """Read the agent from the store and show it; try again later if the store fails."""
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
        """Send the whole view to every page of the agent that lacks this version."""
        pages = [p for p in self._pages.get(key, {}).values() if p.shown < snapshot.version]
        try:
            if pages:
                self._send_views(key, snapshot, pages)
        finally:
            # The logs must be saved even if the view cannot be made.
            self.follow_up(key, snapshot)

    def follow_up(self, key: AgentKey, snapshot: Snapshot) -> None:
        """Make the offers and pops that a new version calls for."""
        self.offers.make(key, snapshot)
        self.pops.offer(snapshot.agent)

    def _send_views(self, key: AgentKey, snapshot: Snapshot, pages: list[Page]) -> None:
        agent, tenant = snapshot.agent, self._tenants.of_agent(key)
        policy, can = tenant.rules if tenant else self._agents.policy, _capabilities(agent, tenant)
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

    # --- effects of decisions (runtime.perform) --------------------------------------------------

    def perform(self, key: AgentKey, logs: dict[str, CallLog], effect: LogEffect) -> None:
        """Perform an effect of a log's decision by the log's route."""
        if isinstance(effect, WriteRecord):
            self.records.write(key, logs[effect.log_id], effect)
        else:
            self.saving.perform(key, logs, effect)

    def pop(self, key: AgentKey, effect: PopScreen) -> None:
        """Have the page that claimed the pop show the caller's record."""
        self.pops.pop(key, effect)

    def open_record(self, key: AgentKey, effect: OpenRecord) -> None:
        """Create the Salesforce record of a ringing call."""
        self.records.open(key, effect)


def _capabilities(agent: Agent, tenant: Tenant[SalesforceOrg] | None) -> dict[str, bool]:
    """The capabilities of the provider for this agent."""
    if tenant is None:
        return _as_dict(Capabilities())
    phones = tenant.telephony.driver
    can = _as_dict(phones.capabilities)
    if can["browser_phone"] and isinstance(phones, BrowserPhones) and agent.line:
        return can | {"browser_phone": phones.has_browser_phone(agent.line.user)}
    return can


@lru_cache(maxsize=256)
def _as_dict(capabilities: Capabilities) -> dict[str, bool]:
    """Cached, because it is the same for all agents of a provider."""
    return asdict(capabilities)
