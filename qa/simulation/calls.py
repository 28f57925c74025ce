"""The true facts of the provider's calls, and its CDRs of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from adapter.core.facts import Direction
from adapter.telephony.dialstack.cdr import CdrRow, parse_record
from adapter.telephony.dialstack.wire import parse_object
from adapter.telephony.updates import Moment
from qa.simulation.spelling import Spelling, row_of

# How an outbound call ends that nobody answers: the provider's status, its cause, their meaning.
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
class Leg:
    """One agent's part in a call that rang several agents. `taken`: a colleague answered it."""

    user: str
    taken: bool = False
    connected_at: int | None = None
    ended_at: int | None = None


@dataclass(slots=True)
class Ring:
    """One call as it truly is. `who` is the person that the click was about, if we placed it.

    `user` is whom the provider names: if it rang several agents (`legs`), the one who has it now.
    `unnamed`: only its ringing events name a user.
    """

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
    ends_told: int = 0
    legs: list[Leg] = field(default_factory=list)
    unnamed: bool = False
    spelling: Spelling | None = None

    @property
    def parts(self) -> list[Leg]:
        """Every agent's part in the call."""
        return self.legs or [Leg(self.user, connected_at=self.connected_at)]

    def leg(self, user: str) -> Leg:
        """This user's part in the call."""
        return next(leg for leg in self.legs if leg.user == user)

    def record(self) -> CdrRow:
        """The current CDR."""
        outbound = self.direction == "outbound"
        nobody = self.unnamed and self.connected_at is None
        return CdrRow(
            provider_call_id=self.id,
            user_id=None if nobody else self.user,
            direction=Direction(self.direction),
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

    def row(self) -> CdrRow:
        """The same as the adapter reads it; odd spellings go through the real parser."""
        record = self.record()
        if self.spelling is None:
            return record
        written = json.dumps({"id": self.id, **row_of(record), **self.spelling.fields})
        read = parse_record(parse_object(written.encode()))
        assert read is not None
        return read


@dataclass(frozen=True, slots=True)
class Letter:
    """A webhook on its way: what the event says, which may be less than the truth.

    `body` is its JSON if its spelling matters. `signed_at` (Unix seconds) is when it was first
    posted, and stays the same.
    """

    event_id: str
    moment: Moment
    record: CdrRow
    body: bytes = b""
    signed_at: float = 0.0
