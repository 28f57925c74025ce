"""Steering as a conversation: what Asterisk tells, and what follows from it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.callupdates import connected_at, updates_between
from adapter.telephony.asterisk.commands import (
    Answer,
    Command,
    Connect,
    DropBridge,
    GoOn,
    Handover,
    Join,
    Record,
    Release,
    Retrieve,
    RingAgent,
    StopRecording,
    Swap,
)
from adapter.telephony.asterisk.leg import Leg, State
from adapter.telephony.asterisk.legs import age, is_coming, plan, successor
from adapter.telephony.asterisk.observing import observe
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.asterisk.wire import Event, Recording
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
USER = ("user", "c1", "ada", NUMBER)
PLACED = [
    event("StasisStart", "c1-d0", 1, "Down", *USER),
    event("StasisStart", "c1-d1", 1, "Down", *USER),
]
CALLER = Steered("9-1", "ada", "+1555", inbound=True, party=Leg("9.1", State.RINGING))


def after_events(
    events: Iterable[Event], call: Steered | None = None
) -> tuple[Steered, list[tuple[Command, ...]]]:
    """The call after these events, and what followed from each."""
    call = call or Steered("c1", "")
    said = []
    for one in events:
        call, commands = plan(observe(call, one))
        said.append(commands)
    return call, said


def last(events: Iterable[Event], call: Steered | None = None) -> tuple[Command, ...]:
    """What followed from the last of them."""
    return after_events(events, call)[1][-1]


def test_the_phone_that_is_picked_up_first_wins_and_is_connected() -> None:
    """The others are told that it was taken elsewhere, then the destination is called."""
    call, said = after_events([*PLACED, up("c1-d1", 2), up("c1-d1", 2), up("c1-d0", 2.1)])
    assert said[:2] == [(), ()]
    assert said[2] == (Release("c1-d0", 26), Connect("c1", "ada", "c1-d1", NUMBER))
    assert said[3:] == [(), ()]
    assert call.winner == "c1-d1"


def test_the_agent_is_known_from_a_later_event_than_the_channel() -> None:
    """A channel's first events come before it is with our application."""
    first = event("ChannelConnectedLine", "c1-d0", 1, "Down")
    call, _ = after_events([first, event("StasisStart", "c1-d0", 1, "Down", *USER)])
    assert (call.user, call.number) == ("ada", NUMBER)
    again, _ = after_events(
        [event("StasisStart", "c1-d0", 1, "Down", "user", "c1", "eve", "1")], call
    )
    assert again.user == "ada"


def test_when_the_other_party_hangs_up_the_agent_is_hung_up_and_the_bridge_dropped() -> None:
    """Asterisk leaves whoever stays in silence for ever."""
    talk = [*PLACED[:1], up("c1-d0", 2), up("c1-dst", 3)]
    call, said = after_events([*talk, bye("c1-dst", 9)])
    assert said[-1] == (Release("c1-d0"), Release("c1-dst"))
    call, said = after_events([destroyed("c1-dst", 9), destroyed("c1-d0", 9)], call)
    assert said == [(), (DropBridge("c1"),)]
    assert call.is_done


def test_when_the_agent_hangs_up_the_destination_is_hung_up_in_every_stage() -> None:
    """Ringing, or in the talk."""
    for state in ("Down", "Ringing", "Up"):
        so_far = [*PLACED[:1], up("c1-d0", 2), event("Dial", "c1-dst", 3, state)]
        assert Release("c1-dst") in last([*so_far, bye("c1-d0", 4)])


def test_a_destination_that_shows_up_after_the_end_is_hung_up() -> None:
    """Its creation was under way when the agent hung up."""
    call, _ = after_events([*PLACED[:1], up("c1-d0", 2), destroyed("c1-d0", 2.1)])
    assert call.is_done
    late = event("StasisStart", "c1-dst", 2.2, "Down", "dest", "c1", "ada", NUMBER)
    assert last([late]) == (Release("c1-dst"),)


