"""Calls of the exchange's own, as an agent's softphone hears of them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from adapter.core.facts import Direction, Facts, Outcome, Source
from adapter.telephony.asterisk import watching, wire
from adapter.telephony.asterisk.board import CallBoard
from adapter.telephony.asterisk.callupdates import NOBODY
from adapter.telephony.asterisk.wire import Channel, Dialplan, Event, Party
from adapter.telephony.updates import CallUpdate, Moment
from tests.telephony.asterisk.traced import event, stamp, trace

RINGING, DIALED = Moment.RINGING, Moment.DIALED
CONNECTED, ENDED = Moment.CONNECTED, Moment.ENDED


def phone(state: str, second: float, kind: str = "ChannelStateChange", **more: object) -> Event:
    """An event of ada's phone, which somebody calls."""
    connected = Party("Grace", "+1555")
    seen = Channel("9.2", "PJSIP/ada-0a", state, connected=connected)
    return Event(kind, stamp(second), channel=seen, **more)  # type: ignore[arg-type]


def news(events: Iterable[Event]) -> list[CallUpdate]:
    """All that is told of them."""
    board = CallBoard("cti", {"PJSIP/ada": "ada", "PJSIP/grace": "grace"})
    steps = [board.take(one) for one in events]
    return [update for step in steps if step is not None for update in step.updates]


def test_a_recorded_exchange_session_is_reported_correctly() -> None:
    """Dialed at the desk phone, a ring group, a queue, a caller who gave up, a busy number."""
    told = [(one.provider_call_id, one.user_id, one.moment) for one in news(trace("watching"))]
    assert told == [
        ("1795967340-338", "ada", DIALED),
        ("1795967340-338", "ada", CONNECTED),
        ("1795967340-338", "ada", ENDED),
        ("1795967343-342", "ada", RINGING),
        ("1795967343-343", "grace", RINGING),
        ("1795967343-342", "ada", CONNECTED),
        ("1795967343-343", NOBODY, CONNECTED),
        ("1795967343-342", "ada", ENDED),
        ("1795967345-347", "ada", RINGING),
        ("1795967345-348", "grace", RINGING),
        ("1795967345-347", "ada", CONNECTED),
        ("1795967345-348", NOBODY, CONNECTED),
        ("1795967345-347", "ada", ENDED),
        ("1795967348-352", "ada", RINGING),
        ("1795967348-353", "grace", RINGING),
        ("1795967348-353", "grace", ENDED),
        ("1795967348-352", "ada", ENDED),
        ("1795967349-356", "ada", DIALED),
        ("1795967349-356", "ada", ENDED),
        ("1795967350-359", "ada", DIALED),
        ("1795967350-359", "ada", CONNECTED),
        ("1795967350-359", "ada", ENDED),
    ]


def test_a_desk_phones_call_has_its_number_talk_and_outcome() -> None:
    """As if it had been clicked."""
    ends = [one.facts for one in news(trace("watching")) if one.moment is ENDED]
    desk, busy = ends[0], ends[-2]
    assert desk.direction is not None
    assert desk.direction.value is Direction.OUTBOUND
    assert desk.number is not None
    assert desk.number.value == "15551230700"
    assert desk.talk_ms is not None
    assert 1000 <= desk.talk_ms <= 1100
    assert busy.result is Outcome.BUSY


def test_the_number_that_a_caller_dialed_is_reported_with_the_ringing() -> None:
    """Of a ring group, of a queue, and of one phone; a call from the desk phone has none."""
    own = {
        one.provider_call_id: one.facts.own_number and one.facts.own_number.value
        for one in news(trace("watching"))
        if one.moment in {RINGING, DIALED}
    }
    assert list(own.values()) == [None, "2002", "2002", "2003", "2003", "2002", "2002", None, None]


def test_a_name_in_the_dialplan_is_no_number() -> None:
    """Where a PBX's own routines ring the phones, the extension is one such as s."""
    party = Party("Grace", "+1555")
    seen = Channel("9.2", "PJSIP/ada-0a", "Ringing", connected=party, dialplan=Dialplan("s"))
    (ringing,) = news([Event("ChannelStateChange", stamp(1), channel=seen)])
    assert ringing.facts.own_number is None


def test_a_caller_is_reported_once_the_number_is_known() -> None:
    """A queue tells it after the ringing has begun."""
    bare = Event("ChannelCreated", stamp(1), channel=Channel("9.2", "PJSIP/ada-0a"))
    assert news([bare]) == []
    (ringing,) = news([bare, phone("Ringing", 2)])
    assert ringing.facts.number is not None
    assert (ringing.facts.number.value, ringing.facts.name.value) == ("+1555", "Grace")  # type: ignore[union-attr]
    missed = phone("Ringing", 3, "ChannelDestroyed", cause=127, tech_cause=500)
    assert news([bare, phone("Ringing", 2), missed])[-1].facts.result is Outcome.MISSED
    assert news([bare, phone("Down", 2, "ChannelDestroyed", cause=16)]) == []


def test_a_call_that_ends_without_a_number_is_not_reported() -> None:
    """There is nothing to show."""
    bare = Event("ChannelCreated", stamp(1), channel=Channel("9.2", "PJSIP/ada-0a"))
    gone = Event("ChannelDestroyed", stamp(2), channel=Channel("9.2", "PJSIP/ada-0a"), cause=16)
    assert news([bare, gone, gone]) == []


