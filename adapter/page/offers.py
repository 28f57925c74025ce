"""Offers each log to the agent's pages, one at a time, the best first, in repeated rounds.

Nothing here is stored. An offer may be repeated or lost, because only the commit of an accept
decides who saves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from adapter.core.logs.gate import may_be_offered
from adapter.core.logs.model import CallLog
from adapter.core.logs.rerouting import may_save
from adapter.core.model import AgentKey
from adapter.page import frames
from adapter.page.page import Page
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.storage.port import Snapshot

OFFER_SECONDS = 3.0
"""How long a page has to accept an offer before the next page gets it."""

ROUND_SECONDS = 10.0
"""How long to wait before the next round after no page has accepted."""


@dataclass(slots=True)
class _Offer:
    """An offer: the page that has it now, and those that had it in this round.

    An empty `page_id` means that no page accepted and the next round has not begun.
    """

    page_id: str
    timer: asyncio.TimerHandle
    tried: set[str] = field(default_factory=set)


@dataclass(eq=False, repr=False)
class Offers:
    """The offers of this process.

    `pages_of` gives an agent's pages, the best to save with first. `reload` reads and shows an
    agent who is not in memory.
    """

    agents: Agents
    clock: Clock
    pages_of: Callable[[AgentKey], list[Page]]
    reload: Callable[[AgentKey], None]
    _offers: dict[str, _Offer] = field(default_factory=dict, init=False)

    def make(self, key: AgentKey, snapshot: Snapshot) -> None:
        """Offer every log that may be saved to the agent's best page."""
        if not snapshot.logs:
            return
        ready = {log.log_id for log in _offerable(snapshot.logs, self.clock.now())}
        for log in snapshot.logs:
            if log.log_id not in ready:
                self._cancel(log.log_id)
        for log in (log for log in snapshot.logs if log.log_id in ready):
            offer = self._offers.get(log.log_id)
            if offer is None:
                self._offer_next(key, log, set())
            elif not offer.page_id and self._best_untried(key, log, offer.tried) is not None:
                # A page has connected that was not asked yet: start without waiting.
                self._cancel(log.log_id)
                self._offer_next(key, log, offer.tried)

    def withdraw(self, page: Page) -> None:
        """The page is gone: offer its logs to the next page."""
        for log_id, offer in list(self._offers.items()):
            if offer.page_id == page.page_id:
                offer.timer.cancel()
                self._move_on(page.key, log_id, offer.tried)

    def _best_untried(self, key: AgentKey, log: CallLog, tried: set[str]) -> Page | None:
        """The best page that was not asked yet; pages of the log's own route come first."""
        save, now = self.agents.policy_of(key).save, self.clock.now()
        able = [
            page
            for page in self.pages_of(key)
            if page.can_save and page.page_id not in tried and may_save(log, page.route, now, save)
        ]
        return min(able, key=lambda page: page.route is not log.route, default=None)

    def _offer_next(self, key: AgentKey, log: CallLog, tried: set[str]) -> None:
        page, log_id = self._best_untried(key, log, tried), log.log_id
        if page is None:
            if not tried:
                return
            timer = self._after(ROUND_SECONDS, key, log_id, set())
            self._offers[log_id] = _Offer("", timer, tried)
            return
        tried = tried | {page.page_id}
        timer = self._after(OFFER_SECONDS, key, log_id, tried)
        self._offers[log_id] = _Offer(page.page_id, timer, tried)
        page.send(frames.frame({"type": "offer", "log_id": log_id}))

    def _after(
        self, seconds: float, key: AgentKey, log_id: str, tried: set[str]
    ) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self._move_on, key, log_id, tried)

    def _move_on(self, key: AgentKey, log_id: str, tried: set[str]) -> None:
        self._offers.pop(log_id, None)
        snapshot = self.agents.cached(key)
        if snapshot is None:
            # A failed commit removed the agent from memory; without a reload no offer would follow.
            self.reload(key)
            return
        for log in _offerable(snapshot.logs, self.clock.now()):
            if log.log_id == log_id:
                self._offer_next(key, log, tried)

    def _cancel(self, log_id: str) -> None:
        offer = self._offers.pop(log_id, None)
        if offer is not None:
            offer.timer.cancel()


def _offerable(logs: Iterable[CallLog], at: int) -> list[CallLog]:
    """The logs that may be offered now, oldest first."""
    ready = [log for log in logs if may_be_offered(log, at)]
    return sorted(ready, key=lambda log: log.opened_at)