def test_when_all_phones_refuse_nobody_is_called() -> None:
    """One refusal leaves the other phone ringing."""
    call, said = after_events([*PLACED, destroyed("c1-d0", 2, 21, "Ringing")])
    assert said[-1] == ()
    call, said = after_events([destroyed("c1-d1", 3, 19, "Ringing")], call)
    assert said[-1] == ()
    assert call.is_done


def test_a_refusal_through_the_dialplan_ends_the_call_though_an_announcement_plays() -> None:
    """A Local channel stays, and says busy only once."""
    so_far = [*PLACED[:1], up("c1-d0", 2), event("Dial", "c1-dst", 3, "Down")]
    busy = event("Dial", "c1-dst", 4, "Down", status="BUSY")
    call, said = after_events([*so_far, busy])
    assert said[-1] == (Release("c1-d0"), Release("c1-dst"))
    assert call.party is not None
    assert call.party.cause == 17


def test_a_caller_rings_at_the_agent_and_is_answered_by_the_first_phone() -> None:
    """The caller's own channel has a foreign id."""
    start = event("StasisStart", "9.1", 1, "Ring", "inbound", "ada")
    call, said = after_events([start], CALLER)
    assert said == [(RingAgent("9-1", "ada", "9.1"),)]
    rings = event("StasisStart", "9-1-d0", 2, "Down", "user", "9-1", "ada", "")
    call, said = after_events([rings, up("9-1-d0", 3)], call)
    assert said == [(), (Answer("9-1", "9-1-d0", "9.1"),)]
    assert last([bye("9.1", 5)], call) == (Release("9-1-d0"), Release("9.1"))


def test_an_unanswered_caller_continues_in_the_dialplan() -> None:
    """There is the voicemail."""
    start = event("StasisStart", "9.1", 1, "Ring", "inbound", "ada")
    refused = destroyed("9-1-d0", 3, 21, "Ringing")
    assert last([start, refused], CALLER) == (GoOn("9.1"),)


def test_a_caller_who_gives_up_lets_the_phones_stop_ringing() -> None:
    """And nothing goes on in the dialplan."""
    start = event("StasisStart", "9.1", 1, "Ring", "inbound", "ada")
    rings = event("ChannelStateChange", "9-1-d0", 2, "Ringing")
    gone = event("ChannelHangupRequest", "9.1", 3, "Ring", cause=127, tech=487)
    assert last([start, rings, gone], CALLER) == (Release("9-1-d0"), Release("9.1"))


def test_an_inbound_call_without_its_caller_waits() -> None:
    """A phone's event may come before the caller's."""
    call, said = after_events(
        [event("ChannelStateChange", "9-1-d0", 2, "Ringing")],
        Steered("9-1", "ada", inbound=True),
    )
    assert said == [()]
    assert not call.over


def test_a_third_party_takes_over_and_the_agent_is_out_at_once() -> None:
    """The customer hears ringing, then the third; when one leaves, so does the other."""
    talk, _ = after_events([*PLACED[:1], up("c1-d0", 2), up("c1-dst", 3)])
    third = event("StasisStart", "c1-t0", 5, "Down", "third", "c1", "ada", "2002")
    call, said = after_events(
        [third, destroyed("c1-d0", 5.1), up("c1-t0", 7), up("c1-t0", 7)], talk
    )
    assert said == [
        (Handover("c1-dst"), Release("c1-d0")),
        (),
        (Join("c1", "c1-dst", "c1-t0"),),
        (),
    ]
    assert last([bye("c1-t0", 9)], call) == (Release("c1-dst"), Release("c1-t0"))
    assert last([bye("c1-dst", 9)], call) == (Release("c1-dst"), Release("c1-t0"))


def test_a_missing_third_party_leaves_nobody_on_hold() -> None:
    """The agent is gone, so the customer is hung up."""
    talk, _ = after_events([*PLACED[:1], up("c1-d0", 2), up("c1-dst", 3)])
    third = event("StasisStart", "c1-t0", 5, "Down", "third", "c1", "ada", "2002")
    refused = destroyed("c1-t0", 6, 17, "Ringing")
    assert Release("c1-dst") in last([third, destroyed("c1-d0", 5.1), refused], talk)


