"""The provider's calls, and its reports of them: late, twice, in part or not at all.

These exceptions keep the truth knowable. A call that we did not place sends at least one webhook. A
group's ringing is posted at once and names its agents; a late or repeated copy says when it was
first posted, because otherwise it would mean a new ringing. Whoever takes a call over is named, at
once and completely.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.updates import Moment
from qa.simulation import spelling
from qa.simulation.calls import UNANSWERED, Leg, Letter, Ring
from qa.simulation.dice import Dice
from qa.simulation.virtual import Timers

RETRIED_SECONDS = (1_800.0, 9_000.0)
"""The delays in seconds after which a delivery is tried again, or finally arrives."""


class Lives:
    """All calls, each running through its phases on the virtual clock."""

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
        self.calls: dict[str, Ring] = {}
        self.by_user: dict[str, list[Ring]] = {}
        self.under_way = 0
        self._dice = dice
        self._now = now
        self._loop = loop
        self._post_letter = post_letter
        self._who_of = who_of
        self._crew = crew
        self._tells_id = dice.hits(0.2)
        self._letters = 0

    # --- calls that we place, and those of the desk phone ----------------------------------------

    def _new(self, user: str, direction: str, number: str) -> Ring:
        dice = self._dice
        call = Ring(f"pc_{len(self.calls) + 1}", user, direction, number, self._now())
        if dice.breaks(dice.odds.odd_letters, "odd-letters", call.id):
            inbound, random = direction == "inbound", dice.random
            odd = spelling.of_caller(random, number) if inbound else spelling.of_line(random)
            call.spelling = odd
        self.calls[call.id] = call
        self.by_user.setdefault(user, []).append(call)
        self.under_way += 1
        return call

    def _ring(self, user: str, number: str) -> Ring:
        """Our POST was accepted: the user's devices ring, without a webhook."""
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

    # --- calls that come in ----------------------------------------------------------------------

    def inbound(self, user: str, number: str) -> None:
        """Somebody calls the agent, who answers or not; perhaps a greeting plays first."""
        dice = self._dice
        call = self._new(user, "inbound", number)
        if dice.breaks(dice.odds.greeting, "greeting", call.id):
            call.picked_up_at = self._now()
            self._after(dice.between(1, 8), lambda: self._rings(call))
        else:
            self._rings(call)

    def _rings(self, call: Ring) -> None:
        dice, odds = self._dice, self._dice.odds
        crew = [user for user in self._crew() if user != call.user]
        if crew and dice.breaks(odds.group, "group", call.id):
            self._rings_at_all(call, dice.random.choice(crew))
            return
        self._tell(call, Moment.RINGING)
        if crew and dice.breaks(odds.colleague, "colleague", call.id):
            call.legs = [Leg(call.user), Leg(dice.random.choice(crew))]
            self._after(dice.between(1, 25), lambda: self._taken(call, call.legs[1], sure=True))
        elif crew and dice.breaks(odds.fetched, "fetched", call.id):
            call.legs = [Leg(call.user), Leg(dice.random.choice(crew))]
            self._after(dice.between(1, 25), lambda: self._parked(call))
        else:
            self._taken_or_missed(call, 0.6, lambda: self._connected(call))

    def _taken_or_missed(self, call: Ring, odds: float, taken: Callable[[], None]) -> None:
        dice = self._dice
        after = dice.between(1, 25)
        if dice.hits(odds):
            self._after(after, taken)
        else:
            # A caller who hangs up during a greeting had an answered and completed call.
            status, cause = ("completed", 16) if call.picked_up_at else ("no-answer", 19)
            self._after(after, lambda: self._over(call, status, cause, "Missed"))

    def _rings_at_all(self, call: Ring, colleague: str) -> None:
        """A ring group: two phones ring at once, and one of them answers."""
        dice = self._dice
        call.legs = [Leg(call.user), Leg(colleague)]
        call.unnamed = dice.breaks(dice.odds.unnamed, "group-unnamed", call.id)
        for leg in call.legs:
            self._tell(call, Moment.RINGING, leg.user)
        taker = dice.random.choice(call.legs)
        self._taken_or_missed(call, 0.7, lambda: self._taken(call, taker))

    def _taken(self, call: Ring, taker: Leg, *, sure: bool = False) -> None:
        """One user answers; the other phones stop ringing, and their users have nothing to log."""
        call.user = taker.user
        for leg in call.legs:
            leg.taken = leg is not taker
        self._connected(call, sure=sure)

    def _parked(self, call: Ring) -> None:
        """One user talks and parks the call; another fetches it and has a talk of their own."""
        first, second = call.legs
        self._begin_talk(call)
        self._tell(call, Moment.CONNECTED, first.user)

        def fetch() -> None:
            first.ended_at, call.user = self._now(), second.user
            self._connected(call, sure=True)

        self._after(self._dice.between(12, 90), fetch)

    # --- talks -----------------------------------------------------------------------------------

    def _begin_talk(self, call: Ring) -> None:
        call.connected_at = self._now()
        if call.direction == "inbound" and call.picked_up_at is None:
            call.picked_up_at = call.connected_at
        if call.legs:
            call.leg(call.user).connected_at = call.connected_at

    def _connected(self, call: Ring, *, sure: bool = False) -> None:
        self._begin_talk(call)
        self._tell(call, Moment.CONNECTED, call.user if sure else None)
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

    # --- webhooks ---------------------------------------------------------------------------

    def _tell(self, call: Ring, moment: Moment, user: str | None = None) -> None:
        """Report an event, or not; with a `user`, at once, completely, and naming this user."""
        dice, odds = self._dice, self._dice.odds
        self._letters += 1
        letter = self._letter(call, moment, user)
        must_come = call.who is None and moment is Moment.ENDED and not call.ends_told
        sure = user is not None
        if not (must_come or sure) and dice.breaks(odds.webhook_lost, "webhook-lost", call.id):
            return
        call.ends_told += 1
        self._send(letter, call.id, sure=sure)
        if dice.breaks(odds.webhook_doubled, "webhook-doubled", call.id):
            self._send(letter, call.id)
        if dice.breaks(odds.retried, "retried-hours-later", call.id):
            self._post_after(dice.between(*RETRIED_SECONDS), letter)

    def _letter(self, call: Ring, moment: Moment, user: str | None) -> Letter:
        event_id, record = f"evt_{self._letters}", call.record()
        if user is not None:
            record = replace(record, user_id=user)
        else:
            record = self._said(replace(record, user_id=None) if call.unnamed else record)
        odd = call.spelling
        raw = spelling.body(event_id, moment, record, odd) if odd is not None else b""
        return Letter(event_id, moment, record, raw)

    def _send(self, letter: Letter, call_id: str, *, sure: bool = False) -> None:
        dice, odds = self._dice, self._dice.odds
        wait = dice.between(0.02, 0.3)
        if not sure and dice.breaks(odds.webhook_late, "webhook-reordered", call_id):
            wait = dice.between(0.5, 30)
        elif not sure and dice.breaks(odds.hours_late, "told-hours-later", call_id):
            wait = dice.between(*RETRIED_SECONDS)
        self._post_after(wait, letter)

    def _post_after(self, seconds: float, letter: Letter) -> None:
        self.under_way += 1
        self._after(seconds, lambda: self._post(letter))

    def _post(self, letter: Letter) -> None:
        self.under_way -= 1
        self._post_letter(letter)

    def _said(self, record: CdrRow) -> CdrRow:
        """The event's record; any field may be missing."""
        dice = self._dice
        if dice.breaks(dice.odds.user_missing, "user-missing", record.provider_call_id):
            record = replace(record, user_id=None)
        if dice.breaks(dice.odds.field_missing, "field-missing", record.provider_call_id):
            spoilt = dice.random.choice(("connected_at", "ended_at", "status", "started_at"))
            record = replace(record, **{spoilt: None})
        return record

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._loop.call_later(seconds, act)
