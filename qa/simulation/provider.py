"""A telephony provider on the virtual clock: it rings, connects, ends, and tells of it badly.

The truth of every call is kept here, and is the checker's yardstick. Webhooks are doubled, late
and lost, fields are missing, answers to POSTs never come; the call log alone is right, when it is
up. One kindness: of a call that we did not place, at least one webhook arrives (nothing but
polling could find one that is never told of at all).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

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
    Webhook,
)
from adapter.telephony.updates import CallUpdate, Moment
from qa.checker.history import Post
from qa.simulation.dice import Dice
from qa.simulation.virtual import Timers

ACCOUNT = "acct"

# How a call of ours ends that nobody answers: the provider's status, its cause, what that means.
UNANSWERED: tuple[tuple[str, int | None, str], ...] = (
    ("completed", 16, "No Answer"),
    ("completed", None, "No Answer"),
    ("no-answer", 19, "No Answer"),
    ("busy", 17, "Busy"),
    ("failed", 21, "Rejected"),
    ("failed", 20, "Unreachable"),
    ("failed", 1, "Wrong Number"),
    ("failed", 38, "Failed"),
)


@dataclass(slots=True)
class Ring:
    """One call as it truly is. `who` is the person whom the click was about, if we placed it."""

    id: str
    user: str
    direction: str
    number: str
    started_at: int
    who: str | None = None
    disposition: str = ""
    picked_up_at: int | None = None
    connected_at: int | None = None
    ended_at: int | None = None
    status: str | None = None
    cause: int | None = None
    listed: bool = True
    told: int = 0

    def record(self) -> CdrRow:
        """The call log's row, as of now."""
        outbound = self.direction == "outbound"
        return CdrRow(
            provider_call_id=self.id,
            user_id=self.user,
            direction=self.direction,
            from_number="100" if outbound else self.number,
            to_number=self.number if outbound else "100",
            started_at=self.started_at,
            answered_at=self.picked_up_at,
            connected_at=self.connected_at,
            ended_at=self.ended_at,
            status=self.status,
            cause=self.cause,
            live=self.ended_at is None,
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """A webhook on its way: what the event says, which may be less than is true."""

    event_id: str
    moment: Moment
    record: CdrRow


class FakeProvider:
    """adapter.telephony.port.Driver, with a will of its own."""

    def __init__(
        self,
        dice: Dice,
        now: Callable[[], int],
        loop: Timers,
        post_letter: Callable[[Letter], None],
        who_of: Callable[[str], str],
    ) -> None:
        self.calls: dict[str, Ring] = {}
        self.by_user: dict[str, list[Ring]] = {}
        self.posts: list[Post] = []
        self.dials: dict[tuple[str, str], int] = {}
        self.under_way = 0
        self._dice = dice
        self._now = now
        self._loop = loop
        self._post_letter = post_letter
        self._who_of = who_of
        self._tells_id = dice.hits(0.2)
        self._letters = 0

    # --- what the adapter asks -------------------------------------------------------------------

    @property
    def capabilities(self) -> Capabilities:
        """What matters here."""
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
        """Take it, refuse it, or take it and not say so."""
        await asyncio.sleep(self._dice.between(0.01, 0.2))
        answer, wait = self.order(user_id, dial_string)
        if wait:
            await asyncio.sleep(wait)
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    def order(self, user_id: str, dial_string: str) -> tuple[Placed | ProviderError, float]:
        """A POST has arrived: the answer, and after how many seconds it comes."""
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
        """One row, when the call log is up."""
        await self._call_log()
        row = self.row(provider_call_id)
        return None if row is None else cdr_from_row(row)

    def read(self, body: bytes, at: int) -> CallUpdate | None:
        """Letters are read by the scene that carries them."""
        raise NotImplementedError

    def row(self, provider_call_id: str) -> CdrRow | None:
        """The call log's row, if it has one."""
        call = self.calls.get(provider_call_id)
        return call.record() if call is not None and call.listed else None

    async def list_cdrs(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """The user's rows, newest first."""
        await self._call_log()
        return tuple(map(cdr_from_row, self.rows(user_id, since_ms, limit)))

    def rows(self, user_id: str, since_ms: int, limit: int) -> tuple[CdrRow, ...]:
        """The user's rows in the call log, newest first."""
        rows = [
            call.record()
            for call in reversed(self.by_user.get(user_id, []))
            if call.listed and call.started_at >= since_ms
        ]
        return tuple(rows[:limit])

    async def _call_log(self) -> None:
        await asyncio.sleep(self._dice.between(0.01, 0.3))
        if self.is_down():
            raise Unknown("call log is down")

    def is_down(self) -> bool:
        """Whether the call log does not answer this time."""
        return self._dice.breaks(self._dice.odds.call_log_down, "call-log-down")

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """Nobody hands calls over here."""
        raise Rejected("http-404", "not here")

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Nobody controls calls here."""
        raise Rejected("http-404", "not here")

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """The directory knows everybody already."""
        return ()

    async def register_webhook(self, url: str, events: Sequence[str]) -> Webhook:
        """Webhooks find their way."""
        raise Rejected("http-404", "not here")

    async def close(self) -> None:
        """Nothing to let go of."""

    # --- what calls do ---------------------------------------------------------------------------

    def _new(self, user: str, direction: str, number: str) -> Ring:
        call = Ring(f"pc_{len(self.calls) + 1}", user, direction, number, self._now())
        self.calls[call.id] = call
        self.by_user.setdefault(user, []).append(call)
        self.under_way += 1
        return call

    def _ring(self, user: str, number: str) -> Ring:
        """Our POST was taken: the user's devices ring, and nobody tells us."""
        dice = self._dice
        call = self._new(user, "outbound", number)
        call.who = self._who_of(number)
        call.listed = self._tells_id
        if dice.hits(dice.odds.never_picked_up):
            dice.fault("never-picked-up", call.id)
            self._after(60, lambda: self._given_up(call))
        elif dice.hits(dice.odds.late_pick_up):
            dice.fault("late-pick-up", call.id)
            self._after(dice.between(46, 200), lambda: self._picked_up(call))
        else:
            self._after(dice.between(1, 15), lambda: self._picked_up(call))
        return call

    def _given_up(self, call: Ring) -> None:
        self.under_way -= 1
        call.status, call.cause, call.ended_at = "no-answer", 19, self._now()

    def desk_call(self, user: str, number: str) -> None:
        """The agent dials on the desk phone."""
        self._picked_up(self._new(user, "outbound", number))

    def _picked_up(self, call: Ring) -> None:
        dice = self._dice
        call.listed = True
        call.picked_up_at = self._now()
        self._tell(call, Moment.DIALED)
        if dice.hits(0.7):
            self._after(dice.between(1, 20), lambda: self._connected(call))
            return
        status, cause, disposition = dice.random.choice(UNANSWERED)
        after = dice.between(0.5, 40)
        self._after(after, lambda: self._over(call, status, cause, disposition))

    def inbound(self, user: str, number: str) -> None:
        """Somebody calls the agent, who takes it or not."""
        dice = self._dice
        call = self._new(user, "inbound", number)
        self._tell(call, Moment.RINGING)
        after = dice.between(1, 25)
        if dice.hits(0.6):
            self._after(after, lambda: self._connected(call))
        else:
            self._after(after, lambda: self._over(call, "no-answer", 19, "Missed"))

    def _connected(self, call: Ring) -> None:
        call.connected_at = self._now()
        if call.direction == "inbound":
            call.picked_up_at = call.connected_at
        self._tell(call, Moment.CONNECTED)
        talk = self._dice.between(0.2, 120)
        if call.direction == "outbound" and self._dice.hits(0.07):
            self._after(talk, lambda: self._over(call, "voicemail", None, "Left Voicemail"))
            return
        if self._dice.hits(0.03):
            talk += 600
        self._after(talk, lambda: self._over(call, "completed", 16, "Connected"))

    def _over(self, call: Ring, status: str, cause: int | None, disposition: str) -> None:
        self.under_way -= 1
        call.ended_at = self._now()
        call.status, call.cause, call.disposition = status, cause, disposition
        self._tell(call, Moment.ENDED)

    # --- what it tells ---------------------------------------------------------------------------

    def _tell(self, call: Ring, moment: Moment) -> None:
        dice, odds = self._dice, self._dice.odds
        self._letters += 1
        letter = Letter(f"evt_{self._letters}", moment, self._said(call.record(), moment))
        must_come = call.who is None and moment is Moment.ENDED and not call.told
        if not must_come and dice.breaks(odds.webhook_lost, "webhook-lost", call.id):
            return
        call.told += 1
        self._send(letter, call.id)
        if dice.breaks(odds.webhook_doubled, "webhook-doubled", call.id):
            self._send(letter, call.id)

    def _send(self, letter: Letter, call_id: str) -> None:
        dice, odds = self._dice, self._dice.odds
        late = dice.breaks(odds.webhook_late, "webhook-reordered", call_id)
        wait = dice.between(0.5, 30) if late else dice.between(0.02, 0.3)
        self.under_way += 1
        self._after(wait, lambda: self._post(letter))

    def _post(self, letter: Letter) -> None:
        self.under_way -= 1
        self._post_letter(letter)

    def _said(self, record: CdrRow, moment: Moment) -> CdrRow:
        """Any field may be missing."""
        dice = self._dice
        if dice.breaks(dice.odds.user_missing, "user-missing", record.provider_call_id):
            record = replace(record, user_id=None)
        if dice.breaks(dice.odds.field_missing, "field-missing", record.provider_call_id):
            spoilt = dice.random.choice(("connected_at", "ended_at", "status", "started_at"))
            record = replace(record, **{spoilt: None})
        return record

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._loop.call_later(seconds, act)
