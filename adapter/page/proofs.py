"""What a page's word proves of the goes that it was given: which it can no longer carry out.

A second go may follow only when the first one's page is known to be past it (core/calllog.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from adapter.core.logevents import PageProved
from adapter.core.logmodel import CallLog, Unknown, Verifying
from adapter.page.page import Go, Page
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks


@dataclass(eq=False, repr=False)
class Proofs:
    """Takes the words of pages; `is_here` tells whether that very socket is still the page's."""

    agents: Agents
    tasks: Tasks
    clock: Clock
    is_here: Callable[[Page], bool]

    async def returned(self, page: Page) -> None:
        """After a hello: which of its goes the page has never heard of (`Page.never_had`)."""
        snapshot = await self.agents.snapshot(page.key)
        for one in snapshot.logs:
            attempt = one.attempt
            if attempt is not None and attempt.page_id == page.page_id:
                go = (one.log_id, attempt.number)
                await self._prove(page, go)
                self._prove_later(page, go, attempt.at)

    async def answered(self, page: Page, nonce: str) -> None:
        """The page answered a probe: every go before it has been seen by it.

        A frozen page answers the old probes of one attempt when the go of the next is still
        behind them in its queue: of that one they prove nothing.
        """
        probe = page.probes.pop(nonce, None)
        if probe is None:
            return
        sent_at, goes_before = probe
        snapshot = await self.agents.snapshot(page.key)
        for one in snapshot.logs:
            if not isinstance(one.state, Unknown | Verifying) or one.attempt is None:
                continue
            is_behind = (one.log_id, one.attempt.number) in page.goes - goes_before
            if had_go(one, page.page_id) and one.attempt.at <= sent_at and not is_behind:
                await self._prove(page, (one.log_id, one.attempt.number))

    async def _prove(self, page: Page, go: Go) -> None:
        event = PageProved(self.clock.now(), page.page_id, go[1], page.never_had(go))
        await self.agents.handle_log_event(page.key, go[0], event)

    def _prove_later(self, page: Page, go: Go, accepted_at: int) -> None:
        """The core believes no word on a go that may still be under way: say it again after."""
        fresh_until = accepted_at + self.agents.policy_of(page.key).save.fresh_ms
        wait_ms = fresh_until - self.clock.now()
        if wait_ms >= 0:
            loop = asyncio.get_running_loop()
            loop.call_later(wait_ms / 1000 + 0.05, self._start_proof, page, go)

    def _start_proof(self, page: Page, go: Go) -> None:
        if self.is_here(page):
            self.tasks.start(f"prove {go[0]}", self._prove_again(page, go))

    async def _prove_again(self, page: Page, go: Go) -> None:
        snapshot = await self.agents.snapshot(page.key)
        if any(one.attempt and (one.log_id, one.attempt.number) == go for one in snapshot.logs):
            await self._prove(page, go)


def had_go(one: CallLog, page_id: str) -> bool:
    """Whether the log's last go went to that page."""
    return one.attempt is not None and one.attempt.page_id == page_id