def test_a_transfer_by_the_phones_own_button_is_followed() -> None:
    """A foreign channel takes the agent's place in our bridge, and ends with the customer."""
    talk, _ = after_events([*PLACED[:1], up("c1-d0", 2), up("c1-dst", 3)])
    start = event("StasisStart", "55.7", 5, "Up")
    start = replace(start, replace_channel=channel("c1-d0", "Up"))
    call, said = after_events([start, start, bye("c1-d0", 5.1), destroyed("c1-d0", 5.2)], talk)
    assert said == [(), (), (), ()]
    assert call.handed
    assert not call.over
    assert last([bye("c1-dst", 9)], call) == (Release("c1-dst"), Release("55.7"))
    call, _ = after_events([event("StasisEnd", "55.7", 9), destroyed("c1-dst", 9.1)], call)
    assert call.is_done
    other = replace(start, replace_channel=channel("zz-d0", "Up"))
    assert not after_events([other], talk)[0].handed


CONSULT = ("consult", "c1", "ada", "2002")
TALK = [
    *PLACED[:1],
    up("c1-d0", 2),
    inside(2.1, "c1-d0", "c1-d0"),
    inside(2.2, "c1-dst", "c1-d0", "c1-dst"),
    up("c1-dst", 3),
]
CALLED_IN = [
    event("StasisStart", "c1-c0", 4, "Down", *CONSULT),
    outside(4.1, "c1-dst", "c1-d0"),
    inside(4.2, "c1-c0", "c1-d0", "c1-c0", state="Down"),
]
TALKS = [*TALK, *CALLED_IN, up("c1-c0", 5)]
BOTH = inside(6, "c1-dst", "c1-d0", "c1-c0", "c1-dst")


def test_a_departed_third_party_brings_the_customer_back() -> None:
    """Declined or hung up; asked for once, and not where the customer is back already."""
    for end in (destroyed("c1-c0", 6, 21), bye("c1-c0", 6)):
        call, said = after_events([*TALKS, end, destroyed("c1-c0", 6.1)])
        assert [c for c in said[len(TALKS) :] if c] == [(Retrieve("c1", "c1-dst"),)]
        assert not call.over
    assert last([*TALKS, BOTH, bye("c1-c0", 7)]) == ()


def test_another_party_may_be_consulted_afterward() -> None:
    """Under the same id, which is free again."""
    again = event("StasisStart", "c1-c0", 8, "Down", "consult", "c1", "ada", "2003")
    call, said = after_events([*TALKS, destroyed("c1-c0", 6), again])
    assert (call.target, call.consulted) == ("2003", Leg("c1-c0"))
    late = after_events([destroyed("c1-c0", 9)], call)[1][-1]
    assert late == (Retrieve("c1", "c1-dst"),)
    assert sum(len(commands) for commands in said) == 2


def test_an_agent_may_leave_two_parties_talking() -> None:
    """Only when the phone is gone for good, for who is in the bridge is told before that."""
    recording = Event("RecordingStarted", stamp(6.1), recording=Recording("c1"))
    call, said = after_events([*TALKS, BOTH, recording, bye("c1-d0", 7)])
    assert said[-1] == ()
    call, said = after_events([destroyed("c1-d0", 7.1)], call)
    assert (call.handed, call.over, said[-1]) == (True, False, (StopRecording("c1"),))
    assert last([bye("c1-c0", 9)], call) == (Release("c1-dst"), Release("c1-c0"))
    quiet = after_events([*TALKS, BOTH, destroyed("c1-d0", 7)])[1][-1]
    assert quiet == ()


