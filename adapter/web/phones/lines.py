"""Tracks which page has an agent's phone in the browser.

Law of this file: a phone lives no longer than its sign-in. Among one sign-in's pages, which agree
with each other, the last one has it; another sign-in's page takes it on the agent's request.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from adapter.core.model import AgentKey
from adapter.fanout.port import Hints, Topic
from adapter.telephony.browserphones import BrowserPhones
from adapter.telephony.port import ProviderError
from adapter.web.sockets.outbox import Outbox

log = structlog.get_logger(__name__)

SIGNED_OUT, TAKEN = 4003, 4010
UNUSED_SECONDS = 60.0
"""How long the password of a closed page stays valid; a reloading page is back sooner."""


AWAY_SECONDS = 2.0
"""The time in which a reloading page is back."""


@dataclass(eq=False, slots=True)
class PhoneLine:
    """A page's phone; `session` is its sign-in's id, `phones` and `user` created its login."""

    agent: AgentKey
    session: str
    outbox: Outbox = field(repr=False)
    phones: BrowserPhones = field(repr=False)
    user: str
    signed_out: bool = False


class PhoneLines:
    """The phones of this replica's pages."""

    def __init__(self, hints: Hints) -> None:
        self._lines: dict[AgentKey, PhoneLine] = {}
        self._hints = hints
        self._moving: AgentKey | None = None
        hints.listen(self._on_moved, Topic.PHONE_MOVED)

    def everyone(self) -> list[PhoneLine]:
        """All phones, unordered."""
        return list(self._lines.values())

    def sign_ins(self, key: AgentKey | None = None) -> set[str]:
        """The sign-ins of the agent's phone, or of all phones, at this replica."""
        return {line.session for line in self.everyone() if key in {None, line.agent}}

    def is_taken(self, key: AgentKey, session: str) -> bool:
        """Whether another sign-in of the agent has the phone, at this replica."""
        return bool(self.sign_ins(key) - {session})

    def add(self, line: PhoneLine) -> None:
        """Give the agent's phone to this page; its last page, here or elsewhere, is notified."""
        before = self._lines.get(line.agent)
        self._lines[line.agent] = line
        if before is not None:
            before.outbox.close(TAKEN, "another page has the phone")
        self._moving = line.agent
        self._hints.publish(line.agent, topic=Topic.PHONE_MOVED)
        self._moving = None

    def remove(self, line: PhoneLine) -> None:
        """Remove a phone, if it is known."""
        if self._lines.get(line.agent) is line:
            del self._lines[line.agent]

    def _on_moved(self, agent: AgentKey, _version: int) -> None:
        line = self._lines.get(agent)
        if line is not None and agent != self._moving:
            line.outbox.close(TAKEN, "another page has the phone")

    def sign_out(self, session: str) -> None:
        """Close the phone of a sign-in that has ended."""
        for line in self.everyone():
            if line.session == session:
                line.signed_out = True
                line.outbox.close(SIGNED_OUT, "signed out")

    def leave(self) -> None:
        """This replica stops: close all phones, so pages reconnect to another."""
        for line in self.everyone():
            line.outbox.close(1012, "this replica is leaving")

    async def take_away(self, line: PhoneLine, seconds: float) -> None:
        """Remove the phone at the provider, after a time in which its page may reconnect.

        If the page is not back soon, the other party hears music meanwhile.
        """
        away = min(seconds, AWAY_SECONDS)
        await asyncio.sleep(away)
        if away and line.agent not in self._lines:
            with _log_failure(line, "phone.no_music"):
                await line.phones.comfort(line.user)
        await asyncio.sleep(seconds - away)
        if line.agent not in self._lines:
            with _log_failure(line, "phone.not_taken_away"):
                await line.phones.close_phone(line.user, unused=seconds > 0)


@contextlib.contextmanager
def _log_failure(line: PhoneLine, event: str) -> Iterator[None]:
    """Log a provider's failure."""
    try:
        yield
    except ProviderError as error:
        log.warning(event, agent=str(line.agent), reason=error.text)
