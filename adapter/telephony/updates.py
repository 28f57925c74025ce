"""What a provider's event or call log says of one call, before we know whose call it is.

A provider speaks of its own call and user ids; the core's events also carry our call id and
the time of deciding. Whoever finds the agent adds these with `as_event`.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from adapter.core import events
from adapter.core.facts import Direction, Facts


class Moment(StrEnum):
    """Which point in a call's life the news is about."""

    RINGING = "ringing"
    """It rings at the agent's phones (or at the account, where no one agent is named yet)."""
    DIALED = "dialed"
    """The agent's own phone was picked up; the destination is being dialed."""
    CONNECTED = "connected"
    ENDED = "ended"
    TRANSFERRED = "transferred"
    RECORD = "record"
    """No event: the call log's row, which we asked for."""


class CallUpdate(Struct, frozen=True):
    """One piece of news; `user_id` is None where the provider does not name the agent."""

    moment: Moment
    provider_call_id: str
    user_id: str | None
    facts: Facts

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


def event_for(
    news: CallUpdate, user: str | None, *, at: int, call_id: str, known: bool, shared: bool = False
) -> events.Report | None:
    """The event for the agent with this provider user; None where it is none of theirs.

    `known`: the agent has this call; `shared`: and so has another one, say of its ring group.
    """
    if news.user_id is None and shared and news.is_inbound:
        return _of_nobody(news, at, call_id)
    if news.user_id in (None, user):
        return as_event(news, at=at, call_id=call_id, known=known)
    if not known or news.moment is Moment.RINGING:
        return None
    if news.moment is not Moment.CONNECTED:
        elsewhere = news.is_elsewhere(user)
        return as_event(news, at=at, call_id=call_id, known=known, elsewhere=elsewhere)
    if news.is_internal:
        return None  # nobody took it from this agent, who is told under their own name
    return events.AnsweredElsewhere(at, call_id, known, news.provider_call_id, news.facts)


def _of_nobody(news: CallUpdate, at: int, call_id: str) -> events.Report | None:
    """Somebody talked, and several may have been the one: the call log is asked who."""
    if news.moment is Moment.CONNECTED:
        return None
    over = replace(news, facts=replace(news.facts, connected=None, outcome=None))
    return as_event(over, at=at, call_id=call_id, known=True)


def as_event(
    news: CallUpdate, *, at: int, call_id: str, known: bool, elsewhere: bool = False
) -> events.Report:
    """Turn news into the event for the agent's machine (see `events.CallEvent`)."""
    event = _EVENTS[news.moment]
    return event(at, call_id, known, news.provider_call_id, news.facts, elsewhere)


_EVENTS: dict[Moment, type[events.Report]] = {
    Moment.RINGING: events.InboundRinging,
    Moment.DIALED: events.DestinationDialed,
    Moment.CONNECTED: events.Connected,
    Moment.ENDED: events.CallEnded,
    Moment.TRANSFERRED: events.Transferred,
    Moment.RECORD: events.CdrFound,
}
