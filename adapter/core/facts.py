"""What we know about a call, as a value that only grows.

The provider guarantees neither order nor exactly-once delivery, so nothing here depends on them:
`Facts.join` is commutative, associative and idempotent (a join semilattice). Events give the same
facts in any order and however often they are repeated. The CDR fills the gaps, and outranks every
other source (`Source.CDR`).
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, Generic, TypeVar

from adapter.core.values import Value


class Source(IntEnum):
    """Where a fact comes from; a higher source outranks a lower one."""

    OBSERVED = 1
    """Our own clock when the event arrived, or the agent said so."""
    EVENT = 2
    """A field of the provider's event."""
    CDR = 3
    """The provider's CDR."""


class Direction(StrEnum):
    """The direction of a call, from the call center's point of view."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    INTERNAL = "internal"


class Outcome(StrEnum):
    """How a call ended, by the provider's status and cause.

    Causes are Q.850's: https://www.itu.int/rec/T-REC-Q.850
    """

    COMPLETED = "completed"
    """Ended normally. Does not prove a conversation: an unanswered call may end like this too."""
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    WRONG_NUMBER = "wrong-number"
    FAILED = "failed"
    VOICEMAIL = "voicemail"
    ANSWERED = "answered"
    """The agent talked to somebody: derived from `connected`, never reported by a provider."""
    MISSED = "missed"
    """An inbound call that the agent did not answer: derived as well."""
    ELSEWHERE = "elsewhere"
    """An inbound call that rang here and was answered by a colleague: derived as well."""


class PhoneRefusal(StrEnum):
    """Why the agent's own phones were not picked up, if they reported a reason."""

    DECLINED = "declined"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    """None of them rang."""


# On Python 3.11 an enum member's lookup takes seven times as long as a global name.
OBSERVED: Final = Source.OBSERVED
CDR: Final = Source.CDR
OUTBOUND: Final = Direction.OUTBOUND
INBOUND: Final = Direction.INBOUND
VOICEMAIL: Final = Outcome.VOICEMAIL
MISSED: Final = Outcome.MISSED
ELSEWHERE: Final = Outcome.ELSEWHERE

LONGEST_TALK_MS: Final = 24 * 3_600_000
"""A longer talk means a wrong timestamp, and a number that Salesforce may reject permanently."""

T = TypeVar("T", int, str, Direction, Outcome, PhoneRefusal)


class Known(Value, Generic[T], frozen=True, array_like=True):
    """A value and its source."""

    value: T
    source: Source


def better(one: Known[T] | None, other: Known[T] | None) -> Known[T] | None:
    """The one with the higher source; of equal sources the smaller value, whatever the order."""
    if other is None or one is other:
        return one
    if one is None:
        return other
    if one.source is not other.source:
        return one if one.source > other.source else other
    return one if one.value <= other.value else other


class Facts(Value, frozen=True):
    """Everything that events and CDRs have reported about one call; times are Unix milliseconds.

    `number` is the other party's, as the provider writes it; `own_number` is ours, called or shown
    as caller ID. `phone` is why the agent's own phone was not picked up (outbound), `picked_up`
    when it was, `connected` when both parties could talk. `recording` is the provider's name of the
    recording, `summary` its summary of the conversation; `taken` is when a colleague answered a
    call that rang here.
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
        """Whether the call has ended, at least for this agent."""
        return self.ended is not None or self.transferred is not None

    @property
    def has_final_cdr(self) -> bool:
        """Whether a CDR has reported the end, so that no other lookup is needed."""
        return self.ended is not None and self.ended.source is CDR

    @property
    def is_inbound(self) -> bool:
        """Whether the call is known to be inbound."""
        return self.direction is not None and self.direction.value is INBOUND

    @property
    def is_certain(self) -> bool:
        """Whether the talk time of an ended call is certain without its CDR.

        It is if it comes from a CDR, if the provider reported both the beginning and the end of
        the talk, or if the outcome excludes a talk and nothing suggests one.
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
        """How long both parties could talk, in milliseconds; None if they were never connected."""
        over = self.transferred or self.ended
        if self.connected is None or over is None:
            return None
        talk = min(over.value - self.connected.value, LONGEST_TALK_MS)
        if self.started is not None and self.started.source > OBSERVED:
            talk = min(talk, over.value - self.started.value)  # no talk before the call begins
        return max(0, talk)

    @property
    def result(self) -> Outcome:
        """How the call really ended.

        "completed" without a connection means no answer: providers report it for an unanswered
        destination, too, with a duration counted from the agent's own pick-up. If the call was
        inbound, it was missed.
        """
        reported = self.outcome.value if self.outcome else Outcome.COMPLETED
        if reported is VOICEMAIL:
            return reported
        if self.connected is not None:
            return Outcome.ANSWERED
        if self.is_inbound:
            return MISSED if self.taken is None else ELSEWHERE
        return Outcome.NO_ANSWER if reported is Outcome.COMPLETED else reported


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
