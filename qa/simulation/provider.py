"""A telephony provider on the virtual clock, which reports calls unreliably.

qa/simulation/lives.py keeps the truth of every call for the checker. The adapter knows less:
answers to POSTs come late or never, and only CDRs are right, when they are available.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.dialstack.meaning import cdr_from_row
from adapter.telephony.port import (
    Action,
    Capabilities,
    Cdr,
    Placed,
    ProviderError,
    ProviderUser,
    Rejected,
    Unknown,
)
from adapter.telephony.updates import CallUpdate, Webhook
from qa.checker.history import Post
from qa.simulation.calls import Letter
from qa.simulation.dice import Dice
from qa.simulation.lives import Lives
from qa.simulation.virtual import Timers

ACCOUNT = "acct"


class FakeProvider(Lives):
    """An unreliable adapter.telephony.port.Driver."""

    def __init__(
        self,
        dice: Dice,
        now: Callable[[], int],
        loop: Timers,
        post_letter: Callable[[Letter], None],
        *,
        who_of: Callable[[str], str],
        crew: Callable[[], Sequence[str]],
    ) -> None:
        super().__init__(dice, now, loop, post_letter, who_of=who_of, crew=crew)
        self.posts: list[Post] = []
        self.dials: dict[tuple[str, str], int] = {}

    # --- the adapter's requests -------------------------------------------------------------------

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities that matter here."""
        return Capabilities(call_log=True, emergency=True)

    async def place(
        self,
        call_id: str,
        user_id: str,
        dial_string: str,
        *,
        ring_profile: str | None = None,
        caller_id: str | None = None,
    ) -> Placed:
        """Accept a call, refuse it, or accept it without an answer."""
        await asyncio.sleep(self._dice.between(0.01, 0.2))
        answer, wait = self.order(user_id, dial_string)
        if wait:
            await asyncio.sleep(wait)
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    def order(self, user_id: str, dial_string: str) -> tuple[Placed | ProviderError, float]:
        """Handle a POST: its answer, and after how many seconds that comes."""
        dice, odds = self._dice, self._dice.odds
        dial = f"{user_id}/{dial_string}/{self.dials.get((user_id, dial_string), 0)}"
        post = Post(self._now(), dial)
        self.posts.append(post)
        if dice.breaks(odds.place_rejected, "placing-rejected"):
            post.answer = "422"
            return Rejected("http-422", "no such extension"), 0.0
        if dice.breaks(odds.place_5xx, "placing-5xx"):
            post.answer = "503"
            return Unknown("server error"), 0.0
        call = self._ring(user_id, dial_string)
        if dice.breaks(odds.place_reset, "placing-reset", call.id):
            post.answer = "reset"
            return Unknown("connection reset"), 0.0
        if dice.breaks(odds.place_slow, "placing-slow", call.id):
            wait = dice.between(12, 30)
        else:
            wait = dice.between(0.01, 0.2)
        return Placed(call.id if self._tells_id else None, None), wait

    async def fetch_cdr(self, provider_call_id: str) -> Cdr | None:
        """Return one CDR, if CDRs are available."""
        await self._call_log()
        row = self.row(provider_call_id)
        return None if row is None else cdr_from_row(row)

    def read(self, body: bytes, at: int) -> CallUpdate | None:
        """Not used: the scene that carries the letters reads them."""
        raise NotImplementedError

    def row(self, provider_call_id: str) -> CdrRow | None:
        """The CDR of the call, if there is one."""
        call = self.calls.get(provider_call_id)
        return call.row() if call is not None and call.listed else None

    async def list_cdrs(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """The user's CDRs, newest first."""
        await self._call_log()
        return tuple(map(cdr_from_row, self.rows(user_id, since_ms, limit)))

    def rows(self, user_id: str, since_ms: int, limit: int) -> tuple[CdrRow, ...]:
        """The user's CDRs, newest first."""
        rows = [
            call.row()
            for call in reversed(self.by_user.get(user_id, []))
            if call.listed and call.started_at >= since_ms
        ]
        return tuple(rows[:limit])

    async def _call_log(self) -> None:
        await asyncio.sleep(self._dice.between(0.01, 0.3))
        if self.is_down():
            raise Unknown("CDRs are unavailable")

    def is_down(self) -> bool:
        """Whether CDRs are unavailable this time."""
        return self._dice.breaks(self._dice.odds.call_log_down, "call-log-down")

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """Not used: nobody transfers calls here."""
        raise Rejected("http-404", "not here")

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Not used: nobody controls calls here."""
        raise Rejected("http-404", "not here")

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """Not used: the directory already knows everybody."""
        return ()

    async def register_webhook(self, url: str, events: Sequence[str]) -> Webhook:
        """Not used: webhooks need no registration here."""
        raise Rejected("http-404", "not here")

    async def close(self) -> None:
        """Nothing to close."""
