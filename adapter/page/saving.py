"""Performs the effects of saving by page: sends goes, probes and read-backs, and their results."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from adapter.core.logs.events import (
    AlarmDoubled,
    GrantSave,
    LogExpired,
    PageLost,
    ProbePage,
    ReadBack,
    RecordsFound,
    SendSettled,
)
from adapter.core.logs.model import Attempting, CallLog
from adapter.core.model import AgentKey
from adapter.core.route import Route
from adapter.page import frames
from adapter.page.page import Page
from adapter.page.port import ReadBackFailed, RecordFinder, SalesforceOrgs
from adapter.page.proofs import had_go
from adapter.page.registry import Registry
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.retries import handle_with_retries
from adapter.runtime.tasks import Tasks
from adapter.runtime.turn import ForLog
from adapter.storage.port import Snapshot, StorageError

log = structlog.get_logger(__name__)

GateEffect = GrantSave | SendSettled | ProbePage | ReadBack | AlarmDoubled


@dataclass(eq=False, repr=False)
class Saving:
    """Sends what a log's decision asked for to the page concerned."""

    pages: Registry
    agents: Agents
    tasks: Tasks
    clock: Clock
    orgs: SalesforceOrgs

    def perform(self, key: AgentKey, logs: dict[str, CallLog], effect: GateEffect) -> None:
        """Start the effect; returns at once."""
        match effect:
            case GrantSave():
                self._send_go(key, logs[effect.log_id], effect)
            case SendSettled():
                settled = {"type": "settled", "log_id": effect.log_id, "attempt": effect.attempt}
                self.pages.send(key, effect.page_id, settled)
            case ProbePage():
                self._send_probe(key, effect.page_id)
            case ReadBack():
                self._read_back(key, effect)
            case AlarmDoubled():
                about = {"agent": str(key), "call": effect.log_id}
                log.critical("task.duplicated", **about, tasks=effect.record_ids)

    def lost(self, page: Page) -> None:
        """A page is gone, so the outcomes of its goes are unknown."""
        known = self.agents.cached(page.key)
        if known is None:
            # A failed commit removed the agent from memory; the store has the page's goes.
            self.tasks.start(f"lost {page.page_id}", self._load_and_report_lost(page))
        else:
            self._report_lost(page, known)

    async def _load_and_report_lost(self, page: Page) -> None:
        try:
            self._report_lost(page, await self.agents.snapshot(page.key))
        except StorageError as error:
            log.error("page.event_lost", agent=str(page.key), reason=str(error))

    def _report_lost(self, page: Page, snapshot: Snapshot) -> None:
        for call_log in snapshot.logs:
            if isinstance(call_log.state, Attempting) and had_go(call_log, page.page_id):
                event = PageLost(self.clock.now(), page.page_id)
                report = self._handle_lost(page.key, call_log.log_id, event)
                self.tasks.start(f"lost {call_log.log_id}", report)

    async def found(self, key: AgentKey, log_id: str, records: tuple[str, ...]) -> None:
        """Store which records of a call Salesforce has. Raises StorageError.

        If the log was still open, its page saved the record without reporting it. The best page
        here then does what follows from the save.
        """
        logs = (await self.agents.snapshot(key)).logs
        was_open = any(call_log.log_id == log_id and call_log.saved is None for call_log in logs)
        event = RecordsFound(self.clock.now(), records)
        turn = await self.agents.handle_log_event(key, log_id, event)
        call_log = turn.logs.get(log_id)
        calls = self.orgs.of(key).page_calls.get(call_log.route) if call_log else None
        done = calls.complete(call_log) if calls and call_log and was_open else None
        best = self.pages.best_writer(key, Route.PAGE)
        if done and best:
            best.send(frames.frame(done))

    def _send_probe(self, key: AgentKey, page_id: str) -> None:
        nonce, page = self.clock.nonce(), self.pages.page(key, page_id)
        if page is not None:
            page.send(frames.frame({"type": "probe", "nonce": nonce}))
            page.probed(nonce, self.clock.now())

    def _send_go(self, key: AgentKey, call_log: CallLog, effect: GrantSave) -> None:
        attempt = effect.attempt
        for other in self.pages.of(key):
            if other.page_id != attempt.page_id:
                other.send(frames.frame({"type": "taken", "log_id": call_log.log_id}))
        calls = self.orgs.of(key).page_calls.get(call_log.route)
        page = self.pages.page(key, attempt.page_id)
        if calls is not None and page is not None:
            page.send(frames.frame(calls.save(call_log, attempt)))
            page.goes.add((call_log.log_id, attempt.number))
            about = {"agent": str(key), "call": call_log.log_id, "page": attempt.page_id}
            log.info("log.go", **about, attempt=attempt.number)
            return
        now = self.clock.now()
        unsent = LogExpired(now, attempt.page_id, attempt.number, attempt.nonce)
        handling = self._handle_unsent(key, call_log.log_id, unsent)
        self.tasks.start(f"unsent {call_log.log_id}", handling)

    def _read_back(self, key: AgentKey, effect: ReadBack) -> None:
        """Ask Salesforce from here if that is set up, else through the agent's best page."""
        org = self.orgs.of(key)
        if org.finder is not None:
            search = self._ask_salesforce(org.finder, key, effect.log_id)
            self.tasks.start(f"read back {effect.log_id}", search)
            return
        best, calls = self.pages.best_writer(key, Route.PAGE), org.page_calls.get(Route.PAGE)
        if best is not None and calls is not None:
            best.send(frames.frame(calls.read_back(effect.log_id)))

    async def _ask_salesforce(self, finder: RecordFinder, key: AgentKey, log_id: str) -> None:
        try:
            await self.found(key, log_id, await finder.find(key, log_id))
        except (ReadBackFailed, StorageError) as error:
            # No answer proves nothing; the schedule asks again.
            log.warning("read_back.failed", agent=str(key), call=log_id, reason=str(error))

    async def _handle_lost(self, key: AgentKey, log_id: str, event: PageLost) -> None:
        try:
            await self.agents.handle_log_event(key, log_id, event)
        except StorageError as error:
            # Not retried: the page may be back with another go. The report deadline covers it.
            log.error("page.event_lost", agent=str(key), call=log_id, reason=str(error))

    async def _handle_unsent(self, key: AgentKey, log_id: str, event: LogExpired) -> None:
        def not_stored(error: StorageError, wait: float | None) -> None:
            about = {"agent": str(key), "call": log_id}
            log.error("page.event_not_stored", **about, reason=str(error), again_in=wait)

        await handle_with_retries(
            self.agents,
            key,
            lambda: ForLog(log_id, replace(event, at=self.clock.now())),
            not_stored,
        )
