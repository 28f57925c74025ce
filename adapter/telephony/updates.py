"""What a provider's event or CDR says about one call, before its agent is known.

A provider uses its own call and user ids. The core's events also carry our call id and the time
of the decision; `as_event` adds these when the agent is known.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from adapter.core import events
from adapter.core.facts import Direction, Facts
from adapter.core.incall import NOTHING_IN_CALL, InCall
from adapter.core.numbers.callerid import cleaned


class Moment(StrEnum):
    """The point in a call's life that an update is about."""

    RINGING = "ringing"
    """The call rings at the agent's phones, or at the account if no agent is named yet."""
    DIALED = "dialed"
    """The agent's own phone was picked up; the destination is being dialed."""
    CONNECTED = "connected"
    ENDED = "ended"
    TRANSFERRED = "transferred"
    IN_CALL = "in-call"
    """Something within the call has changed; `CallUpdate.in_call` has the whole new state."""
    CDR = "cdr"
    """Not an event: the provider's own record of the call, which we fetched."""


class CallUpdate(Struct, frozen=True):
    """News of one call; `user_id` is None if the provider does not name the agent."""

    moment: Moment
    provider_call_id: str
    user_id: str | None
    facts: Facts
    in_call: InCall = NOTHING_IN_CALL

    @property
    def is_internal(self) -> bool:
        """Whether two users talk; each gets every moment under their own name."""
        return self._has_direction(Direction.INTERNAL)

    @property
    def is_inbound(self) -> bool:
        """Whether the call comes from outside, so it may ring at several users."""
        return self._has_direction(Direction.INBOUND)

    def _has_direction(self, direction: Direction) -> bool:
        known = self.facts.direction
        return known is not None and known.value is direction

    def is_elsewhere(self, user: str | None) -> bool:
        """Whether it is about another user's part in a call that may have rung at this one's."""
        return self.user_id not in (None, user) and not self.is_internal


class DriverState(Struct, frozen=True):
    """A steering driver's state of one call, committed with the delivery that changes it.

    `call_id` is ours; `value` is text that only the driver reads; `version` is the version that was
    read (0: none yet); `over`: the driver no longer steers the call.
    """

    call_id: str
    value: str
    version: int = 0
    over: bool = False


@dataclass(frozen=True, slots=True)
class Webhook:
    """A registered endpoint; the provider shows the secret only once."""

    endpoint_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegisteredWebhook:
    """An endpoint as the provider lists it, without the secret."""

    endpoint_id: str
    url: str
    events: tuple[str, ...]


class WebhookReply(Struct, frozen=True):
    """The response that a provider wants to an accepted delivery (such as TwiML)."""

    body: bytes = b""
    content_type: str = "text/plain"


class WebhookRefusal(Struct, frozen=True):
    """A refused webhook: the status, a stable code and a sentence for its sender.

    `reason` is a few words for our log and counters. `unproved`: nothing shows that the provider
    sent it, so the sender's address is watched.
    """

    status: int
    code: str
    text: str
    reason: str
    unproved: bool = True


class IncomingDelivery(Struct, frozen=True):
    """One event of a provider, verified and read.

    `event_id` is unique in the account; a stream's driver derives it from the event's content, so
    a repeated event has the same id. `Driver.read` gets `body` again if the delivery was parked.
    `update` is None if it concerns no call. With `readable` False it is stored but not used.
    `parkable`: it waits until an agent has the call; otherwise it is dropped. `states` are
    committed with it or not at all. `signed_at` is when the provider signed it (Unix seconds).
    `problem` says for the log what is odd about it.
    """

    account: str
    event_id: str
    type: str
    body: bytes
    update: CallUpdate | None = None
    readable: bool = True
    parkable: bool = True
    states: tuple[DriverState, ...] = ()
    signed_at: float | None = None
    reply: WebhookReply | None = None
    problem: str = ""


def found_talk(account: str, update: CallUpdate) -> IncomingDelivery | None:
    """A CDR's finished talk as a delivery to the user it names; one per call.

    None if it shows no talk. Not parkable, because it is useless if no agent has that user.
    """
    is_talk = update.is_inbound and update.facts.connected is not None and update.facts.is_over
    if update.user_id is None or not is_talk:
        return None
    name = f"talk-{update.provider_call_id}"
    return IncomingDelivery(account, name, "call.record", b"", update, parkable=False)


def event_for(
    update: CallUpdate,
    user: str | None,
    *,
    at: int,
    call_id: str,
    known: bool,
    shared: bool = False,
    sent_at: int | None = None,
    callers: bool | None = None,
) -> events.Report | None:
    """The event for the agent with this provider user; None if it does not concern them.

    `known`: the agent has this call; `shared`: another agent has it too, as in a ring group.
    `sent_at` is when the provider first sent it (Unix ms), so a repeated delivery does not count
    as later ringing. `callers`: whether the named user began the call; None if that is unknown.
    """
    if update.user_id is None and shared and update.is_inbound:
        return _without_talk(update, at, call_id)
    if update.user_id in (None, user):
        return as_event(update, at=at, call_id=call_id, known=known)
    if not known:
        return None
    kind = _ELSEWHERE.get(update.moment)
    if kind is None:
        elsewhere = update.is_elsewhere(user)
        return as_event(update, at=at, call_id=call_id, known=known, elsewhere=elsewhere)
    if callers or (update.is_internal and callers is None):
        return None  # the agent gets the moment under their own name
    when = at if sent_at is None or kind is not events.RingingElsewhere else min(at, sent_at)
    return kind(when, call_id, known, update.provider_call_id, cleaned(update.facts))


def _without_talk(update: CallUpdate, at: int, call_id: str) -> events.Report | None:
    """Without the talk, because several agents may have had it: the CDR will say who."""
    if update.moment is Moment.CONNECTED:
        return None
    over = replace(update, facts=replace(update.facts, connected=None, outcome=None))
    return as_event(over, at=at, call_id=call_id, known=True)


def as_event(
    update: CallUpdate, *, at: int, call_id: str, known: bool, elsewhere: bool = False
) -> events.Report:
    """The update as the event for the agent's machine (see `events.CallEvent`).

    Placeholders of networks for numbers and names are removed here, for all providers.
    """
    unnamed = update.user_id is None and update.is_inbound
    fields = call_id, known, update.provider_call_id, cleaned(update.facts), elsewhere, unnamed
    if update.moment is Moment.IN_CALL:
        return events.InCallChanged(at, *fields, in_call=update.in_call)
    event = _EVENTS[update.moment]
    return event(at, *fields)


_ELSEWHERE: dict[Moment, type[events.RingingElsewhere | events.AnsweredElsewhere]] = {
    Moment.RINGING: events.RingingElsewhere,
    Moment.CONNECTED: events.AnsweredElsewhere,
}
"""The events for an agent at whom a call rings that rings or is answered elsewhere."""

_EVENTS: dict[Moment, type[events.Report]] = {
    Moment.RINGING: events.InboundRinging,
    Moment.DIALED: events.DestinationDialed,
    Moment.CONNECTED: events.Connected,
    Moment.ENDED: events.CallEnded,
    Moment.TRANSFERRED: events.Transferred,
    Moment.CDR: events.CdrFound,
}