def test_leaving_during_a_consultation_ends_the_call() -> None:
    """Nobody is left with music for ever."""
    assert last([*TALKS, bye("c1-d0", 7)]) == ()
    assert set(last([*TALKS, destroyed("c1-d0", 7)])) == {Release("c1-dst"), Release("c1-c0")}
    rings = last([*TALK, *CALLED_IN, bye("c1-d0", 7)])
    assert set(rings) == {Release("c1-d0"), Release("c1-dst"), Release("c1-c0")}
    customer = last([*TALKS, bye("c1-dst", 7)])
    assert set(customer) == {Release("c1-d0"), Release("c1-dst"), Release("c1-c0")}


def test_a_talk_is_recorded_from_its_beginning_where_all_are() -> None:
    """Asked for once."""
    call, said = Steered("c1", ""), []
    for one in [*TALK, up("c1-dst", 3.5), BOTH]:
        call, commands = plan(observe(call, one), record=True)
        said += [command for command in commands if isinstance(command, Record)]
    assert said == [Record("c1")]


def test_an_irrelevant_event_changes_nothing() -> None:
    """Or about a channel of somebody else."""
    call, _ = after_events(PLACED)
    for one in (Event("ApplicationReplaced"), up("zz-d0", 3), up("55.9", 3)):
        assert replace(observe(call, one), noted_at=call.noted_at) == call


def _calls(name: str) -> dict[str, list[Event]]:
    """A recording's events by the call of ours that they are about."""
    calls: dict[str, list[Event]] = {}
    for one in trace(name):
        subject = one.subject
        leg = ids.leg_name(subject.id) if subject else None
        if leg is not None:
            calls.setdefault(leg.root, []).append(one)
    return calls


def _worsened(events: list[Event], seed: int) -> list[Event]:
    """The same events as life may have it: doubled, swapped with a neighbor, some missing."""
    chance = random.Random(seed)
    worse: list[Event] = []
    for one in events:
        if chance.random() > 0.1 or one.type == "ChannelDestroyed":
            worse.extend([one] * chance.choice([1, 1, 2]))
    for place in range(len(worse) - 1):
        if chance.random() < 0.15 and worse[place].at >= worse[place + 1].at - 7:
            worse[place], worse[place + 1] = worse[place + 1], worse[place]
    return worse


@pytest.mark.parametrize("name", NAMES)
def test_no_distorted_event_sequence_dials_twice_or_strands_anybody(name: str) -> None:
    """Doubled, out of order and with gaps: each command once, and nothing is left at the end."""
    for root, events in _calls(name).items():
        for seed in range(4):
            call, said = after_events(
                _worsened(events, seed) if seed else events, Steered(root, "ada")
            )
            counted = Counter(command for commands in said for command in commands)
            counted.pop(DropBridge(root), None)
            assert set(counted.values()) <= {1}, (root, seed)
            if all(leg.state is State.GONE for leg in call.legs):
                assert call.over, (root, seed)
            if any(leg.is_ending for leg in call.legs) and call.over:
                assert all(leg.released or not leg.is_there for leg in call.legs)


TALK = [*PLACED[:1], up("c1-d0", 2), up("c1-dst", 3)]
BACK = event("StasisStart", "c1-w4", 8, "Down", *USER)


def test_a_returning_leg_replaces_the_old_one() -> None:
    """The old one is let go; nobody is told anything, for it is the same talk."""
    before, _ = after_events(TALK)
    ringing, said = after_events([BACK], before)
    assert said == [()]
    after, said = after_events([up("c1-w4", 9)], ringing)
    assert said == [(Release("c1-d0", 26), Swap("c1", "c1-w4"))]
    assert (after.winner, updates_between(before, after)) == ("c1-w4", ())
    assert after.agent == Leg("c1-w4", State.UP, up_at=before.agent.up_at)  # type: ignore[union-attr]
    after, said = after_events([destroyed("c1-d0", 9.1, 26)], after)
    assert (said, after.over) == ([()], False)


