"""A simulated call: the truth, and what the provider tells of it."""

from dataclasses import replace

import pytest

from adapter.telephony.simulator.call import (
    Call,
    Direction,
    Event,
    Impossible,
    Phase,
    Talk,
    Verb,
    act,
    begin,
    live,
)

PLACED = Call(
    call_id="c",
    user_id="ada",
    direction=Direction.OUTBOUND,
    from_number="+1",
    to_number="+2",
    placed=0,
)
INBOUND = replace(PLACED, direction=Direction.INBOUND)
INTERNAL = replace(PLACED, direction=Direction.INTERNAL, callee="grace")


def play(call: Call, *verbs: Verb) -> tuple[Call, list[str]]:
    """Do these things, ten milliseconds apart; return the call and the types of the webhooks."""
    types: list[str] = []
    for number, verb in enumerate(verbs, start=1):
        call, news = act(call, verb, number * 10)
        types += [item.type for item in news]
    return call, types


def test_no_event_is_sent_while_the_agents_devices_ring() -> None:
    """A call that nobody picks up leaves no trace outside."""
    over, types = play(PLACED, Verb.LAPSE)
    assert types == []
    assert (over.phase, over.lapsed, over.started) == (Phase.OVER, 10, None)
    assert not live(over)
    assert not live(PLACED)


@pytest.mark.parametrize("verb", [Verb.HANG_UP, Verb.DECLINE])
def test_an_agent_who_declines_leaves_no_trace_either(verb: Verb) -> None:
    """The devices stop ringing, and that is all."""
    over, types = play(PLACED, verb)
    assert types == []
    assert over.status is None


def test_an_answered_call_has_three_events() -> None:
    """Picked up, answered, over."""
    over, types = play(PLACED, Verb.PICK_UP, Verb.ANSWER, Verb.HANG_UP)
    assert types == ["call.initiated", "call.answered", "call.end"]
    times = (over.started, over.answered, over.connected, over.ended)
    assert times == (10, 10, 20, 30)
    assert (over.status, over.cause) == ("completed", 16)


def test_an_unanswered_call_is_completed_too() -> None:
    """The trap: same status, same cause, and no connection."""
    over, types = play(PLACED, Verb.PICK_UP, Verb.HANG_UP)
    assert types == ["call.initiated", "call.end"]
    assert (over.status, over.cause, over.connected) == ("completed", 16, None)


@pytest.mark.parametrize(
    ("verb", "status", "cause"),
    [
        (Verb.BUSY, "busy", 17),
        (Verb.DECLINE, "failed", 21),
        (Verb.FAIL, "failed", 27),
        (Verb.TIME_OUT, "no-answer", 19),
    ],
)
@pytest.mark.parametrize("direction", list(Direction))
def test_other_endings_have_their_status(
    verb: Verb, status: str, cause: int, direction: Direction
) -> None:
    """Whichever way the call went."""
    ringing, _ = begin(replace(PLACED, direction=direction), 0)
    over, news = act(ringing, verb, 5)
    assert (over.status, over.cause, over.ended) == (status, cause, 5)
    assert news == (Event("call.end", "ada"),)


def test_a_failure_may_have_a_cause_of_its_own() -> None:
    """The scenario's."""
    ringing, _ = act(PLACED, Verb.PICK_UP, 1)
    over, _ = act(ringing, Verb.FAIL, 2, cause=38)
    assert over.cause == 38


def test_a_voicemail_box_answers_an_agent_who_dials() -> None:
    """The line is bridged to a machine; only the end tells so."""
    over, types = play(PLACED, Verb.PICK_UP, Verb.VOICEMAIL, Verb.HANG_UP)
    assert types == ["call.initiated", "call.answered", "call.end"]
    assert (over.status, over.connected) == ("voicemail", 20)


def test_a_caller_who_gets_the_voicemail_box_never_reaches_the_agent() -> None:
    """So nothing is answered and nothing connected."""
    ringing, _ = begin(INBOUND, 0)
    over, types = play(ringing, Verb.VOICEMAIL, Verb.HANG_UP)
    assert types == ["call.end"]
    assert (over.status, over.connected, over.answered) == ("voicemail", None, None)


