"""What a process finds in Asterisk, and goes on with."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.telephony.asterisk.commands import Connect, DropBridge, Release
from adapter.telephony.asterisk.leg import Leg, State
from adapter.telephony.asterisk.legs import plan
from adapter.telephony.asterisk.recovery import called, merged, recovered_calls
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.asterisk.wire import Bridge, Channel
from tests.telephony.asterisk.traced import bridge, channel

NUMBER = "+15551230300"
NOW = 9_000


def phone(place: int = 0, state: str = "Up") -> Channel:
    """A phone of the agent."""
    return channel(f"c1-d{place}", state, "user", "c1", "ada", NUMBER)


def party(state: str = "Up") -> Channel:
    """The destination."""
    return channel("c1-dst", state, "dest", "c1", "ada", NUMBER)


def recovered(channels: list[Channel], *bridges: Bridge, **times: int) -> Steered:
    """The one call that is found."""
    answered = {name.replace("_", "-"): at for name, at in times.items()}
    (call,) = recovered_calls(channels, bridges, answered, NOW)
    return call


def test_a_talk_goes_on_with_its_times() -> None:
    """Nothing is asked of Asterisk."""
    call = recovered([phone(), party()], bridge("c1-b", "c1-d0", "c1-dst"), c1_d0=5, c1_dst=7)
    assert plan(call)[1] == ()
    assert (call.user, call.number, call.winner) == ("ada", NUMBER, "c1-d0")
    assert call.party == Leg("c1-dst", State.UP, up_at=7, inside=True)


def test_a_phone_that_was_picked_up_while_nobody_steered_is_connected() -> None:
    """Nobody was called before, for there is no bridge; the other phone stops ringing."""
    call = recovered([phone(0, "Ringing"), phone(1)])
    assert call.devices[1] == Leg("c1-d1", State.UP, up_at=NOW, guessed=True)
    assert plan(call)[1] == (Release("c1-d0", 26), Connect("c1", "ada", "c1-d1", NUMBER))


def test_the_number_to_be_shown_is_found_with_the_phone() -> None:
    """It goes with the call, whoever connects it."""
    asks = channel("c1-d0", "Up", "user", "c1", "ada", NUMBER, "+15550008888")
    assert plan(recovered([asks]))[1] == (Connect("c1", "ada", "c1-d0", NUMBER, "+15550008888"),)


def test_a_phone_in_a_bridge_without_a_destination_is_hung_up() -> None:
    """Somebody was called there, who is gone: nobody is called twice, or left in silence."""
    call = recovered([phone()], bridge("c1-b", "c1-d0"))
    assert plan(call)[1] == (Release("c1-d0"),)
    assert call.party is not None
    assert call.party.end_guessed
    lonely = recovered([party()], bridge("c1-b", "c1-dst"))
    assert plan(lonely)[1] == (Release("c1-dst"),)


def test_a_destination_that_was_made_and_never_dialed_ends_the_call() -> None:
    """It is in the bridge before it is dialed: the agent would hear nothing for ever."""
    made = recovered([phone(), party("Down")], bridge("c1-b", "c1-d0"))
    assert set(plan(made)[1]) == {Release("c1-d0"), Release("c1-dst")}
    dialed = recovered([phone(), party("Down")], bridge("c1-b", "c1-d0", "c1-dst"))
    assert plan(dialed)[1] == ()
    at_it = Steered("c1", "ada", devices=made.devices, winner="c1-d0", connecting=True)
    assert plan(merged(at_it, made))[1] == ()


def test_phones_stop_ringing_for_a_caller_who_is_gone() -> None:
    """Or hang up, if one was picked up."""
    for state in ("Ringing", "Up"):
        rings = channel("9-1-d0", state, "user", "9-1", "ada", "")
        (call,) = recovered_calls([rings], (), {}, NOW)
        assert plan(call)[1] == (Release("9-1-d0"),)


def test_a_destination_being_called_is_not_considered_gone() -> None:
    """Of one that was called, and of which nothing is there, the end was lost."""
    known = Steered(
        "c1", "ada", devices=(Leg("c1-d0", State.UP, up_at=3),), winner="c1-d0", connecting=True
    )
    seen = recovered([phone()], bridge("c1-b", "c1-d0"), c1_d0=3)
    assert plan(merged(known, seen))[1] == ()
    assert plan(merged(replace(known, called=True), seen))[1] == (Release("c1-d0"),)


def test_a_phone_that_is_in_the_bridge_is_the_one_that_won() -> None:
    """Whichever was up first."""
    both = [phone(0), phone(1), party()]
    call = recovered(both, bridge("c1-b", "c1-d1", "c1-dst"), c1_d0=1, c1_d1=2)
    assert call.winner == "c1-d1"
    assert plan(call)[1] == (Release("c1-d0", 26),)


def test_a_caller_and_the_phones_that_ring_for_them_belong_together() -> None:
    """In either order of their ids."""
    caller = channel("9.1", "Ring", "inbound", "ada", number="+1555")
    rings = channel("9-1-d0", "Ringing", "user", "9-1", "ada", "")
    (call,) = recovered_calls([rings, caller], (), {}, NOW)
    assert (call.inbound, call.number, call.ringing) == (True, "+1555", True)
    assert call.party == Leg("9.1", State.RINGING)
    assert called(channel("9.1", "Ring", "inbound")).user == ""
    assert called(caller).user == "ada"


def test_a_transfer_is_continued() -> None:
    """Until the third is in the bridge."""
    third = channel("c1-t0", "Up", "third", "c1", "ada", "2002")
    waiting = recovered([party(), third], bridge("c1-b", "c1-dst"))
    assert waiting.handing
    assert not recovered([party(), third], bridge("c1-b", "c1-dst", "c1-t0")).handing


def test_known_and_recovered_state_are_joined() -> None:
    """A lost event told nothing, a lost request did nothing; known times stay."""
    known = Steered(
        "c1",
        "ada",
        NUMBER,
        devices=(Leg("c1-d0", State.UP, up_at=3, released=True), Leg("c1-d1", State.RINGING)),
        winner="c1-d0",
    )
    seen = recovered([phone(), party(), phone(2)], bridge("c1-b", "c1-d0"), c1_d0=5, c1_dst=7)
    both = merged(known, seen)
    assert both.devices[0] == Leg("c1-d0", State.UP, up_at=3, inside=True)
    assert [leg.id for leg in both.devices] == ["c1-d0", "c1-d1", "c1-d2"]
    assert both.party == Leg("c1-dst", State.UP, up_at=7, inside=False)
    assert both.connecting
    assert merged(None, seen) == seen
    ringing = Steered("c1", "ada", devices=(Leg("c1-d0", State.RINGING),))
    assert merged(ringing, recovered([phone()], c1_d0=5)).devices == (
        Leg("c1-d0", State.UP, up_at=5),
    )
    assert DropBridge("c1") not in plan(both)[1]


def consulted(state: str = "Up") -> Channel:
    """Somebody who was called into the call."""
    return channel("c1-c0", state, "consult", "c1", "ada", "2002")


def test_a_consulted_party_is_found_with_the_waiting_one() -> None:
    """The customer hears music meanwhile; a comparison tells the same to whoever steered before."""
    seen = recovered([phone(), party(), consulted()], bridge("c1-b", "c1-d0", "c1-c0"), c1_c0=8)
    assert seen.party is not None
    assert seen.party.inside is False
    assert (seen.consulted, seen.target) == (Leg("c1-c0", State.UP, up_at=8, inside=True), "2002")
    assert plan(seen)[1] == ()
    before = recovered([phone(), party()], bridge("c1-b", "c1-d0", "c1-dst"))
    assert merged(before, seen).consulted == seen.consulted
    rings = recovered([phone(), party(), consulted("Ringing")], bridge("c1-b", "c1-d0"))
    assert rings.consulted == Leg("c1-c0", State.RINGING)
    assert merged(rings, seen).consulted == seen.consulted


def test_two_parties_left_by_the_agent_keep_talking() -> None:
    """But who was left with somebody who waits is let go, and so is who is alone."""
    talk = recovered([party(), consulted()], bridge("c1-b", "c1-dst", "c1-c0"))
    after, commands = plan(talk)
    assert (after.handed, commands) == (True, ())
    for left in ([party(), consulted()], [consulted()]):
        assert plan(recovered(left, bridge("c1-b", "c1-c0")))[0].over
    caller = channel("9.1", "Up", "inbound", "ada", number="+1555")
    third = channel("9-1-c0", "Up", "consult", "9-1", "ada", "2002")
    (call,) = recovered_calls([caller, third], [bridge("9-1-b", "9-1-c0")], {}, NOW)
    assert plan(call)[0].over
