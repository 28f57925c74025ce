"""While a call rings, a page pops the caller or the backend creates the record, once.

Law of this file: a claim is harmless; the commit of a claim decides who acts.
"""

from __future__ import annotations

import structlog

from adapter.core.effects import PopScreen
from adapter.core.events import PopClaimed, RecordClaimed
from adapter.core.model import Agent, AgentKey, RingingInbound
from adapter.core.route import Route
from adapter.page.port import SalesforceOrgs
from adapter.page.registry import Registry
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks
from adapter.storage.port import StorageError

log = structlog.get_logger(__name__)


class Pops:
    """Claims pops for connected pages, and records for ringing calls."""

    def __init__(
        self, pages: Registry, agents: Agents, tasks: Tasks, clock: Clock, orgs: SalesforceOrgs
    ) -> None:
        self._pages = pages
        self._agents = agents
        self._tasks = tasks
        self._clock = clock
        self._orgs = orgs

    def claims(self, agent: Agent) -> tuple[PopClaimed | RecordClaimed, ...]:
        """Claims for the agent's ringing calls: a pop by the best page here, or a record."""
        ringing = [
            call.call_id
            for call in agent.calls
            if isinstance(call.stage, RingingInbound) and not call.stage.popped
        ]
        if not ringing:
            return ()
        now = self._clock.now()
        if agent.route is Route.BACKEND:
            return tuple(RecordClaimed(now, call_id) for call_id in ringing)
        best = self._pages.best_writer(agent.key, agent.route)
        return tuple(PopClaimed(now, call_id, best.page_id) for call_id in ringing if best)

    def offer(self, agent: Agent) -> None:
        """Claim what was decided without a page here, or before this page connected."""
        for claim in self.claims(agent):
            self._tasks.start(f"claim pop {claim.call_id}", self._commit_claim(agent.key, claim))

    async def _commit_claim(self, key: AgentKey, claim: PopClaimed | RecordClaimed) -> None:
        try:
            await self._agents.handle(key, claim)
        except StorageError as error:
            # While the call rings, the next view claims it again.
            about = {"agent": str(key), "call": claim.call_id}
            log.warning("pop.not_claimed", **about, reason=str(error))

    def pop(self, key: AgentKey, effect: PopScreen) -> None:
        """Send the pop to the page that claimed it."""
        page = self._pages.page(key, effect.page_id)
        calls = self._orgs.of(key).page_calls.get(page.route) if page else None
        if calls is not None:
            self._pages.send(key, effect.page_id, calls.pop(effect))
