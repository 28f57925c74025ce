"""Which event is about which call, and what a comparison with Asterisk finds."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.telephony.asterisk import board as boards
from adapter.telephony.asterisk.board import CallBoard
from adapter.telephony.asterisk.commands import Connect, DropBridge, Release, RingAgent
from adapter.telephony.asterisk.wire import Channel, Dialplan, Event, Recording
from adapter.telephony.updates import Moment
from tests.telephony.asterisk.traced import (
    bridge,
    bye,
    channel,
    destroyed,
    event,
    stamp,
    trace,
    up,
)

NUMBER = "+15551230300"
USER = ("user", "c1", "ada", NUMBER)
START = event("StasisStart", "c1-d0", 1, "Down", *USER)


def test_a_repeated_event_is_applied_once() -> None:
    """Asterisk sends both for a channel that we own and whose phone we watch."""
    board = CallBoard("cti")
    assert board.take(START) is not None
    assert board.take(START) is None
    for number in range(boards.REMEMBERED):
        board.take(event("ChannelVarset", f"x{number}", 1))
    assert board.take(START) is not None  # the first of so many is forgotten
    timeless = replace(event("ChannelHold", "c1-d0", 1, "Up"), timestamp="")
    assert None not in [board.take(timeless) for _ in range(2)]  # it may be a second one
    heard = [board.take(one) for one in trace("duplicates")]
    assert len([step for step in heard if step is None]) > 5


def test_a_calls_events_find_it_also_by_a_foreign_channel() -> None:
    """The caller's, and one that a phone's transfer put into our bridge."""
    board = CallBoard("cti")
    caller = event("StasisStart", "9.1", 1, "Ring", "inbound", "ada")
    step = board.take(caller)
    assert step is not None
    assert step.commands == (RingAgent("9-1", "ada", "9.1"),)
    assert board.take(event("StasisStart", "9-1-d0", 2, "Down", "user", "9-1", "ada")) is not None
    gone = board.take(event("ChannelHangupRequest", "9.1", 3, "Ring", cause=127))
    assert gone is not None
    assert gone.commands == (Release("9-1-d0"), Release("9.1"))
    start = replace(event("StasisStart", "55.7", 5, "Up"), replace_channel=Channel("c1-d0"))
    assert board.take(start) is not None
    foreign = replace(start, replace_channel=Channel("77.1"), timestamp=stamp(6))
    assert board.take(foreign) is None


def test_an_event_about_no_call_is_ignored() -> None:
    """Events without a channel, and channels of others."""
    board = CallBoard("cti")
    assert board.take(Event("BridgeDestroyed", stamp(1))) is None
    assert board.take(up("77.1", 1)) is None


def test_a_call_is_dropped_when_no_channel_is_left() -> None:
    """So that memory does not grow."""
    board = CallBoard("cti")
    for one in (START, up("c1-d0", 2), bye("c1-d0", 3)):
        board.take(one)
    step = board.take(destroyed("c1-d0", 3.1))
    assert step is not None
    assert (step.done, step.commands, board.calls) == (True, (DropBridge("c1"),), {})


def test_a_leg_that_cannot_be_created_ends_the_call() -> None:
    """The destination's end is told as a failure."""
    board = CallBoard("cti")
    board.take(START)
    board.take(up("c1-d0", 2))
    step = board.lost("c1", "c1-dst", 5)
    assert step is not None
    assert [update.moment for update in step.updates] == [Moment.ENDED]
    assert Release("c1-d0") in step.commands
    assert board.lost("zz", "zz-dst", 5) is None


def test_a_called_destination_without_a_channel_is_gone() -> None:
    """Its events were lost, every one."""
    board = CallBoard("cti")
    board.take(START)
    board.take(up("c1-d0", 2))
    there = [channel("c1-d0", "Up", *USER)]
    bridges = [bridge("c1-b", "c1-d0")]
    assert [step.commands for step in board.sweep(there, bridges, {}, 9)] == [()]
    board.called("c1")
    board.called("zz")
    (step,) = board.sweep(there, bridges, {}, 9)
    assert step.commands == (Release("c1-d0"),)


