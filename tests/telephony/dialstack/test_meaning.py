"""What fields mean: the traps of the provider, disarmed."""

import pytest

from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.telephony.dialstack import fields
from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.dialstack.meaning import call_update_from_event, cdr_from_row
from adapter.telephony.updates import Moment

SEEN_AT = 9_000
SEEN = Known(SEEN_AT, Source.OBSERVED)


def event_time(value: int) -> Known[int]:
    """A time that a field of the event tells."""
    return Known(value, Source.EVENT)


def record(**told: object) -> CdrRow:
    """A call of which only this is told."""
    told["direction"] = fields.direction(told.get("direction"))
    return CdrRow(provider_call_id="call_1", **told)  # type: ignore[arg-type]


def facts(moment: Moment, **told: object) -> Facts:
    """What an event of this moment with these fields says."""
    return call_update_from_event(record(**told), moment, SEEN_AT).facts


def test_updates_name_the_calls_user() -> None:
    """Call and user are the provider's, as they came."""
    news = call_update_from_event(record(user_id="user_1"), Moment.RINGING, SEEN_AT)
    assert (news.moment, news.provider_call_id, news.user_id) == (
        Moment.RINGING,
        "call_1",
        "user_1",
    )


def test_an_outbound_answer_is_the_agents_own_pick_up() -> None:
    """`answered_at` proves no connection in a call that we dialed."""
    found = facts(Moment.ENDED, direction="outbound", answered_at=5, ended_at=8, status="completed")
    assert found.picked_up == event_time(5)
    assert found.connected is None
    assert found.ended == event_time(8)
    assert found.result is Outcome.NO_ANSWER
    assert found.talk_ms is None


@pytest.mark.parametrize("moment", [Moment.RINGING, Moment.ENDED, Moment.TRANSFERRED])
def test_an_inbound_answer_may_be_a_greetings(moment: Moment) -> None:
    """The platform answers with a greeting or a menu: nobody has talked to the agent yet."""
    found = facts(moment, direction="inbound", answered_at=5, ended_at=8, status="completed")
    assert (found.connected, found.picked_up, found.talk_ms) == (None, None, None)
    assert found.result is Outcome.MISSED


def test_a_talk_after_a_greeting_begins_when_reported() -> None:
    """By the event's own coming, where it names no time: not when the greeting began."""
    found = facts(Moment.CONNECTED, direction="inbound", answered_at=5)
    assert found.connected == SEEN
    row = record(direction="inbound", answered_at=5, ended_at=8, status="completed")
    assert cdr_from_row(row).update.facts.connected is None


def test_connected_at_wins_over_answered_at() -> None:
    """The field that says it plainly is believed first."""
    found = facts(Moment.CONNECTED, direction="inbound", answered_at=5, connected_at=6)
    assert found.connected == event_time(6)


@pytest.mark.parametrize(
    ("moment", "names"),
    [
        (Moment.RINGING, {"started", "direction"}),
        (Moment.DIALED, {"started", "picked_up", "direction"}),
        (Moment.CONNECTED, {"connected"}),
        (Moment.ENDED, {"ended"}),
        (Moment.TRANSFERRED, {"transferred"}),
    ],
)
def test_an_event_without_fields_still_counts(moment: Moment, names: set[str]) -> None:
    """What it is about is known as well as our own clock saw it, and nothing else is."""
    found = facts(moment)
    known = {name for name in Facts.__struct_fields__ if getattr(found, name) is not None}
    assert known == names
    assert all(getattr(found, name).source is Source.OBSERVED for name in names)


@pytest.mark.parametrize(
    ("moment", "direction"),
    [(Moment.RINGING, Direction.INBOUND), (Moment.DIALED, Direction.OUTBOUND)],
)
def test_the_type_of_an_event_hints_at_the_direction(moment: Moment, direction: Direction) -> None:
    """The hint gives the number too, and any event that says the direction outranks it."""
    found = facts(moment, from_number="+1", to_number="+2", from_name="Ann", direction="odd")
    assert found.direction == Known(direction, Source.OBSERVED)
    expected = "+1" if direction is Direction.INBOUND else "+2"
    assert found.number == Known(expected, Source.EVENT)