def test_a_callers_talk_begins_with_the_first_leg() -> None:
    """The time of the talk is not counted anew."""
    told_of = ("user", "9-1", "ada", "")
    call, _ = after_events(
        [event("StasisStart", "9-1-d0", 1, "Down", *told_of), up("9-1-d0", 2)], CALLER
    )
    after, _ = after_events(
        [event("StasisStart", "9-1-w1", 5, "Down", *told_of), up("9-1-w1", 6)], call
    )
    assert after.winner == "9-1-w1"
    assert connected_at(after) == connected_at(call) is not None


def test_a_call_whose_old_leg_ends_first_waits_for_the_one_that_comes() -> None:
    """The page is on its way; when it does not come either, the call is over."""
    call, said = after_events([*TALK, BACK, destroyed("c1-d0", 9, 44)])
    assert (said[-1], call.over) == ((), False)
    back, _ = after_events([up("c1-w4", 10)], call)
    assert (back.winner, back.over) == ("c1-w4", False)
    lost, said = after_events([destroyed("c1-w4", 10, 19, "Down")], call)
    assert (said, lost.over) == ([(Release("c1-dst"),)], True)


def test_a_leg_that_never_arrived_does_not_affect_the_talk() -> None:
    """The page was gone again: the agent's leg is the one that it was."""
    call, said = after_events([*TALK, BACK, destroyed("c1-w4", 9, 19, "Down")])
    assert (said[-1], call.winner, call.over) == ((), "c1-d0", False)


def test_the_latest_of_two_returning_legs_talks() -> None:
    """Two reloads in a row; the first one's leg is let go."""
    later = event("StasisStart", "c1-w10", 8.5, "Down", *USER)
    call, said = after_events([*TALK, BACK, later, up("c1-w10", 9), up("c1-w4", 9.1)])
    assert said[-2] == (Release("c1-d0", 26), Release("c1-w4", 26), Swap("c1", "c1-w10"))
    assert (said[-1], call.winner) == ((), "c1-w10")


def test_an_agent_who_hangs_up_ends_the_call_after_a_takeover_too() -> None:
    """What the leg is named makes no difference."""
    call, _ = after_events([*TALK, BACK, up("c1-w4", 9), destroyed("c1-d0", 9.1, 26)])
    _, said = after_events([bye("c1-w4", 12)], call)
    assert said == [(Release("c1-w4"), Release("c1-dst"))]


def test_without_a_bridge_there_is_no_leg_to_swap() -> None:
    """The call is connected with the leg that came back, as with any other."""
    call = Steered(
        "c1",
        "ada",
        "+1555",
        devices=(Leg("c1-d0", State.UP, up_at=1), Leg("c1-w1", State.UP, up_at=2)),
        winner="c1-d0",
    )
    after, (commands,) = after_events([up("c1-w1", 3)], call)
    assert [type(one).__name__ for one in commands] == ["Release", "Connect"]
    assert after.winner == "c1-w1"


def test_a_legs_age_is_in_its_name() -> None:
    """Phones that were rung first have none, and neither have others' channels."""
    assert [age(name) for name in ("c1-d3", "c1-w7", "17.4")] == [0, 7, 0]
    assert is_coming("c1-w7", Leg("c1-w8"))
    assert not is_coming("c1-w7", Leg("c1-w6"))
    assert not is_coming("c1-d0", Leg("c1-d1"))
    assert successor(Leg("c1-d0"), ()) is None


def test_a_talk_of_three_waits_for_the_returning_agent() -> None:
    """The other two are not left to each other while the page is on its way."""
    call = Steered(
        "c1",
        "ada",
        "+1555",
        devices=(Leg("c1-d0", State.GONE, up_at=1, gone_at=5), Leg("c1-w1", State.RINGING)),
        party=Leg("c1-dst", State.UP, up_at=2, inside=True),
        consulted=Leg("c1-c0", State.UP, up_at=3, inside=True),
        winner="c1-d0",
        connecting=True,
    )
    after, commands = plan(call)
    assert (commands, after.handed, after.over) == ((), False, False)
    back, (said,) = after_events([up("c1-w1", 6)], after)
    assert said == (Swap("c1", "c1-w1"),)
    assert not back.handed
