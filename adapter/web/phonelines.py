"""Which pages have their agent's phone in the browser: one each.

Law of this file: a phone lives no longer than the sign-in that let it in. Of one sign-in's pages
the last has it, for they settle it among themselves; another's takes it if the agent says so.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from adapter.core.model import AgentKey
from adapter.fanout.port import Hints
from adapter.telephony.browserphones import BrowserPhones
from adapter.telephony.port import ProviderError
from adapter.web.outbox import Outbox

log = structlog.get_logger(__name__)

_PHONE = "/phone"
"""Behind an agent's id: whose hint says that the phone is with another page now."""

SIGNED_OUT, TAKEN = 4003, 4010
UNUSED_SECONDS = 60.0
"""A page that reloads is back long before; nobody needs the password of one that is not."""


AWAY_SECONDS = 2.0
"""A reload is over by then."""


@dataclass(eq=False, slots=True)
class PhoneLine:
    """One page's phone: `session` is its sign-in's id, `phones` and `user` who made it."""

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
        hints.listen(self._on_hint)

    def everyone(self) -> list[PhoneLine]:
        """All of them, in no order."""
        return list(self._lines.values())

    def sessions_of(self, key: AgentKey) -> set[str]:
        """The sign-in of the agent's phone here, if there is one."""
        line = self._lines.get(key)
        return {line.session} if line else set()

    def is_taken(self, key: AgentKey, session: str) -> bool:
        """Whether another sign-in of the agent has the phone, here."""
        return bool(self.sessions_of(key) - {session})

    def add(self, line: PhoneLine) -> None:
        """This page has the agent's phone now; whoever had it, here or elsewhere, is told so."""
        before = self._lines.get(line.agent)
        self._lines[line.agent] = line
        if before is not None:
            before.outbox.close(TAKEN, "another page has the phone")
        self._moving = line.agent
        self._hints.publish(AgentKey(line.agent.org_id, line.agent.user_id + _PHONE), 1)
        self._moving = None

    def remove(self, line: PhoneLine) -> None:
        """It is gone, if it was here."""
        if self._lines.get(line.agent) is line:
            del self._lines[line.agent]

    def _on_hint(self, key: AgentKey, _version: int) -> None:
        if not key.user_id.endswith(_PHONE):
            return
        line = self._lines.get(AgentKey(key.org_id, key.user_id.removesuffix(_PHONE)))
        if line is not None and line.agent != self._moving:
            line.outbox.close(TAKEN, "another page has the phone")

    def sign_out(self, session: str) -> None:
        """A sign-in has ended: so does its phone."""
        for line in self.everyone():
            if line.session == session:
                line.signed_out = True
                line.outbox.close(SIGNED_OUT, "signed out")

    def leave(self) -> None:
        """This replica is leaving: pages come back to another."""
        for line in self.everyone():
            line.outbox.close(1012, "this replica is leaving")

    async def take_away(self, line: PhoneLine, seconds: float) -> None:
        """Have the provider forget the phone, after a while in which its page may come back.

        Of a page that is not back soon, the other party hears music meanwhile.
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
    """A provider that cannot do it now is logged, and no more."""
    try:
        yield
    except ProviderError as error:
        log.warning(event, agent=str(line.agent), reason=error.text)
