"""What a provider's event or call log says of one call, before we know whose call it is.

A provider speaks of its own call and user ids; the core's events also carry our call id and
the time of deciding. Whoever finds the agent adds these with `as_event`.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from adapter.core import events
from adapter.core.callerid import cleaned
from adapter.core.facts import Direction, Facts
from adapter.core.incall import NOTHING_IN_CALL, InCall


class Moment(StrEnum):
    """Which point in a call's life an update is about."""

    RINGING = "ringing"
    """It rings at the agent's phones (or at the account, where no one agent is named yet)."""
    DIALED = "dialed"
    """The agent's own phone was picked up; the destination is being dialed."""
    CONNECTED = "connected"
    ENDED = "ended"
    TRANSFERRED = "transferred"
    IN_CALL = "in-call"
    """Something within the call is another: `CallUpdate.in_call`, whole."""
    CDR = "cdr"
    """No event: the provider's own record of the call, which we asked for."""


class CallUpdate(Struct, frozen=True):
    """What is told of one call; `user_id` is None where the provider does not name the agent."""

    moment: Moment
    provider_call_id: str
    user_id: str | None
    facts: Facts
    in_call: InCall = NOTHING_IN_CALL

    @property
    def is_internal(self) -> bool:
        """Whether two users talk, each of whom is told of each moment under their own name."""
        return self._goes(Direction.INTERNAL)

    @property
    def is_inbound(self) -> bool:
        """Whether it comes from outside, and so may ring at several users."""
        return self._goes(Direction.INBOUND)

    def _goes(self, direction: Direction) -> bool:
        told = self.facts.direction
        return told is not None and told.value is direction

    def is_elsewhere(self, user: str | None) -> bool:
        """Whether it tells of another user's part in a call that may have rung at this one's."""
        return self.user_id not in (None, user) and not self.is_internal


class DriverState(Struct, frozen=True):
    """What a driver that steers calls keeps of one: committed with what its delivery changes.

    `call_id` is ours; `value` is the driver's own text, which nobody else reads; `version` is the
    one that was read (0: there is none yet); `over`: nothing is to be steered any more.
    """

    call_id: str
    value: str
    version: int = 0
    over: bool = False


@dataclass(frozen=True, slots=True)
class Webhook:
    """A registered endpoint; the secret is told this once and never again."""

    endpoint_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegisteredWebhook:
    """Where a provider posts events, as it tells it; no secret is in it."""

    endpoint_id: str
    url: str
    events: tuple[str, ...]


class WebhookReply(Struct, frozen=True):
    """What a provider wants as the answer to a delivery that was taken (TwiML, say)."""

    body: bytes = b""
    content_type: str = "text/plain"


class WebhookRefusal(Struct, frozen=True):
    """A webhook that is not taken: the status, a stable code and a sentence for its sender.

    `reason` is for our log and counters (of a few words); `unproved`: nothing shows that the
    provider sent it, so that its address is watched.
    """

    status: int
    code: str
    text: str
    reason: str
    unproved: bool = True


class IncomingDelivery(Struct, frozen=True):
    """One event of a provider, proved to be its own and read.

    `event_id` is unique in the account (a stream's driver makes one of what the event says, so
    that the same event twice has the same id); `body` is what `Driver.read` will be given again
    when the delivery was parked. `update` is None where it is about no call of ours; with
    `readable` False it is kept and never looked at again. `parkable`: while no agent has the call,
    it waits for one; else it is dropped without a trace. `states` are committed with it, or
    nothing is. `signed_at` is when the provider signed it (Unix seconds). `problem` is what is odd
    about it, for the log.
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
    """What a CDR tells of a talk that is over, as a delivery to whom it names; once for a call.

    None where it tells of none. Of no use where nobody has that user, so it does not wait for them.
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
) -> events.Report | None:
    """The event for the agent with this provider user; None where it is none of theirs.

    `known`: the agent has this call; `shared`: and so has another one, say of its ring group.
    `sent_at` is when the provider told it first, in Unix ms: what we refused, and what comes again,
    does not ring later for that.
    """
    if update.user_id is None and shared and update.is_inbound:
        return _of_nobody(update, at, call_id)
    if update.user_id in (None, user):
        return as_event(update, at=at, call_id=call_id, known=known)
    if not known:
        return None
    kind = _ELSEWHERE.get(update.moment)
    if kind is None:
        elsewhere = update.is_elsewhere(user)
        return as_event(update, at=at, call_id=call_id, known=known, elsewhere=elsewhere)
    if update.is_internal:
        return None  # nobody took it from this agent, who is told under their own name
    when = at if sent_at is None or kind is not events.RingingElsewhere else min(at, sent_at)
    return kind(when, call_id, known, update.provider_call_id, cleaned(update.facts))


def _of_nobody(update: CallUpdate, at: int, call_id: str) -> events.Report | None:
    """Somebody talked, and several may have been the one: the call log is asked who."""
    if update.moment is Moment.CONNECTED:
        return None
    over = replace(update, facts=replace(update.facts, connected=None, outcome=None))
    return as_event(over, at=at, call_id=call_id, known=True)


def as_event(
    update: CallUpdate, *, at: int, call_id: str, known: bool, elsewhere: bool = False
) -> events.Report:
    """Turn an update into the event for the agent's machine (see `events.CallEvent`).

    What a network says instead of a number or a name is left out here, for all providers.
    """
    unnamed = update.user_id is None and update.is_inbound
    told = call_id, known, update.provider_call_id, cleaned(update.facts), elsewhere, unnamed
    if update.moment is Moment.IN_CALL:
        return events.InCallChanged(at, *told, in_call=update.in_call)
    event = _EVENTS[update.moment]
    return event(at, *told)


_ELSEWHERE: dict[Moment, type[events.RingingElsewhere | events.AnsweredElsewhere]] = {
    Moment.RINGING: events.RingingElsewhere,
    Moment.CONNECTED: events.AnsweredElsewhere,
}
"""What another user's ringing and talk are to an agent at whom the call rang, too."""

_EVENTS: dict[Moment, type[events.Report]] = {
    Moment.RINGING: events.InboundRinging,
    Moment.DIALED: events.DestinationDialed,
    Moment.CONNECTED: events.Connected,
    Moment.ENDED: events.CallEnded,
    Moment.TRANSFERRED: events.Transferred,
    Moment.CDR: events.CdrFound,
}
