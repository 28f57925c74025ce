"""What the agent's side hears of a steered call: each moment once, with its facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from adapter.core.facts import Direction, Facts, Known, Outcome, PhoneRefusal, Source
from adapter.telephony.asterisk import ids, wire
from adapter.telephony.asterisk.callupdates import cdr_of, updates_between
from adapter.telephony.asterisk.causes import outcome_of
from adapter.telephony.asterisk.leg import Leg, State
from adapter.telephony.asterisk.legs import plan
from adapter.telephony.asterisk.observing import observe
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.asterisk.wire import Event, Recording
from adapter.telephony.updates import CallUpdate, Moment
from tests.telephony.asterisk.traced import (
    NAMES,
    bye,
    channel,
    destroyed,
    event,
    inside,
    outside,
    stamp,
    trace,
    up,
)

NUMBER = "+15551230300"
START = event("StasisStart", "c1-d0", 1, "Down", "user", "c1", "ada", NUMBER)
RINGING, DIALED, CONNECTED = Moment.RINGING, Moment.DIALED, Moment.CONNECTED
ENDED, TRANSFERRED, IN_CALL = Moment.ENDED, Moment.TRANSFERRED, Moment.IN_CALL


def news(events: Iterable[Event], call: Steered | None = None) -> list[CallUpdate]:
    """All that is told of these events."""
    before = call
    heard: list[CallUpdate] = []
    for one in events:
        after, _ = plan(observe(before or Steered("c1", ""), one))
        heard.extend(updates_between(before, after))
        before = after
    return heard


def moments(events: Iterable[Event], call: Steered | None = None) -> list[Moment]:
    """Only which points they are about."""
    return [update.moment for update in news(events, call)]


def test_an_answered_call_is_reported_from_pick_up_to_hang_up() -> None:
    """Talk begins with the other party's pick-up and ends with the first goodbye."""
    talk = [START, up("c1-d0", 2), up("c1-dst", 5), bye("c1-dst", 9), destroyed("c1-dst", 9.1)]
    dialed, connected, ended = news(talk)
    assert [dialed.moment, connected.moment, ended.moment] == [DIALED, CONNECTED, ENDED]
    facts = ended.facts
    assert ended.user_id == "ada"
    assert facts.talk_ms == 4000
    assert facts.is_certain
    assert facts.direction is not None
    assert facts.direction.value is Direction.OUTBOUND
    assert facts.number is not None
    assert facts.number.value == NUMBER


def test_an_unanswered_call_is_certain() -> None:
    """Our own word counts as much as a call log's: no Task, no question."""
    (ended,) = news([START, destroyed("c1-d0", 3, 19, "Ringing")])
    assert ended.facts.has_final_cdr
    assert ended.facts.result is Outcome.NO_ANSWER
    assert ended.facts.phone is None
    (refused,) = news([START, destroyed("c1-d0", 3, 21, "Ringing")])
    assert refused.facts.result is Outcome.REJECTED
    assert refused.facts.phone == Known(PhoneRefusal.DECLINED, Source.CDR)


@pytest.mark.parametrize(("cause", "outcome"), [(17, Outcome.BUSY), (1, Outcome.WRONG_NUMBER)])
def test_the_destinations_refusal_is_reported(cause: int, outcome: Outcome) -> None:
    """The phone's own answer, though the agent's leg is then ended by us."""
    refused = event("ChannelHangupRequest", "c1-dst", 4, "Ringing", cause=cause)
    *_, ended = news([START, up("c1-d0", 2), refused])
    assert ended.facts.result is outcome


def test_an_agent_who_gives_up_has_no_answer() -> None:
    """Whatever the destination's leg ends with afterwards."""
    rings = event("Dial", "c1-dst", 3, "Ringing", status="RINGING")
    for end in ([bye("c1-d0", 4)], [destroyed("c1-dst", 5, 17, "Ringing"), bye("c1-d0", 4)]):
        *_, ended = news([START, up("c1-d0", 2), rings, *end])
        assert ended.facts.outcome is not None
    *_, ended = news([START, up("c1-d0", 2), rings, bye("c1-d0", 4)])
    assert ended.facts.result is Outcome.NO_ANSWER
    both = Steered(
        "c1",
        "ada",
        devices=(Leg("c1-d0", State.UP, up_at=1, gone_at=4),),
        party=Leg("c1-dst", State.GONE, gone_at=5, cause=17),
        winner="c1-d0",
    )
    (update,) = updates_between(replace(both, party=Leg("c1-dst")), replace(both, over=True))
    assert update.facts.result is Outcome.NO_ANSWER


