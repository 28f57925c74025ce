"""One leg: how far its events show it to be."""

from __future__ import annotations

from adapter.telephony.asterisk.leg import Leg, State, seen
from adapter.telephony.asterisk.wire import Event
from tests.telephony.asterisk.traced import bye, destroyed, event, up


def after(*events: Event, leg: str = "c1-d0") -> Leg:
    """Tell what a leg is after these events."""
    found = Leg(leg)
    for one in events:
        assert one.subject is not None
        found = seen(found, one.subject, one)
    return found


def test_only_what_comes_with_the_pick_up_tells_its_time() -> None:
    """Any other event shows that the leg is up, and not since when."""
    told, shown = after(up("c1-d0", 2)), after(event("ChannelEnteredBridge", "c1-d0", 3))
    assert (told.state, told.guessed) == (State.UP, False)
    assert (shown.state, shown.guessed) == (State.UP, True)


def test_a_goodbye_is_the_end_though_the_channel_is_there_for_a_moment_yet() -> None:
    """The earliest sign of the end is when it ended; what comes after it changes nothing."""
    ending = after(up("c1-d0", 2), bye("c1-d0", 5))
    assert (ending.is_ending, ending.is_there) == (True, True)
    gone = after(up("c1-d0", 2), bye("c1-d0", 5), destroyed("c1-d0", 6), up("c1-d0", 7))
    assert (gone.is_there, gone.gone_at) == (False, ending.gone_at)


def test_a_channel_that_is_not_of_our_making_may_end_with_leaving_us() -> None:
    """No other event of its end comes without a subscription to it."""
    assert not after(event("StasisEnd", "9.1", 2), leg="9.1").is_there
    assert after(event("StasisEnd", "c1-d0", 2)).is_there


def test_a_dialplan_says_no_while_it_plays_an_announcement() -> None:
    """Only before the pick-up: afterwards it is another's dialing."""
    refused = event("Dial", "c1-dst", 2, "Down", status="BUSY")
    assert after(refused, leg="c1-dst").cause == 17
    assert not after(up("c1-dst", 1), event("Dial", "c1-dst", 2, status="BUSY")).is_ending
