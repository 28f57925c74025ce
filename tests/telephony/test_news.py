"""From a provider's news to the event that an agent's machine decides."""

import pytest

from adapter.core import events
from adapter.core.facts import Facts, Known, Source
from adapter.telephony.news import CallNews, Moment, as_event


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        (Moment.RINGING, events.InboundRinging),
        (Moment.DIALED, events.DestinationDialed),
        (Moment.CONNECTED, events.Connected),
        (Moment.ENDED, events.CallEnded),
        (Moment.TRANSFERRED, events.Transferred),
        (Moment.RECORD, events.RecordFound),
    ],
)
def test_each_moment_is_an_event_of_its_own(moment: Moment, kind: type) -> None:
    """The event carries the news and what only the finder of the agent knows."""
    facts = Facts(started=Known(5, Source.SAID))
    event = as_event(CallNews(moment, "call_1", "user_1", facts), at=7, call_id="ours", known=True)
    assert type(event) is kind
    assert event == kind(7, "ours", True, "call_1", facts)


def test_every_moment_has_its_event() -> None:
    """No moment can be added without telling what it means to an agent."""
    kinds = {
        type(as_event(CallNews(moment, "c", None, Facts()), at=0, call_id="", known=False))
        for moment in Moment
    }
    assert len(kinds) == len(Moment)
