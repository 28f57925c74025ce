"""The go gate's errands: a go to one page, the questions what became of it, and their answers."""

from __future__ import annotations

import structlog
from msgspec.structs import replace

from adapter.core.logevents import (
    AlarmDoubled,
    GrantSave,
    LogExpired,
    PageLost,
    ProbePage,
    ReadBack,
    RecordsFound,
    SendSettled,
)
from adapter.core.logmodel import Attempting, CallLog
from adapter.core.model import AgentKey
from adapter.core.route import Route
from adapter.page import frames
from adapter.page.page import Page
from adapter.page.port import ReadBackFailed, RecordFinder, SalesforceOrgs
from adapter.page.proofs import had_go
from adapter.page.registry import Registry
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks
from adapter.runtime.telling import tell
from adapter.runtime.turn import ForLog
from adapter.storage.port import Snapshot, StorageError

log = structlog.get_logger(__name__)

GateEffect = GrantSave | SendSettled | ProbePage | ReadBack | AlarmDoubled


class Saving:
    """Sends what a log's decision asked for to the page that it is for."""

    def __init__(
        self, pages: Registry, agents: Agents, tasks: Tasks, clock: Clock, orgs: SalesforceOrgs
    ) -> None:
        self._pages = pages
        self._agents = agents
        self._tasks = tasks
        self._clock = clock
        self._orgs = orgs

    def perform(self, key: AgentKey, logs: dict[str, CallLog], effect: GateEffect) -> None:
        """Start it; returns at once."""
        match effect:
            case GrantSave():
                self._send_go(key, logs[effect.log_id], effect)
            case SendSettled():
                settled = {"type": "settled", "log_id": effect.log_id, "attempt": effect.attempt}
                self._pages.send(key, effect.page_id, settled)
            case ProbePage():
                self._probe(key, effect.page_id)
            case ReadBack():
                self._read_back(key, effect)
            case AlarmDoubled():
                about = {"agent": str(key), "call": effect.log_id}
                log.critical("task.duplicated", **about, tasks=effect.record_ids)

    def lost(self, page: Page) -> None:
        """What a page that is gone was about to save has an unknown outcome."""
        known = self._agents.cached(page.key)
        if known is None:
            # Forgotten after a commit that failed: the store knows what the page was given.
            self._tasks.start(f"lost {page.page_id}", self._look_and_lose(page))
        else:
            self._lose(page, known)

    async def _look_and_lose(self, page: Page) -> None:
        try:
            self._lose(page, await self._agents.snapshot(page.key))
        except StorageError as error:
            log.error("page.event_lost", agent=str(page.key), reason=str(error))

    def _lose(self, page: Page, snapshot: Snapshot) -> None:
        for one in snapshot.logs:
            if isinstance(one.state, Attempting) and had_go(one, page.page_id):
                event = PageLost(self._clock.now(), page.page_id)
                told = self._tell_lost(page.key, one.log_id, event)
                self._tasks.start(f"lost {one.log_id}", told)

    async def found(self, key: AgentKey, log_id: str, records: tuple[str, ...]) -> None:
        """Take what Salesforce has of a call. Raises StorageError.

        A record that is new to us was saved by a page that did not live to tell: what follows
        from it is done by the best page that is here.
        """
        logs = (await self._agents.snapshot(key)).logs
        was_open = any(one.log_id == log_id and one.saved is None for one in logs)
        event = RecordsFound(self._clock.now(), records)
        turn = await self._agents.handle_log_event(key, log_id, event)
        one = turn.logs.get(log_id)
        calls = self._orgs.of(key).page_calls.get(one.route) if one else None
        done = calls.complete(one) if calls and one and was_open else None
        best = self._pages.best_writer(key, Route.PAGE)
        if done and best:
            best.send(frames.frame(done))

    def _probe(self, key: AgentKey, page_id: str) -> None:
        nonce, page = self._clock.nonce(), self._pages.page(key, page_id)
        if page is not None:
            page.send(frames.frame({"type": "probe", "nonce": nonce}))
            page.probed(nonce, self._clock.now())

    def _send_go(self, key: AgentKey, one: CallLog, effect: GrantSave) -> None:
        attempt = effect.attempt
        for page in self._pages.of(key):
            if page.page_id != attempt.page_id:
                page.send(frames.frame({"type": "taken", "log_id": one.log_id}))
        calls = self._orgs.of(key).page_calls.get(one.route)
        going = self._pages.page(key, attempt.page_id)
        if calls is not None and going is not None:
            going.send(frames.frame(calls.save(one, attempt)))
            going.goes.add((one.log_id, attempt.number))
            about = {"agent": str(key), "call": one.log_id, "page": attempt.page_id}
            log.info("log.go", **about, attempt=attempt.number)
            return
        now = self._clock.now()
        unsent = LogExpired(now, attempt.page_id, attempt.number, attempt.nonce)
        self._tasks.start(f"unsent {one.log_id}", self._tell_unsent(key, one.log_id, unsent))

    def _read_back(self, key: AgentKey, effect: ReadBack) -> None:
        """Ask Salesforce from here where that is set up, else through the agent's best page."""
        org = self._orgs.of(key)
        if org.finder is not None:
            found = self._find(org.finder, key, effect.log_id)
            self._tasks.start(f"read back {effect.log_id}", found)
            return
        best, calls = self._pages.best_writer(key, Route.PAGE), org.page_calls.get(Route.PAGE)
        if best is not None and calls is not None:
            best.send(frames.frame(calls.read_back(effect.log_id)))

    async def _find(self, finder: RecordFinder, key: AgentKey, log_id: str) -> None:
        try:
            await self.found(key, log_id, await finder.find(key, log_id))
        except (ReadBackFailed, StorageError) as error:
            # The schedule asks again; no answer is no evidence.
            log.warning("read_back.failed", agent=str(key), call=log_id, reason=str(error))

    async def _tell_lost(self, key: AgentKey, log_id: str, event: PageLost) -> None:
        try:
            await self._agents.handle_log_event(key, log_id, event)
        except StorageError as error:
            # Not told again: by then the page may be back, with another go. The report's time ends.
            log.error("page.event_lost", agent=str(key), call=log_id, reason=str(error))

    async def _tell_unsent(self, key: AgentKey, log_id: str, event: LogExpired) -> None:
        def not_stored(error: StorageError, wait: float | None) -> None:
            about = {"agent": str(key), "call": log_id}
            log.error("page.event_not_stored", **about, reason=str(error), again_in=wait)

        await tell(
            self._agents,
            key,
            lambda: ForLog(log_id, replace(event, at=self._clock.now())),
            not_stored,
        )
