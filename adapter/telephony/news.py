"""What a provider's event or call log says of one call, before we know whose call it is.

A provider speaks of its own call and user ids; the core's events also carry our call id and
the time of deciding. Whoever finds the agent adds these with `as_event`.
"""

from enum import StrEnum
from typing import assert_never

from adapter.core import events
from adapter.core.facts import Facts
from adapter.core.quick import dataclass


class Moment(StrEnum):
    """Which point in a call's life the news is about."""

    RINGING = "ringing"
    """It rings at the agent's phones (or at the account, where no one agent is named yet)."""
    DIALED = "dialed"
    """The agent's own phone was picked up; the destination is being dialled."""
    CONNECTED = "connected"
    ENDED = "ended"
    TRANSFERRED = "transferred"
    RECORD = "record"
    """No event: the call log's row, which we asked for."""


@dataclass(frozen=True, slots=True)
class CallNews:
    """One piece of news; `user_id` is None where the provider does not name the agent."""

    moment: Moment
    provider_call_id: str
    user_id: str | None
    facts: Facts


def as_event(news: CallNews, *, at: int, call_id: str, known: bool) -> events.Report:
    """Turn news into the event for the agent's machine (see `events.CallReport`)."""
    told = (at, call_id, known, news.provider_call_id, news.facts)
    match news.moment:
        case Moment.RINGING:
            return events.InboundRinging(*told)
        case Moment.DIALED:
            return events.DestinationDialed(*told)
        case Moment.CONNECTED:
            return events.Connected(*told)
        case Moment.ENDED:
            return events.CallEnded(*told)
        case Moment.TRANSFERRED:
            return events.Transferred(*told)
        case Moment.RECORD:
            return events.RecordFound(*told)
        case _:
            assert_never(news.moment)
