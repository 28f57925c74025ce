"""Which page is asked to save which log: the best one first, each for a moment, round after round.

Nothing here is stored: offers may be made twice or never be heard of, because an accept is decided
by the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from adapter.core.calllog import may_be_offered
from adapter.core.logmodel import CallLog
from adapter.core.model import AgentKey
from adapter.core.rerouting import may_save
from adapter.page import frames
from adapter.page.page import Page
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.storage.port import Snapshot

OFFER_SECONDS = 3.0
"""How long one page may think about an offer before the next one gets it."""

ROUND_SECONDS = 10.0
"""After every page has been asked in vain, when the first one is asked again."""


@dataclass(slots=True)
class _Offer:
    """Where an offer stands: the page that has it now, those that had it in this round.

    With an empty `page_id` it rests: everybody has been asked in vain.
    """

    page_id: str
    timer: asyncio.TimerHandle
    asked: set[str] = field(default_factory=set)


@dataclass(eq=False, repr=False)
class Offers:
    """The offers of this process.

    `pages_of` are an agent's pages, best to save with first; `look` reads the agent anew and shows
    it, for one of whom nothing is in memory.
    """

    agents: Agents
    clock: Clock
    pages_of: Callable[[AgentKey], list[Page]]
    look: Callable[[AgentKey], None]
    _offers: dict[str, _Offer] = field(default_factory=dict, init=False)

    def make(self, key: AgentKey, snapshot: Snapshot) -> None:
        """Offer every log that may be saved to the agent's best page; most agents have none."""
        if not snapshot.logs:
            return
        ready = {log.log_id for log in _offerable(snapshot.logs, self.clock.now())}
        for one in snapshot.logs:
            if one.log_id not in ready:
                self._end(one.log_id)
        for one in (log for log in snapshot.logs if log.log_id in ready):
            offer = self._offers.get(one.log_id)
            if offer is None:
                self._next(key, one, set())
            elif not offer.page_id and self._candidate(key, one, offer.asked) is not None:
                # Somebody has come who was not asked yet: no need to rest any longer.
                self._end(one.log_id)
                self._next(key, one, offer.asked)

    def withdraw(self, page: Page) -> None:
        """The page is gone: what was offered to it goes to the next one."""
        for log_id, offer in list(self._offers.items()):
            if offer.page_id == page.page_id:
                offer.timer.cancel()
                self._ran_out(page.key, log_id, offer.asked)

    def _candidate(self, key: AgentKey, one: CallLog, asked: set[str]) -> Page | None:
        """The best page that was not asked yet; those of the log's own route come first."""
        save, now = self.agents.policy_of(key).save, self.clock.now()
        able = [
            page
            for page in self.pages_of(key)
            if page.can_save and page.page_id not in asked and may_save(one, page.route, now, save)
        ]
        return min(able, key=lambda page: page.route is not one.route, default=None)

    def _next(self, key: AgentKey, one: CallLog, asked: set[str]) -> None:
        page, log_id = self._candidate(key, one, asked), one.log_id
        if page is None:
            if not asked:
                return
            timer = self._later(ROUND_SECONDS, key, log_id, set())
            self._offers[log_id] = _Offer("", timer, asked)
            return
        tried = asked | {page.page_id}
        timer = self._later(OFFER_SECONDS, key, log_id, tried)
        self._offers[log_id] = _Offer(page.page_id, timer, tried)
        page.send(frames.frame({"type": "offer", "log_id": log_id}))

    def _later(
        self, seconds: float, key: AgentKey, log_id: str, asked: set[str]
    ) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self._ran_out, key, log_id, asked)

    def _ran_out(self, key: AgentKey, log_id: str, asked: set[str]) -> None:
        self._offers.pop(log_id, None)
        snapshot = self.agents.cached(key)
        if snapshot is None:
            # Forgotten after a commit that failed: without a look nobody would offer it again.
            self.look(key)
            return
        for one in _offerable(snapshot.logs, self.clock.now()):
            if one.log_id == log_id:
                self._next(key, one, asked)

    def _end(self, log_id: str) -> None:
        offer = self._offers.pop(log_id, None)
        if offer is not None:
            offer.timer.cancel()


def _offerable(logs: Iterable[CallLog], at: int) -> list[CallLog]:
    """The logs that a page may have now, oldest first."""
    ready = [log for log in logs if may_be_offered(log, at)]
    return sorted(ready, key=lambda log: log.opened_at)
