"""The simulator's JSON is what the documentation shows."""

from dataclasses import replace
from typing import Any

import pytest

from adapter.telephony.simulator import render
from adapter.telephony.simulator.call import Call, Direction, Event, Phase
from adapter.telephony.simulator.config import User

CALL = Call(
    call_id="call_1",
    user_id="user_ada",
    direction=Direction.OUTBOUND,
    from_number="+1",
    from_name="Ada",
    to_number="+2",
    placed=1,
    phase=Phase.RINGING,
    started=1_767_323_045_678,
    answered=1_767_323_045_678,
)
OVER = replace(
    CALL, phase=Phase.OVER, ended=1_767_323_055_678, status="completed", cause=16, connected=None
)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (1_767_323_045_678, "2026-01-02T03:04:05.678Z"),
        (1_767_323_045_000, "2026-01-02T03:04:05.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (None, None),
    ],
)
def test_a_time_is_written_with_milliseconds(at: int | None, text: str | None) -> None:
    """ISO 8601, in UTC."""
    assert render.stamp(at) == text


def test_a_webhook_has_its_envelope() -> None:
    """Id, type and account outside, the call inside, the user as the setting calls it."""
    body = render.event("evt_1", "acct", CALL, Event("call.initiated", "user_ada"), "user")
    assert (body["id"], body["type"], body["account_id"]) == ("evt_1", "call.initiated", "acct")
    data = body["data"]
    assert (data["call_id"], data["user"], data["direction"]) == ("call_1", "user_ada", "outbound")
    assert (data["status"], data["ended_at"], data["connected_at"]) == ("ringing", None, None)


def test_an_event_may_name_nobody() -> None:
    """An account-wide event has no user."""
    body = render.event("evt_1", "acct", CALL, Event("call.incoming", None), "user_id")
    assert "user_id" not in body["data"]
    assert "transfer_target" not in body["data"]


def test_a_transfer_names_its_target() -> None:
    """The target is in the event."""
    moved = replace(CALL, target="1002")
    body = render.event("evt_1", "acct", moved, Event("call.transfer", "u"), "user_id")
    assert body["data"]["transfer_target"] == "1002"


def test_the_duration_counts_from_the_pick_up() -> None:
    """Of an unanswered call too: the trap."""
    body = render.event("evt_1", "acct", OVER, Event("call.end", "u"), "user_id")
    assert body["data"]["duration_seconds"] == 10
    assert body["data"]["connected_at"] is None


def test_a_missed_call_counts_from_its_start() -> None:
    """Where nothing was picked up."""
    assert render.record(replace(OVER, answered=None))["duration_seconds"] == 10


def test_a_live_cdr_lacks_the_answer_and_a_closed_one_has_all() -> None:
    """A null status says that the call lives; until its end nobody is told when it was answered."""
    live = render.record(replace(CALL, connected=1_767_323_046_678))
    assert live["started_at"] == "2026-01-02T03:04:05.678Z"
    unknown = ("status", "answered_at", "connected_at", "ended_at", "recording_url", "summary")
    assert [live[name] for name in unknown] == [None] * 6
    over = render.record(OVER)
    assert over["status"] == "completed"
    assert {"connected_at", "recording_url", "hangup_cause"} <= set(over)


def test_recording_and_summary_are_only_in_the_closed_cdr() -> None:
    """Of a call in which nobody talked there is nothing."""
    talk = replace(OVER, connected=1_767_323_046_678, recorded=True, summary="ok")
    names = ("recording_url", "summary")
    assert all(render.record(talk)[name] for name in names)
    for other in (replace(talk, connected=None), replace(talk, ended=None, status=None)):
        assert [render.record(other)[name] for name in names] == [None, None]


def test_the_true_times_are_in_milliseconds() -> None:
    """For a checker, not for the adapter."""
    truth = render.truth(OVER)
    assert (truth["placed"], truth["picked_up"], truth["connected"]) == (1, CALL.answered, None)
    assert truth["phase"] == "over"


def test_a_user_is_written() -> None:
    """With what the adapter matches by."""
    body = render.user(User("user_x", "X", "x@example.com", "1001", True))
    assert (body["id"], body["email"], body["do_not_disturb"]) == ("user_x", "x@example.com", True)
    assert body["config"]["find_me_follow_me"]["alternates"] == [{"key": "mobile"}]


@pytest.mark.parametrize(
    ("wishes", "state", "notifiable"),
    [
        ({}, "busy", True),
        ({"do_not_disturb": True}, "busy", False),
        ({"is_online": False}, "offline", False),
        ({"user_id": "user_y"}, "available", True),
    ],
)
def test_presence_says_whether_a_phone_can_ring(
    wishes: dict[str, Any], state: str, notifiable: bool
) -> None:
    """Registered, not disturbed, and in a call or not."""
    user = replace(User("user_ada", "Ada", "ada@example.com", "1001"), **wishes)
    told = render.presence(user, [CALL])
    assert (told["state"], told["notifiable"]) == (state, notifiable)
    assert told["do_not_disturb"] is user.do_not_disturb
