"""What events tell of a call is noted; what follows is for others to say."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.telephony.asterisk.leg import Leg, State
from adapter.telephony.asterisk.observing import observe
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.asterisk.wire import Bridge, Event, Recording
from tests.telephony.asterisk.traced import event, inside, outside, stamp, up

CALL = Steered("c1", "ada", devices=(Leg("c1-d0", State.UP),), party=Leg("c1-dst", State.UP))


def test_each_bridge_event_lists_all_its_members() -> None:
    """Who never was in it is not taken out of it; another bridge is none of ours."""
    call = observe(CALL, inside(2, "c1-d0", "c1-d0"))
    assert [leg.inside for leg in call.legs] == [True, None]
    call = observe(call, inside(3, "c1-dst", "c1-dst", "c1-d0"))
    assert [leg.inside for leg in call.legs] == [True, True]
    call = observe(call, outside(4, "c1-dst", "c1-d0"))
    assert [leg.inside for leg in call.legs] == [True, False]
    elsewhere = replace(outside(5, "c1-d0"), bridge=Bridge("other", ()))
    assert observe(call, elsewhere).legs == call.legs
    silent = replace(outside(5, "c1-d0"), bridge=Bridge("c1-b"))
    assert observe(call, silent).legs == call.legs


def test_each_event_is_noted_as_later_than_the_one_before() -> None:
    """Also of the same millisecond, or with a time that went back."""
    first = observe(CALL, up("c1-d0", 5))
    second = observe(first, up("c1-d0", 5))
    third = observe(second, up("c1-d0", 1))
    assert first.noted_at < second.noted_at < third.noted_at


def test_a_recordings_state_follows_its_last_event() -> None:
    """Begun, then finished or failed."""
    on = observe(CALL, Event("RecordingStarted", stamp(2), recording=Recording("c1")))
    off = observe(on, Event("RecordingFailed", stamp(3), recording=Recording("c1")))
    assert (on.recording, off.recording) == (True, False)


def test_a_consulted_party_may_have_no_number() -> None:
    """Its events of before it is with us tell none; the number stays once it is told."""
    bare = observe(CALL, event("ChannelStateChange", "c1-c0", 2, "Down"))
    assert (bare.consulted, bare.target) == (Leg("c1-c0"), "")
    told = observe(bare, event("StasisStart", "c1-c0", 3, "Down", "consult", "c1", "ada", "2002"))
    assert observe(told, event("ChannelStateChange", "c1-c0", 4, "Ringing")).target == "2002"
