"""Handles a page's frames: each becomes an event, or gets an answer that says why not.

Law of this file: a page can harm only itself, and a bad frame harms no call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import structlog

from adapter.core.controlling import CALLS_SOMEBODY
from adapter.core.events import CallCenterRead, ControlRequested, Event
from adapter.core.logs.events import LogAccepted
from adapter.core.numbers.dialplan import is_unknown
from adapter.page import frames, messages
from adapter.page.guests import OTHER_SURFACE, is_guest, sentence
from adapter.page.page import Page
from adapter.page.pages import Pages
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.storage.port import StorageError
from adapter.web.signin.salesforceuser import SalesforceUserCheck
from adapter.web.sockets.clicks import Clicks

log = structlog.get_logger(__name__)

_CODE = re.compile("[A-Z_]+")

TRY_AGAIN = 1013


@dataclass(eq=False, repr=False)
class FrameHandler:
    """Handles the frames of connected pages."""

    agents: Agents
    pages: Pages
    clicks: Clicks
    same_user: SalesforceUserCheck
    clock: Clock

    async def handle(self, page: Page, text: str) -> None:
        """Handle a frame; answers every error and never raises."""
        try:
            message = messages.decode(text)
        except messages.BadFrame as error:
            log.warning("frame.malformed", agent=str(page.key), page=page.page_id)
            page.send(frames.error_frame("malformed", str(error)))
            return
        try:
            await self._dispatch(page, message)
        except StorageError as error:
            log.error("frame.not_stored", agent=str(page.key), reason=str(error))
            page.send(frames.not_stored_frame(message))
            if isinstance(message, messages.Result):
                # The page sends it once, but its journal repeats it with each hello.
                page.close(TRY_AGAIN, "say hello again, with the journal")

    async def _dispatch(self, page: Page, message: messages.PageMessage) -> None:
        now = self.clock.now()
        match message:
            case messages.Hello():
                page.send(frames.error_frame("malformed", "hello comes once, and first"))
            case messages.Dial():
                await self._dial(page, message, now)
            case messages.Presence():
                page.visible, page.focused, page.active_at = message.visible, message.focused, now
            case messages.Accept():
                await self._accept(page, message, now)
            case messages.Result():
                await self._report(page, message, now)
            case messages.TrayChoice():
                choice = frames.tray_event(message, now)
                await self.agents.handle_log_event(page.key, message.log_id, choice)
            case messages.ProbeAnswer():
                await self.pages.proofs.answered(page, message.nonce)
            case messages.AskAnswer():
                await self._take_answer(page, message)
            case messages.Popped():
                log.debug("frame.noted", type=message.type)
            case _:
                await self._apply(page, message, now)

    async def _dial(self, page: Page, message: messages.Dial, now: int) -> None:
        """Handle a click, if this page may call at all."""
        page.active_at = now
        agent = (await self.agents.snapshot(page.key)).agent
        if is_guest(page.surface, agent):
            page.send(frames.error_frame(OTHER_SURFACE, sentence(agent), message.request_id))
            return
        request_id = message.request_id
        if page.writes and await self.same_user.refuses(page, message.number, request_id):
            return
        call_id = self.clock.fresh_id("call")
        event = frames.dial_event(message, now, call_id, page.time_zone)
        turn = await self.clicks.dial(page.key, event)
        if turn.ignored:
            # A repeated request changes nothing, so no view was sent; its page waits for one.
            page.shown = -1
            await self.pages.reload(page.key)

    async def _apply(self, page: Page, message: frames.AgentMessage, now: int) -> None:
        """Handle another action of the agent; the page gets a view in any case."""
        page.active_at = now
        if isinstance(message, messages.CallCenterMessage):
            for problem in frames.ignored_settings(message):
                log.warning("call_center.setting_ignored", agent=str(page.key), setting=problem)
        event = frames.agent_event(message, now)
        if event is None:
            return
        if isinstance(event, ControlRequested):
            calls_somebody = event.action in CALLS_SOMEBODY and page.writes
            called, request_id = event.value, event.request_id
            if not (calls_somebody and await self.same_user.refuses(page, called, request_id)):
                await self.clicks.control(page.key, event)
            return
        await self.agents.handle(page.key, event)
        self._warn_of_prefixes(page, event)

    def _warn_of_prefixes(self, page: Page, event: Event) -> None:
        plans = self.agents.policy_of(page.key).dial.plans
        if isinstance(event, CallCenterRead) and is_unknown(event.call_center, plans):
            reason = "Not dialed: SOFTPHONE_DIAL_PLANS does not list them."
            log.warning("call_center.prefixes_ignored", agent=str(page.key), said=reason)

    async def _accept(self, page: Page, message: messages.Accept, now: int) -> None:
        event = LogAccepted(now, page.page_id, self.clock.nonce(), page.route)
        if (
            not page.can_save
            or (await self.agents.handle_log_event(page.key, message.log_id, event)).ignored
        ):
            page.send(frames.frame({"type": "taken", "log_id": message.log_id}))

    async def _report(self, page: Page, message: messages.Result, now: int) -> None:
        """Handle a save's result. Only error codes are logged, as the rest may be call data."""
        read = self.pages.orgs.of(page.key).reads_errors(page.route)
        event = frames.result_event(message, page.page_id, now, read)
        turn = await self.agents.handle_log_event(page.key, message.log_id, event)
        about = {"agent": str(page.key), "call": message.log_id}
        if turn.ignored:
            log.info("result.ignored", **about, reason=turn.ignored[0])
        else:
            codes = [error.code for error in message.errors if _CODE.fullmatch(error.code)]
            log.info("log.result", **about, outcome=message.outcome, codes=codes)

    async def _take_answer(self, page: Page, message: messages.AskAnswer) -> None:
        """Handle a read-back's answer; a failed one is ignored, as the schedule repeats it."""
        if self.same_user.is_answer(page, message):
            await self.same_user.take_answer(page, message)
            return
        calls = self.pages.orgs.of(page.key).page_calls.get(page.route)
        records = calls.found_records(message.value) if calls and message.outcome == "ok" else None
        if records is None:
            log.warning("read_back.failed", agent=str(page.key), call=message.ask_id)
            return
        await self.pages.saving.found(page.key, message.ask_id, records)
