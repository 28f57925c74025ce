"""Checks, if configured, that a page's Salesforce user is the agent signed in to the phone.

A browser keeps the phone's session when somebody else signs in to Salesforce in it. Their page
would dial as the first agent, and write that agent's Tasks as their own. With
SOFTPHONE_CHECK_SALESFORCE_USER, a page may neither dial nor save until Salesforce has named its
user (by our Apex class, through the page's runApex), and another user's page ends its browser's
session. This prevents mistakes, not malice: a page could lie for its own user.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from adapter.core.numbers.phone import Dialable, DialKind, dialable
from adapter.page import frames
from adapter.page.messages import AskAnswer
from adapter.page.page import Page
from adapter.page.pages import Pages
from adapter.refusals import variables
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.web.signin.sessions import Sessions

log = structlog.get_logger(__name__)

OTHER = (
    "other-user",
    "Your user in Salesforce is not the one signed in to the phone. Sign in to the phone again.",
)
UNKNOWN = (
    "user-unknown",
    "Salesforce has not confirmed who you are, so you cannot dial. Try again, or tell your admin.",
)


@dataclass(eq=False, repr=False)
class SalesforceUserCheck:
    """Checks all pages of this process; without an Apex class every page passes."""

    apex_class: str
    agents: Agents
    pages: Pages
    sessions: Sessions
    clock: Clock

    def greet(self, page: Page) -> None:
        """Handle a page whose journal was applied: it is known, or is asked for its user."""
        if self.apex_class:
            self._ask_who(page)
        else:
            page.user_known = True

    async def refuses(self, page: Page, called: str, request_id: str) -> bool:
        """Whether this page may not call or transfer to that number yet.

        Then the request was answered so, and the page is asked once more. Emergency calls are
        always allowed.
        """
        if page.user_known:
            return False
        number = dialable(called, await self.agents.dial_rules(page.key))
        if isinstance(number, Dialable) and number.kind is DialKind.EMERGENCY:
            return False
        page.send(frames.error_frame(*UNKNOWN, request_id))
        self._ask_who(page)
        return True

    def is_answer(self, page: Page, message: AskAnswer) -> bool:
        """Whether the answer is to this check's question, not to one about a Task."""
        return bool(page.who_asked) and message.ask_id == page.who_asked

    async def take_answer(self, page: Page, message: AskAnswer) -> None:
        """Handle the page's answer with its user. Raises StorageError."""
        nonce, page.who_asked = page.who_asked, ""
        calls = self.pages.orgs.of(page.key).page_calls.get(page.route)
        who = calls.who_runs(message.value, nonce) if calls and message.outcome == "ok" else None
        if who is None:
            settings = list(variables(UNKNOWN[0]))
            log.warning("page.user_unknown", agent=str(page.key), settings=settings)
        elif who != (page.key.org_id[:15], page.key.user_id[:15]):
            await self._end_session(page)
        else:
            page.user_known = True
            self.pages.show(page.key, await self.agents.snapshot(page.key))

    def _ask_who(self, page: Page) -> None:
        calls = self.pages.orgs.of(page.key).page_calls.get(page.route)
        if calls is not None and not page.who_asked:
            page.who_asked = self.clock.nonce()
            page.send(frames.frame(calls.who_am_i(page.who_asked)))

    async def _end_session(self, page: Page) -> None:
        log.warning("page.other_user", agent=str(page.key), settings=list(variables(OTHER[0])))
        page.send(frames.error_frame(*OTHER))
        session = await self.sessions.keep(page.session)
        if session is not None:
            await self.sessions.end(session)