@pytest.mark.parametrize(
    ("direction", "number", "name"),
    [("inbound", "+1", "Ann"), ("outbound", "+2", None), (None, None, None)],
)
def test_the_number_is_the_other_partys(
    direction: str | None, number: str | None, name: str | None
) -> None:
    """Who is at the other end depends on the way of the call; the name is the caller's."""
    found = facts(
        Moment.CONNECTED, direction=direction, from_number="+1", to_number="+2", from_name="Ann"
    )
    assert (found.number.value if found.number else None) == number
    assert (found.name.value if found.name else None) == name


@pytest.mark.parametrize(
    ("moment", "number"),
    [(Moment.DIALED, "1002"), (Moment.RINGING, "1001"), (Moment.ENDED, None)],
)
def test_an_internal_call_has_two_ends(moment: Moment, number: str | None) -> None:
    """Only dialing and ringing tell which end the agent is."""
    found = facts(moment, direction="internal", from_number="1001", to_number="1002")
    assert (found.number.value if found.number else None) == number
    assert found.direction == Known(Direction.INTERNAL, Source.EVENT)


def test_only_the_end_has_the_outcome() -> None:
    """A status on the way ("ringing", "completed") is no outcome."""
    for moment in (Moment.RINGING, Moment.DIALED, Moment.CONNECTED, Moment.TRANSFERRED):
        found = facts(moment, status="completed", cause=16, ended_at=8)
        assert found.outcome is None
        assert found.ended is None
    assert facts(Moment.ENDED, status="busy").outcome == Known(Outcome.BUSY, Source.EVENT)


def test_a_closed_cdr_is_final() -> None:
    """Everything in it is known as well as it can be."""
    row = record(
        user_id="user_1",
        direction="outbound",
        from_number="+1",
        to_number="+2",
        started_at=4,
        answered_at=5,
        connected_at=6,
        ended_at=8,
        status="completed",
        cause=16,
    )
    news = cdr_from_row(row).update
    assert (news.moment, news.user_id) == (Moment.CDR, "user_1")
    assert news.facts == Facts(
        direction=Known(Direction.OUTBOUND, Source.CDR),
        number=Known("+2", Source.CDR),
        started=Known(4, Source.CDR),
        picked_up=Known(5, Source.CDR),
        connected=Known(6, Source.CDR),
        ended=Known(8, Source.CDR),
        outcome=Known(Outcome.COMPLETED, Source.CDR),
        own_number=Known("+1", Source.CDR),
    )


def test_a_live_cdr_has_no_end() -> None:
    """While the call goes on, the call log knows only how far it came."""
    row = record(direction="outbound", connected_at=6, status="busy", cause=17, live=True)
    found = cdr_from_row(row).update.facts
    assert found.connected == Known(6, Source.CDR)
    assert found.ended is None
    assert found.outcome is None


def test_an_internal_cdr_does_not_say_which_end_is_the_agents() -> None:
    """So it must not overwrite the number that an event told."""
    row = record(direction="internal", from_number="1001", to_number="1002", ended_at=8, status="x")
    assert cdr_from_row(row).update.facts.number is None


@pytest.mark.parametrize(
    ("direction", "own"), [("inbound", "+2"), ("outbound", "+1"), ("internal", None), (None, None)]
)
def test_our_number_is_the_called_or_shown_one(direction: str | None, own: str | None) -> None:
    """Of an internal call both ends are ours."""
    row = record(direction=direction, from_number="+1", to_number="+2")
    told = call_update_from_event(row, Moment.CONNECTED, 1).facts.own_number
    assert (told.value if told else None) == own
