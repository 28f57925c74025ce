"""Concludes from a page's messages which of its goes it can no longer execute.

A second go may follow only when the page of the first is known to be past it (core/logs/gate.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from adapter.core.logs.events import PageProved
from adapter.core.logs.model import CallLog, Unknown, Verifying
from adapter.page.page import Go, Page
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks


@dataclass(eq=False, repr=False)
class Proofs:
    """Reads proofs from messages; `is_here` tells whether a page still has this socket."""

    agents: Agents
    tasks: Tasks
    clock: Clock
    is_here: Callable[[Page], bool]

    async def returned(self, page: Page) -> None:
        """After a hello: report the goes that never reached the page (`Page.never_had`)."""
        snapshot = await self.agents.snapshot(page.key)
        for log in snapshot.logs:
            attempt = log.attempt
            if attempt is not None and attempt.page_id == page.page_id:
                go = (log.log_id, attempt.number)
                await self._prove(page, go)
                self._prove_later(page, go, attempt.at)

    async def answered(self, page: Page, nonce: str) -> None:
        """The page answered a probe, so it has received every go sent before it.

        A frozen page may answer the old probes of one attempt while the go of the next is still in
        its queue. Those answers prove nothing about the later go.
        """
        probe = page.probes.pop(nonce, None)
        if probe is None:
            return
        sent_at, goes_before = probe
        snapshot = await self.agents.snapshot(page.key)
        for log in snapshot.logs:
            if not isinstance(log.state, Unknown | Verifying) or log.attempt is None:
                continue
            is_behind = (log.log_id, log.attempt.number) in page.goes - goes_before
            if had_go(log, page.page_id) and log.attempt.at <= sent_at and not is_behind:
                await self._prove(page, (log.log_id, log.attempt.number))

    async def _prove(self, page: Page, go: Go) -> None:
        event = PageProved(self.clock.now(), page.page_id, go[1], page.never_had(go))
        await self.agents.handle_log_event(page.key, go[0], event)

    def _prove_later(self, page: Page, go: Go, accepted_at: int) -> None:
        """The core ignores proofs about a go that is still fresh, so repeat this one afterwards."""
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
        if any(log.attempt and (log.log_id, log.attempt.number) == go for log in snapshot.logs):
            await self._prove(page, go)


def had_go(log: CallLog, page_id: str) -> bool:
    """Whether the log's latest go went to that page."""
    return log.attempt is not None and log.attempt.page_id == page_id