def test_a_pick_up_is_reported_even_without_its_ringing() -> None:
    """With the ringing, for the pop."""
    created = phone("Down", 1, "ChannelCreated")
    late = phone("Up", 3, "ChannelHangupRequest")
    heard = news([created, late])
    assert [one.moment for one in heard] == [RINGING, CONNECTED]
    assert heard[-1].facts.connected is not None
    assert heard[-1].facts.connected.source is Source.OBSERVED


def test_a_talk_found_in_progress_is_reported_when_it_ends() -> None:
    """Who saw it begin has told of that; how long it was, the call log may know better."""
    dialed = Channel("9.2", "PJSIP/ada-0a", "Up", dialplan=Dialplan("s", "AppDial"))
    call = watching.first_seen(dialed, "ada", 5)
    assert (call.inbound, call.guessed) == (True, True)
    gone = Event("ChannelDestroyed", stamp(5), channel=dialed, cause=26)
    heard = Event("ChannelHold", stamp(4), channel=dialed)
    assert watching.observe(call, heard) == (call, ())
    over, (ended,) = watching.observe(call, gone)
    assert (ended.moment, ended.facts.connected) == (ENDED, None)
    assert ended.facts.outcome is not None
    assert ended.facts.outcome.value is Outcome.COMPLETED
    assert not ended.facts.is_certain
    assert watching.observe(over, gone) == (over, ())


def test_an_end_found_by_comparison_leaves_the_outcome_unknown() -> None:
    """Talked or missed: nobody listened."""
    ringing, _ = watching.observe(
        watching.first_seen(phone("Down", 1).channel, "ada", 1),  # type: ignore[arg-type]
        phone("Ringing", 2),
    )
    gone = wire.ended("9.2", 5_000, 16, guessed=True)
    _, (ended,) = watching.observe(ringing, gone)
    assert ended.facts.outcome is None
    assert ended.facts.ended is not None
    assert ended.facts.ended.source is Source.OBSERVED


def test_another_phones_dialing_is_not_this_ones() -> None:
    """A far leg that answers is told by who dialed it."""
    own = watching.first_seen(Channel("9.2", "PJSIP/ada-0a", "Ring"), "ada", 1)
    answered = event("Dial", "9.3", 2, "Up", status="ANSWER")
    assert watching.observe(own, answered) == (own, ())
    other = replace(answered, caller=Channel("9.9"))
    assert watching.observe(own, other) == (own, ())
    mine = replace(answered, caller=Channel("9.2"))
    ringing = replace(mine, dialstatus="RINGING")
    assert watching.observe(own, ringing)[1] == ()
    up, updates = watching.observe(own, mine)
    assert [one.moment for one in updates] == [DIALED, CONNECTED]
    assert watching.observe(up, mine) == (up, ())
    assert watching.observe(own, event("ChannelStateChange", "9.4", 2)) == (own, ())


def fetching(app: str, *steps: tuple[str, str, str]) -> Facts:
    """What is known of a call that ada's phone fetched by 701: kind, state and number of each."""

    def step(second: int, kind: str, state: str, number: str, app: str = app) -> Event:
        plan = Dialplan("701", app)
        party = Party(number, number)
        seen = Channel("9.2", "PJSIP/ada-0a", state, connected=party, dialplan=plan)
        return Event(kind, stamp(second), channel=seen)

    begin = step(0, "ChannelCreated", "Ring", "", app="")
    told = news([begin, *(step(n, *one) for n, one in enumerate(steps, 1))])
    assert {one.user_id for one in told} == {"ada"}
    facts = Facts()
    for one in told:
        facts = facts.join(one.facts)
    return facts


CALLER = "+12025550123"


@pytest.mark.parametrize(
    ("app", "order"), [("Pickup", ("line", "up")), ("ParkedCall", ("up", "line"))]
)
def test_a_fetched_call_is_the_callers(app: str, order: tuple[str, str]) -> None:
    """A picked-up or parked one: with the caller's number, as soon as it is known, and its talk."""
    began = ("ChannelDialplan", "Ring", "")
    if order[0] == "line":
        told = [("ChannelConnectedLine", "Ring", CALLER), ("ChannelStateChange", "Up", CALLER)]
    else:
        told = [("ChannelStateChange", "Up", ""), ("ChannelConnectedLine", "Up", CALLER)]
    live = fetching(app, began, *told)
    assert (live.is_inbound, live.number and live.number.value) == (True, CALLER)
    over = fetching(app, began, *told, ("ChannelDestroyed", "Up", CALLER))
    assert (over.result, over.talk_ms, over.own_number) == (
        Outcome.ANSWERED,
        2_000 if order[0] == "up" else 1_000,
        None,
    )


def test_a_code_that_fetches_nothing_is_a_call_to_it() -> None:
    """Nothing was parked there."""
    began, end = ("ChannelDialplan", "Ring", ""), ("ChannelDestroyed", "Ring", "")
    facts = fetching("ParkedCall", began, end)
    assert (facts.is_inbound, facts.number and facts.number.value) == (False, "701")
    assert facts.result is Outcome.NO_ANSWER