def test_an_unreported_pick_up_is_uncertain() -> None:
    """The end shows that it was up: how long is a question for the call log."""
    *_, ended = news([START, up("c1-d0", 2), destroyed("c1-dst", 9, 16, "Up")])
    facts = ended.facts
    assert facts.connected is not None
    assert facts.connected.source is Source.OBSERVED
    assert not facts.is_certain


def test_a_ringing_caller_is_reported() -> None:
    """And how it went on: talked, or missed."""
    party = Leg("9.1", State.RINGING)
    call = Steered("9-1", "ada", "+1555", "Grace", inbound=True, party=party)
    start = event("StasisStart", "9.1", 1, "Ring", "inbound", "ada")
    ringing, connected, ended = news([start, up("9-1-d0", 3), bye("9.1", 7)], call)
    assert [ringing.moment, connected.moment, ended.moment] == [RINGING, CONNECTED, ENDED]
    assert ringing.facts.is_inbound
    assert ringing.facts.name is not None
    assert ended.facts.talk_ms == 4000
    missed = news([start, destroyed("9-1-d0", 3, 19, "Ringing")], call)[-1]
    assert missed.facts.result is Outcome.MISSED
    assert missed.facts.ended is not None


def test_an_end_of_unknown_time_is_reported_without_a_time() -> None:
    """It is then the time at which it is told."""
    call = Steered("9-1", "ada", inbound=True, ringing=True, party=Leg("9.1"))
    (update,) = updates_between(call, replace(call, over=True))
    assert update.facts.ended is None


def test_an_end_found_by_comparison_is_uncertain() -> None:
    """Nobody listened when it ended: how long the talk was is a question for the call log."""
    at = up("c1-dst", 9).at
    gone = [wire.ended(leg, at, 16, guessed=True) for leg in ("c1-dst", "c1-d0")]
    *_, ended = news([START, up("c1-d0", 2), up("c1-dst", 5), *gone])
    assert ended.facts.result is Outcome.ANSWERED
    assert not ended.facts.is_certain
    *_, ended = news([START, up("c1-d0", 2), *gone])
    assert ended.facts.outcome is None
    (alone,) = news([START, wire.ended("c1-d0", at, 16, guessed=True)])
    assert not alone.facts.has_final_cdr


def test_a_transferred_call_ends_for_the_agent() -> None:
    """With what was talked until then, whoever did it."""
    talk = [START, up("c1-d0", 2), up("c1-dst", 3)]
    third = event("StasisStart", "c1-t0", 5, "Down", "third", "c1", "ada", "2002")
    *_, handed = news([*talk, third, bye("c1-d0", 6), destroyed("c1-d0", 6), bye("c1-t0", 9)])
    assert (handed.moment, handed.facts.talk_ms) == (TRANSFERRED, 3000)
    start = replace(event("StasisStart", "55.7", 5, "Up"), replace_channel=channel("c1-d0", "Up"))
    heard = news([*talk, start, bye("c1-d0", 6), bye("c1-dst", 9)])
    assert [update.moment for update in heard] == [DIALED, CONNECTED, TRANSFERRED]
    assert heard[-1].facts.talk_ms == 2000


def test_a_pick_up_during_the_agents_hang_up_is_not_a_talk() -> None:
    """The destination was picked up a moment after the agent had given up."""
    heard = news([START, up("c1-d0", 2), bye("c1-d0", 4), up("c1-dst", 4.1)])
    assert [update.moment for update in heard] == [DIALED, ENDED]
    assert heard[-1].facts.result is Outcome.NO_ANSWER


def test_the_state_of_a_call_is_reported_completely_with_growing_times() -> None:
    """A third party rings, talks, waits and joins; a hold and a recording."""
    talk = [
        *[START, up("c1-d0", 2), inside(2.1, "c1-dst", "c1-d0", "c1-dst"), up("c1-dst", 3)],
        event("StasisStart", "c1-c0", 4, "Down", "consult", "c1", "ada", "2002"),
        outside(4, "c1-dst", "c1-d0"),
        inside(4, "c1-c0", "c1-d0", "c1-c0", state="Down"),
        up("c1-c0", 5),
        outside(6, "c1-c0", "c1-d0"),
        inside(6, "c1-dst", "c1-d0", "c1-dst"),
        inside(7, "c1-c0", "c1-d0", "c1-dst", "c1-c0"),
        Event("RecordingStarted", stamp(7.5), recording=Recording("c1")),
        bye("c1-c0", 8),
        destroyed("c1-c0", 8),
        Event("RecordingFinished", stamp(8.5), recording=Recording("c1")),
    ]
    heard = [one.in_call for one in news([*talk, bye("c1-dst", 9)]) if one.moment is IN_CALL]
    told = [(one.third and str(one.third.state), one.held, one.recording) for one in heard]
    assert told == [
        ("ringing", False, False),
        ("ringing", True, False),
        ("talking", True, False),
        ("waiting", True, False),
        ("waiting", False, False),
        ("joined", False, False),
        ("joined", False, True),
        (None, False, True),
        (None, False, False),
    ]
    times = [one.at for one in heard]
    assert times == sorted(set(times))
    third = heard[2].third
    assert third is not None
    assert (third.number, third.since) == ("2002", up("c1-c0", 5).at)
    left = news([*talk[:10], up("c1-c0", 7), talk[10], bye("c1-d0", 9), destroyed("c1-d0", 9)])
    assert [one.moment for one in left][-1] is TRANSFERRED