def test_a_comparison_finds_what_ended_and_what_began_meanwhile() -> None:
    """Missing legs end now; a phone that was picked up is connected."""
    board = CallBoard("cti", {"PJSIP/ada": "ada"})
    board.take(START)
    board.take(up("c1-d0", 2))
    board.take(event("StasisStart", "c2-d0", 1, "Down", "user", "c2", "ada", NUMBER))
    board.take(event("StasisStart", "c3-d0", 1, "Down", "user", "c3", "ada", NUMBER))
    seen = Channel("9.2", "PJSIP/ada-0a", "Ring")
    board.take(Event("ChannelCreated", stamp(1), channel=seen))
    there = [
        channel("c2-d0", "Up", "user", "c2", "ada", NUMBER),
        channel("c3-d0", "Down", "user", "c3", "ada", NUMBER),
        channel("c4-dst", "Up", "dest", "c4", "ada", NUMBER),
        Channel("9.8", "PJSIP/ada-0b", "Up"),
        Channel("9.9", "PJSIP/eve-0b", "Up"),
    ]
    steps = {step.root: step for step in board.sweep(there, [bridge("c4-b", "c4-dst")], {}, 9)}
    assert [update.moment for update in steps["c1"].updates] == [Moment.ENDED]
    assert steps["c2"].commands == (Connect("c2", "ada", "c2-d0", NUMBER),)
    assert steps["c3"].commands == ()
    assert steps["c4"].commands == (Release("c4-dst"),)
    assert [update.moment for update in steps["9-2"].updates] == [Moment.ENDED]
    assert set(board.seen) == {"9.8"}
    assert board.sweep(there, (), {}, 10)[-1].root != "9-8"


def test_a_recording_belongs_to_the_call_in_its_name() -> None:
    """One that is another's is about nothing of ours."""
    board = CallBoard("cti")
    for one in [START, up("c1-d0", 2)]:
        board.take(one)
    begun = Event("RecordingStarted", stamp(3), recording=Recording("c1"))
    assert board.take(begun) is not None
    assert board.calls["c1"].recording
    assert board.take(Event("RecordingStarted", stamp(3), recording=Recording("other"))) is None


def test_a_comparison_finds_what_is_recorded_and_what_goes_on_without_its_agent() -> None:
    """Of the latter nobody hears the end, so that somebody must say so."""
    board = CallBoard("cti")
    party = channel("c1-dst", "Up", "dest", "c1", "ada", NUMBER)
    third = channel("c1-c0", "Up", "consult", "c1", "ada", "2002")
    board.sweep([party, third], [bridge("c1-b", "c1-dst", "c1-c0")], {}, 9, {"c1"})
    assert board.unheard == {"c1"}
    assert board.calls["c1"].recording


def test_what_another_program_has_there_is_left_alone() -> None:
    """Another adapter's call at a watched phone, or an application with names like ours."""
    theirs = [
        replace(one, dialplan=Dialplan("", "Stasis", f"theirs,{','.join(told)}"))
        for one, told in (
            (channel("c9-d0", "Up"), ("user", "c9", "ada", NUMBER)),
            (channel("c9-dst", "Up"), ("dest", "c9")),
            (channel("room-c", "Up"), ()),
            (replace(channel("9.1", "Ring"), name="PJSIP/trunk-1"), ("inbound", "ada")),
        )
    ]
    board = CallBoard("cti", {"PJSIP/ada": "ada"})
    assert board.sweep(theirs, [bridge("c9-b", "c9-d0", "c9-dst")], {}, 1_000) == ()
    unnamed = replace(theirs[0], state="Down", dialplan=Dialplan())
    for number, subject in enumerate((unnamed, *theirs)):
        heard = Event("ChannelStateChange", stamp(number), channel=subject)
        assert board.take(heard) is None
    assert (board.calls, board.seen) == ({}, {})
