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


def test_only_the_pick_up_event_has_the_pick_up_time() -> None:
    """Any other event shows that the leg is up, and not since when."""
    told, shown = after(up("c1-d0", 2)), after(event("ChannelEnteredBridge", "c1-d0", 3))
    assert (told.state, told.guessed) == (State.UP, False)
    assert (shown.state, shown.guessed) == (State.UP, True)


def test_a_hang_up_ends_the_leg_before_its_channel_is_destroyed() -> None:
    """The earliest sign of the end is when it ended; what comes after it changes nothing."""
    ending = after(up("c1-d0", 2), bye("c1-d0", 5))
    assert (ending.is_ending, ending.is_there) == (True, True)
    gone = after(up("c1-d0", 2), bye("c1-d0", 5), destroyed("c1-d0", 6), up("c1-d0", 7))
    assert (gone.is_there, gone.gone_at) == (False, ending.gone_at)


def test_a_foreign_channel_may_end_by_leaving_the_application() -> None:
    """No other event of its end comes without a subscription to it."""
    assert not after(event("StasisEnd", "9.1", 2), leg="9.1").is_there
    assert after(event("StasisEnd", "c1-d0", 2)).is_there


def test_a_dialplan_may_refuse_with_an_announcement() -> None:
    """Only before the pick-up: afterwards it is another's dialing."""
    refused = event("Dial", "c1-dst", 2, "Down", status="BUSY")
    assert after(refused, leg="c1-dst").cause == 17
    assert not after(up("c1-dst", 1), event("Dial", "c1-dst", 2, status="BUSY")).is_ending
