"""A page that comes back gets its leg back: it is the same talk, and nobody else notices."""

from __future__ import annotations

from adapter.telephony.asterisk.callupdates import connected_at, updates_between
from adapter.telephony.asterisk.commands import Release, Swap
from adapter.telephony.asterisk.leg import Leg, State
from adapter.telephony.asterisk.legs import plan
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.asterisk.takeover import age, is_coming, successor
from tests.telephony.asterisk.test_legs import CALLER, PLACED, USER, after_events
from tests.telephony.asterisk.traced import bye, destroyed, event, up

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