def test_a_call_from_outside_comes_in_and_rings() -> None:
    """Told for the account and for the user; the agent's answer is the connection."""
    ringing, news = begin(INBOUND, 5)
    assert [item.type for item in news] == ["call.incoming", "call.ringing"]
    over, types = play(ringing, Verb.ANSWER, Verb.HANG_UP)
    assert types == ["call.answered", "call.end"]
    assert (over.started, over.answered, over.connected) == (5, 10, 10)


def test_a_ring_group_rings_at_all_and_one_of_them_talks() -> None:
    """The account's event names nobody then; the others are told nothing more."""
    ringing, news = begin(replace(INBOUND, rings=("ada", "grace")), 5)
    assert [item.user_id for item in news] == [None, "ada", "grace"]
    talking, answered = act(ringing, Verb.ANSWER, 10, target="grace")
    assert (talking.user_id, talking.rang_at) == ("grace", "ada")
    assert answered == (Event("call.answered", "grace"),)
    assert act(talking, Verb.HANG_UP, 20)[1] == (Event("call.end", "grace"),)
    unnamed = act(replace(talking, unnamed=True), Verb.HANG_UP, 20)[1]
    assert unnamed == (Event("call.end", None),)


def test_a_call_that_is_fetched_is_answered_once_more() -> None:
    """By another user, whose talk begins where the first one's ends."""
    talking, _ = play(begin(INBOUND, 5)[0], Verb.ANSWER)
    fetched, news = act(talking, Verb.FETCH, 40, target="grace")
    assert news == (Event("call.answered", "grace"),)
    assert (fetched.user_id, fetched.connected) == ("grace", 40)
    assert fetched.talks == (Talk("ada", 10, 40),)
    for nobody in ("ada", None):
        with pytest.raises(Impossible):
            act(talking, Verb.FETCH, 40, target=nobody)


def test_a_caller_who_gives_up_was_not_answered() -> None:
    """An inbound call without an answer does not pose as completed."""
    ringing, _ = begin(INBOUND, 0)
    over, _ = play(ringing, Verb.HANG_UP)
    assert (over.status, over.cause) == ("no-answer", 16)


def test_a_call_from_a_desk_phone_begins_picked_up() -> None:
    """Nobody has to pick up what is in the hand."""
    ringing, news = begin(PLACED, 5)
    assert news == (Event("call.initiated", "ada"),)
    assert (ringing.phase, ringing.answered) == (Phase.RINGING, 5)
    assert live(ringing)


def test_an_internal_call_is_reported_for_both_users() -> None:
    """Each of the two has a call."""
    ringing, news = act(INTERNAL, Verb.PICK_UP, 1)
    assert news == (Event("call.initiated", "ada"), Event("call.ringing", "grace"))
    talking, news = act(ringing, Verb.ANSWER, 2)
    assert news == (Event("call.answered", "ada"), Event("call.answered", "grace"))
    _, news = act(talking, Verb.HANG_UP, 3)
    assert news == (Event("call.end", "ada"), Event("call.end", "grace"))


def test_a_transferred_call_goes_on_without_the_agent() -> None:
    """It is told at once; the end comes when the others are done."""
    over, types = play(PLACED, Verb.PICK_UP, Verb.ANSWER, Verb.TRANSFER, Verb.HANG_UP)
    assert types == ["call.initiated", "call.answered", "call.transfer", "call.end"]
    assert (over.transferred, over.ended) == (30, 40)


@pytest.mark.parametrize(
    ("before", "verb"),
    [
        ((), Verb.ANSWER),
        ((), Verb.TRANSFER),
        ((Verb.PICK_UP,), Verb.PICK_UP),
        ((Verb.PICK_UP,), Verb.TRANSFER),
        ((Verb.PICK_UP,), Verb.LAPSE),
        ((Verb.PICK_UP, Verb.ANSWER), Verb.ANSWER),
        ((Verb.PICK_UP, Verb.ANSWER), Verb.BUSY),
        ((Verb.PICK_UP, Verb.HANG_UP), Verb.HANG_UP),
        ((Verb.LAPSE,), Verb.PICK_UP),
    ],
)
def test_an_impossible_action_raises_an_error(before: tuple[Verb, ...], verb: Verb) -> None:
    """The call stays as it was."""
    call, _ = play(PLACED, *before)
    with pytest.raises(Impossible):
        act(call, verb, 99)
