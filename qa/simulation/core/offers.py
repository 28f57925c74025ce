"""Which page may save which log: the offers of `adapter.page.pages` on the heap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from adapter.core.logs.gate import may_be_offered
from adapter.core.logs.model import CallLog
from adapter.core.logs.rerouting import may_save
from adapter.core.model import AgentKey
from adapter.core.policy import SavePolicy
from adapter.page.offers import OFFER_SECONDS, ROUND_SECONDS
from adapter.storage.port import Snapshot
from qa.simulation.core.heap import HeapLoop
from qa.simulation.core.wire import Wire

NOBODY: frozenset[str] = frozenset()


rank, opened_at = attrgetter("rank"), attrgetter("opened_at")


@dataclass(eq=False, slots=True)
class Offer:
    """The page that has the offer (None between rounds), and those that had it in this round."""

    page_id: str
    tried: frozenset[str]


class Offers:
    """All offers of one process."""

    def __init__(
        self,
        loop: HeapLoop,
        now: Callable[[], int],
        look: Callable[[AgentKey], Snapshot],
        save: SavePolicy,
    ) -> None:
        self.wires: dict[AgentKey, dict[str, Wire]] = {}
        self.dead = False
        self._loop = loop
        self._now = now
        self._look = look
        self._save = save
        self._offers: dict[str, Offer] = {}

    def of(self, key: AgentKey) -> list[Wire]:
        """The agent's pages, the best one to save with first."""
        wires = self.wires.get(key)
        if not wires:
            return []
        return sorted(wires.values(), key=rank, reverse=True)

    def show(self, key: AgentKey, snapshot: Snapshot) -> None:
        """Offer every log that may be saved now, and withdraw the others."""
        now = self._now()
        logs = snapshot.logs
        for log in logs if len(logs) == 1 else sorted(logs, key=opened_at):
            if not may_be_offered(log, now):
                self._offers.pop(log.log_id, None)
                continue
            offer = self._offers.get(log.log_id)
            if offer is None:
                self._next(key, log, NOBODY)
            elif not offer.page_id and self._candidate(key, log, offer.tried) is not None:
                self._next(key, log, offer.tried)

    def withdraw(self, wire: Wire) -> None:
        """The page is gone: pass its offers to the next one."""
        for log_id, offer in list(self._offers.items()):
            if offer.page_id == wire.page_id:
                self._ran_out(wire.key, log_id, offer, offer.tried)

    def _candidate(self, key: AgentKey, log: CallLog, tried: frozenset[str]) -> Wire | None:
        wires = self.wires.get(key, {}).values()
        now, save = self._now(), self._save
        able = [
            wire
            for wire in wires
            if wire.can_save and wire.page_id not in tried and may_save(log, wire.route, now, save)
        ]
        own = [wire for wire in able if wire.route is log.route] or able
        return max(own, key=rank) if len(own) > 1 else next(iter(own), None)

    def _next(self, key: AgentKey, log: CallLog, tried: frozenset[str]) -> None:
        wire, log_id = self._candidate(key, log, tried), log.log_id
        if wire is None and not tried:
            return
        if wire is None:
            offer, seconds, left = Offer("", tried), ROUND_SECONDS, NOBODY
        else:
            with_this = tried | {wire.page_id}
            offer, seconds, left = Offer(wire.page_id, with_this), OFFER_SECONDS, with_this
            wire.send({"type": "offer", "log_id": log_id})
        self._offers[log_id] = offer
        self._loop.call_later(seconds, self._ran_out, key, log_id, offer, left)

    def _ran_out(self, key: AgentKey, log_id: str, offer: Offer, tried: frozenset[str]) -> None:
        if self.dead or self._offers.get(log_id) is not offer:
            return
        del self._offers[log_id]
        for call_log in self._look(key).logs:
            if call_log.log_id == log_id and may_be_offered(call_log, self._now()):
                self._next(key, call_log, tried)
