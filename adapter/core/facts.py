"""What we know of a call, as a value that only ever grows.

The provider promises neither order nor exactly-once delivery, so nothing here depends on either:
`Facts.join` is commutative, associative and idempotent (a join semilattice). Whatever order a
call's events arrive in, repeated or not, the joined facts are the same; what was left out is
filled in by the provider's call log, whose word (`Source.CDR`) outranks all others.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, Generic, TypeVar

from adapter.core.values import Value


class Source(IntEnum):
    """How well a thing is known; a higher source wins over a lower one."""

    OBSERVED = 1
    """Our own clock when the event arrived (or the agent's word)."""
    EVENT = 2
    """A field of the provider's event."""
    CDR = 3
    """The provider's call log."""


class Direction(StrEnum):
    """Which way a call goes, as seen by the call center."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    INTERNAL = "internal"


class Outcome(StrEnum):
    """How a call ended, as the provider's status and cause tell.

    Causes are Q.850's: https://www.itu.int/rec/T-REC-Q.850
    """

    COMPLETED = "completed"
    """Ended normally. Proves nothing about a talk: an unanswered destination ends so too."""
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    WRONG_NUMBER = "wrong-number"
    FAILED = "failed"
    VOICEMAIL = "voicemail"
    ANSWERED = "answered"
    """Somebody talked to the agent: never said by a provider, derived from `connected`."""
    MISSED = "missed"
    """An inbound call that the agent did not take: derived as well."""
    ELSEWHERE = "elsewhere"
    """An inbound call that rang here and that a colleague took: derived as well."""


class PhoneRefusal(StrEnum):
    """Why the agent's own phones were not picked up, where they said so."""

    DECLINED = "declined"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    """None of them rang."""


# To look a member up in its enumeration takes Python 3.11 seven times as long as a name of its own.
OBSERVED: Final = Source.OBSERVED
CDR: Final = Source.CDR
OUTBOUND: Final = Direction.OUTBOUND
INBOUND: Final = Direction.INBOUND
VOICEMAIL: Final = Outcome.VOICEMAIL
MISSED: Final = Outcome.MISSED
ELSEWHERE: Final = Outcome.ELSEWHERE

LONGEST_TALK_MS: Final = 24 * 3_600_000
"""What is longer is a wrong time, and a number that Salesforce may refuse for good."""

T = TypeVar("T", int, str, Direction, Outcome, PhoneRefusal)


class Known(Value, Generic[T], frozen=True, array_like=True):
    """A value and how well it is known."""

    value: T
    source: Source


def better(one: Known[T] | None, other: Known[T] | None) -> Known[T] | None:
    """The better known of two; equally well known, the smaller one (so that order is no matter)."""
    if other is None or one is other:
        return one
    if one is None:
        return other
    if one.source is not other.source:
        return one if one.source > other.source else other
    return one if one.value <= other.value else other


class Facts(Value, frozen=True):
    """All that any event or record has told of one call; times are Unix milliseconds.

    `number` is the other party's, as the provider writes it, `own_number` the one of ours that was
    called or shown; `phone` is why the agent's own was not picked up (outbound), `picked_up` when
    it was, `connected` when both parties could talk. `recording` is the name by which the provider
    finds what was recorded of it, `summary` what it says that was talked about; `taken` is when a
    colleague took what rang here.
    """

    direction: Known[Direction] | None = None
    number: Known[str] | None = None
    name: Known[str] | None = None
    started: Known[int] | None = None
    picked_up: Known[int] | None = None
    connected: Known[int] | None = None
    ended: Known[int] | None = None
    outcome: Known[Outcome] | None = None
    transferred: Known[int] | None = None
    own_number: Known[str] | None = None
    phone: Known[PhoneRefusal] | None = None
    recording: Known[str] | None = None
    summary: Known[str] | None = None
    taken: Known[int] | None = None

    def join(self, other: Facts) -> Facts:
        """Both together: commutative, associative, idempotent."""
        if other is NOTHING_KNOWN or other is self:
            return self
        if self is NOTHING_KNOWN:
            return other
        return Facts(
            better(self.direction, other.direction),
            better(self.number, other.number),
            better(self.name, other.name),
            better(self.started, other.started),
            better(self.picked_up, other.picked_up),
            better(self.connected, other.connected),
            better(self.ended, other.ended),
            better(self.outcome, other.outcome),
            better(self.transferred, other.transferred),
            better(self.own_number, other.own_number),
            better(self.phone, other.phone),
            better(self.recording, other.recording),
            better(self.summary, other.summary),
            better(self.taken, other.taken),
        )

    @property
    def is_over(self) -> bool:
        """Whether the call has ended, for this agent at least."""
        return self.ended is not None or self.transferred is not None

    @property
    def has_final_cdr(self) -> bool:
        """Whether the call log has told of the end, so that nothing more is to be asked."""
        return self.ended is not None and self.ended.source is CDR

    @property
    def is_inbound(self) -> bool:
        """Whether it is told, or was seen, that the call came in."""
        return self.direction is not None and self.direction.value is INBOUND

    @property
    def is_certain(self) -> bool:
        """Whether an ended call's talk time needs no question to the call log.

        Certain are: the call log's own word; both ends of the talk said by the provider; an
        outcome in which nobody talked, and no sign of a talk.
        """
        over = self.transferred or self.ended
        if over is None:
            return False
        if self.has_final_cdr:
            return True
        if self.connected is not None:
            return min(self.connected.source, over.source) >= Source.EVENT
        return self.outcome is not None and self.outcome.value in _SILENT

    @property
    def talk_ms(self) -> int | None:
        """How long both parties could talk, in milliseconds; None if they never could."""
        over = self.transferred or self.ended
        if self.connected is None or over is None:
            return None
        talk = min(over.value - self.connected.value, LONGEST_TALK_MS)
        if self.started is not None and self.started.source > OBSERVED:
            talk = min(talk, over.value - self.started.value)  # nobody talks before it begins
        return max(0, talk)

    @property
    def result(self) -> Outcome:
        """How the call ended, with the traps disarmed.

        "completed" without a connection is no answer (an unanswered destination ends so, with a
        duration counted from the agent's own pick-up), and a missed call if it came in.
        """
        told = self.outcome.value if self.outcome else Outcome.COMPLETED
        if told is VOICEMAIL:
            return told
        if self.connected is not None:
            return Outcome.ANSWERED
        if self.is_inbound:
            return MISSED if self.taken is None else ELSEWHERE
        return Outcome.NO_ANSWER if told is Outcome.COMPLETED else told


_SILENT = frozenset(
    {
        Outcome.BUSY,
        Outcome.NO_ANSWER,
        Outcome.REJECTED,
        Outcome.UNREACHABLE,
        Outcome.WRONG_NUMBER,
        Outcome.FAILED,
    }
)

NOTHING_KNOWN = Facts()