def test_a_recording_is_reported_by_its_file_name() -> None:
    """As soon as it is, and with nothing that came before."""
    talk = [START, up("c1-d0", 2), inside(2.1, "c1-dst", "c1-d0", "c1-dst"), up("c1-dst", 3)]
    begun = Event("RecordingStarted", stamp(4), recording=Recording("c1"))
    heard = [update.facts.recording for update in news([*talk, begun])]
    assert heard == [None, None, Known("c1", Source.EVENT)]


def test_the_remains_of_a_reported_call_are_not_reported_again() -> None:
    """A destination that shows up after the end."""
    assert news([event("StasisStart", "c1-dst", 2, "Down", "dest", "c1", "ada", NUMBER)]) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_session_reports_each_event_once_in_order(name: str) -> None:
    """As often as the events are repeated."""
    calls: dict[str, list[Event]] = {}
    for one in trace(name):
        leg = ids.leg_name(one.subject.id) if one.subject else None
        if leg is not None:
            calls.setdefault(leg.root, []).append(one)
    for root, events in calls.items():
        doubled = [copy for one in events for copy in (one, one)]
        heard = [one for one in moments(doubled, Steered(root, "ada")) if one is not IN_CALL]
        assert max(Counter(heard).values(), default=1) == 1
        order = [RINGING, DIALED, CONNECTED, TRANSFERRED, ENDED]
        assert heard == sorted(heard, key=order.index)


def test_every_recorded_refusal_is_reported_as_its_outcome() -> None:
    """All SIP answers, with and without ringing before."""
    ends = {
        one.subject.id: one
        for one in trace("dest_codes")
        if one.type == "ChannelDestroyed" and one.subject and one.subject.id.endswith("-dst")
    }
    assert len(ends) > 40
    for name, end in ends.items():
        root = name.removesuffix("-dst")
        events = [one for one in trace("dest_codes") if one.subject and root in one.subject.id]
        events = [one for one in events if ids.leg_name(one.subject.id).root == root]  # type: ignore[union-attr]
        last = news(events, Steered(root, "ada"))[-1]
        assert last.facts.outcome is not None
        assert last.facts.outcome.value is outcome_of(end.cause, end.tech_cause), name


def test_a_live_call_is_its_own_cdr() -> None:
    """What its channels tell outranks every event."""
    call = Steered("c1", "", devices=(Leg("c1-d0", State.UP, up_at=5),), winner="c1-d0")
    record = cdr_of(call)
    assert (record.moment, record.user_id) == (Moment.CDR, None)
    assert record.facts.picked_up is not None
    assert record.facts.picked_up.source is Source.CDR
    assert record.facts.connected is None


def test_a_guessed_time_is_not_in_the_cdr() -> None:
    """Of a leg that went between two questions, or the true time of a talk would be overruled."""
    legs = (Leg("c1-d0", State.UP, up_at=90, guessed=True),)
    talk = Steered("c1", "ada", NUMBER, devices=legs, winner="c1-d0", connecting=True)
    found = cdr_of(replace(talk, party=Leg("c1-dst", State.UP, up_at=90, guessed=True)))
    assert found.facts.connected == Known(90, Source.OBSERVED)
    heard = Facts(connected=Known(10, Source.EVENT), picked_up=Known(5, Source.EVENT))
    joined = heard.join(found.facts)
    assert (joined.connected, joined.picked_up) == (heard.connected, heard.picked_up)


def test_a_hold_by_the_agents_own_phone_is_reported() -> None:
    """Only the agent's: what the other side's phone does is not ours to show."""
    talk = [START, up("c1-d0", 2), inside(2.1, "c1-dst", "c1-d0", "c1-dst"), up("c1-dst", 3)]
    pressed = [
        event("ChannelHold", "c1-dst", 4),
        event("ChannelHold", "c1-d0", 5),
        event("ChannelUnhold", "c1-d0", 6),
    ]
    heard = [one.in_call for one in news([*talk, *pressed]) if one.moment is IN_CALL]
    assert [one.held for one in heard] == [True, False]
