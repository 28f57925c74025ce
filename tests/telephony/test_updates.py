"""From a provider's news to the event that an agent's machine decides."""

import pytest

from adapter.core import events
from adapter.core.facts import Direction, Facts, Known, Source
from adapter.telephony.updates import CallUpdate, Moment, as_event, event_for


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        (Moment.RINGING, events.InboundRinging),
        (Moment.DIALED, events.DestinationDialed),
        (Moment.CONNECTED, events.Connected),
        (Moment.ENDED, events.CallEnded),
        (Moment.TRANSFERRED, events.Transferred),
        (Moment.IN_CALL, events.InCallChanged),
        (Moment.CDR, events.CdrFound),
    ],
)
def test_each_moment_is_an_event_of_its_own(moment: Moment, kind: type) -> None:
    """The event carries the news and what only the finder of the agent knows."""
    facts = Facts(started=Known(5, Source.EVENT))
    event = as_event(
        CallUpdate(moment, "call_1", "user_1", facts), at=7, call_id="ours", known=True
    )
    assert type(event) is kind
    assert event == kind(7, "ours", True, "call_1", facts)


def test_every_moment_has_its_event() -> None:
    """No moment can be added without telling what it means to an agent."""
    kinds = {
        type(as_event(CallUpdate(moment, "c", None, Facts()), at=0, call_id="", known=False))
        for moment in Moment
    }
    assert len(kinds) == len(Moment)


ADA, BOB = "user_ada", "user_bob"
CONNECTED = Known(9, Source.EVENT)


def update(
    moment: Moment, user: str | None, direction: Direction = Direction.INBOUND
) -> CallUpdate:
    """What is said of one call, with a talk in it where there can be one."""
    talk = None if moment is Moment.RINGING else CONNECTED
    facts = Facts(direction=Known(direction, Source.EVENT), connected=talk)
    return CallUpdate(moment, "call_1", user, facts)


def for_ada(
    news: CallUpdate, *, known: bool = True, shared: bool = False, callers: bool | None = None
) -> events.Report | None:
    """The event for Ada."""
    return event_for(news, ADA, at=7, call_id="ours", known=known, shared=shared, callers=callers)


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("user", [ADA, None])
def test_updates_that_name_the_agent_or_nobody_are_the_agents(
    moment: Moment, known: bool, user: str | None
) -> None:
    """As it is."""
    news = update(moment, user)
    assert for_ada(news, known=known) == as_event(news, at=7, call_id="ours", known=known)


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        (Moment.RINGING, events.RingingElsewhere),
        (Moment.DIALED, events.DestinationDialed),
        (Moment.CONNECTED, events.AnsweredElsewhere),
        (Moment.ENDED, events.CallEnded),
        (Moment.TRANSFERRED, events.Transferred),
        (Moment.IN_CALL, events.InCallChanged),
        (Moment.CDR, events.CdrFound),
    ],
)
def test_another_users_part_is_reported_as_such(
    moment: Moment, kind: type[events.Report] | None
) -> None:
    """To an agent whom the call rang at; to a stranger, nothing."""
    event = for_ada(update(moment, BOB))
    assert (type(event) if event else None) is kind
    if not isinstance(event, events.AnsweredElsewhere | events.RingingElsewhere):
        assert event is not None
        assert event.elsewhere
    assert for_ada(update(moment, BOB), known=False) is None


def test_an_internal_call_is_reported_for_each_user() -> None:
    """The other one's answer says nothing new; the other one's end is the end for both."""
    answer = update(Moment.CONNECTED, BOB, Direction.INTERNAL)
    assert for_ada(answer) is None
    assert for_ada(update(Moment.RINGING, BOB, Direction.INTERNAL)) is None
    end = for_ada(update(Moment.ENDED, BOB, Direction.INTERNAL), shared=True)
    assert isinstance(end, events.CallEnded)
    assert not end.elsewhere
    unnamed = update(Moment.CONNECTED, None, Direction.INTERNAL)
    assert isinstance(for_ada(unnamed, shared=True), events.Connected)


def test_the_answer_of_another_called_colleague_ends_the_ringing() -> None:
    """The caller's own answer does not, whether or not it says that the call is internal."""
    for direction in (Direction.INTERNAL, Direction.INBOUND):
        answer = update(Moment.CONNECTED, BOB, direction)
        assert isinstance(for_ada(answer, callers=False), events.AnsweredElsewhere)
        assert for_ada(answer, callers=True) is None


def test_an_unnamed_talk_of_a_group_call_is_nobodys() -> None:
    """Any of them may have taken it: that it is over is sure, and the CDR is looked up."""
    assert for_ada(update(Moment.CONNECTED, None), shared=True) is None
    end = for_ada(update(Moment.ENDED, None), shared=True)
    assert isinstance(end, events.CallEnded)
    assert (end.facts.connected, end.facts.outcome) == (None, None)
    assert not end.facts.is_certain
