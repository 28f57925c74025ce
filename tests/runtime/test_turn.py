"""One agent's turn: steps in, values and effects out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapter.core.draft import Draft
from adapter.core.effects import PlaceCall
from adapter.core.events import (
    CallEnded,
    Connected,
    DestinationDialed,
    DialRequested,
    Event,
    NoticeDismissed,
    TimePassed,
    WrapupSubmitted,
)
from adapter.core.facts import OBSERVED, Facts, Known, Outcome
from adapter.core.logs.events import GrantSave, LogAccepted, LogSaved, SendSettled
from adapter.core.logs.model import Attempting, CallLog, Pending, Settled, Unknown
from adapter.core.model import Agent, AgentKey, Phase, TelephonyUser
from adapter.core.policy import Policy
from adapter.runtime.turn import ForLog, Turn, go_on, take_turn
from tests.core.people import known

T0 = 1_760_000_000_000
POLICY = Policy()
AGENT = Agent(AgentKey("00D1", "005A"), TelephonyUser("acct_1", "user_1"), "Ada")
CLICK = DialRequested(T0, "r1", "c1", "+14155550100", T0)
TASK = "00T000000000001"


WHOLE_CALL: list[Event] = [
    CLICK,
    DestinationDialed(T0 + 1_000, "", False, "p1", known(started=T0, picked_up=T0 + 1_000)),
    Connected(T0 + 2_000, "", False, "p1", known(connected=T0 + 2_000)),
    CallEnded(
        T0 + 62_000,
        "",
        False,
        "p1",
        known(ended=T0 + 62_000, outcome=Outcome.COMPLETED),
    ),
]


def after_a_call() -> Turn:
    """The agent in wrap-up, and the log that is to be saved."""
    turn = take_turn(AGENT, (), WHOLE_CALL, POLICY)
    assert turn.agent.phase is Phase.WRAPUP
    return turn


def test_no_steps_change_nothing() -> None:
    """The agent as it was, and nothing to do."""
    assert take_turn(AGENT, (), (), POLICY) == Turn(AGENT, {}, POLICY)


def test_an_event_changes_the_agent_and_asks_for_effects() -> None:
    """One click, one call to place."""
    turn = take_turn(AGENT, (), [CLICK], POLICY)
    assert turn.agent.phase is Phase.RINGING_USER_DEVICES
    assert turn.effects == [PlaceCall("c1", TelephonyUser("acct_1", "user_1"), "+14155550100")]
    assert (turn.changed, turn.ignored, turn.missing) == ({}, [], set())


def test_steps_are_taken_in_their_order_each_on_what_the_last_one_left() -> None:
    """A whole call in one turn opens its log, once."""
    turn = after_a_call()
    assert list(turn.logs) == ["c1"]
    assert turn.changed == turn.logs
    assert isinstance(turn.logs["c1"].state, Pending)
    assert turn.logs["c1"].facts.talk_ms == 60_000


def test_the_same_turn_may_be_taken_again() -> None:
    """After a lost race it is decided anew, with the same ids and effects."""
    assert take_turn(AGENT, (), WHOLE_CALL, POLICY) == take_turn(AGENT, (), WHOLE_CALL, POLICY)


@given(cut=st.integers(0, len(WHOLE_CALL)))
def test_a_continued_turn_equals_a_single_one(cut: int) -> None:
    """Wherever it is cut in two: calls, logs, effects and all."""
    turn = take_turn(AGENT, (), WHOLE_CALL[:cut], POLICY)
    go_on(turn, WHOLE_CALL[cut:])
    assert turn == take_turn(AGENT, (), WHOLE_CALL, POLICY)


def test_ignored_events_are_reported_for_counting() -> None:
    """A repeated click is placed once, and told of."""
    turn = take_turn(AGENT, (), [CLICK, CLICK], POLICY)
    assert (turn.ignored, len(turn.effects)) == (["repeated request"], 1)


def test_a_logs_event_goes_to_its_log() -> None:
    """The go is an effect of the log, and the log has changed."""
    log = after_a_call().logs["c1"]
    step = ForLog("c1", LogAccepted(T0 + 63_000, "page_1", "n1"))
    turn = take_turn(AGENT, [log], [step], POLICY)
    assert isinstance(turn.changed["c1"].state, Attempting)
    assert [type(effect) for effect in turn.log_effects] == [GrantSave]
    assert turn.agent == AGENT


def test_a_log_that_did_not_change_is_not_written() -> None:
    """What was ignored is told, and costs no row."""
    log = after_a_call().logs["c1"]
    step = ForLog("c1", LogSaved(T0 + 63_000, "page_1", 9, "n9", TASK))
    turn = take_turn(AGENT, [log], [step], POLICY)
    assert (turn.changed, turn.ignored, turn.logs) == ({}, ["no such attempt"], {"c1": log})


def test_a_report_without_a_change_is_acknowledged_all_the_same() -> None:
    """The page may forget its journal entry, though nothing is written."""
    opened = after_a_call()
    accepted = ForLog("c1", LogAccepted(T0 + 63_000, "page_1", "n1"))
    saved = ForLog("c1", LogSaved(T0 + 64_000, "page_1", 1, "n1", TASK))
    once = take_turn(AGENT, opened.logs.values(), [accepted, saved], POLICY)
    assert isinstance(once.logs["c1"].state, Settled)
    again = take_turn(AGENT, once.logs.values(), [saved], POLICY)
    assert (again.changed, again.log_effects) == ({}, [SendSettled("c1", "page_1", 1)])


def test_a_log_that_is_not_loaded_is_missing() -> None:
    """The turn cannot be taken before it is there; nothing is said of it yet."""
    step = ForLog("c9", LogAccepted(T0, "page_1", "n1"))
    turn = take_turn(AGENT, (), [step], POLICY)
    assert (turn.missing, turn.ignored, turn.log_effects) == ({"c9"}, [], [])


def test_a_log_that_is_nowhere_is_ignored() -> None:
    """Once the store has been asked, it is no reason to ask again."""
    step = ForLog("c9", LogAccepted(T0, "page_1", "n1"))
    turn = take_turn(AGENT, (), [step], POLICY, frozenset({"c9"}))
    assert (turn.missing, turn.ignored) == (set(), ["no such log"])


def test_the_agents_notes_reach_the_log_too() -> None:
    """The event of the agent brings its own for the log."""
    opened = after_a_call()
    wrapup = WrapupSubmitted(T0 + 70_000, "c1", Draft(notes="n"), True)
    turn = take_turn(opened.agent, opened.logs.values(), [wrapup], POLICY)
    assert turn.agent.phase is Phase.IDLE
    assert turn.changed["c1"].wanted.draft.notes == "n"


def test_writing_to_a_settled_log_loads_it() -> None:
    """A settled log is not among the loaded ones."""
    opened = after_a_call()
    wrapup = WrapupSubmitted(T0 + 70_000, "c1", Draft(notes="n"), True)
    assert take_turn(opened.agent, (), [wrapup], POLICY).missing == {"c1"}


def going(log: CallLog, due: int) -> CallLog:
    """The log while a page has its go."""
    decided = take_turn(AGENT, [log], [ForLog(log.log_id, LogAccepted(T0, "page_1", "n"))], POLICY)
    return replace(decided.logs[log.log_id], state=Attempting(due))


def test_due_logs_get_their_deadline() -> None:
    """The others are left alone, the settled ones too."""
    log = replace(after_a_call().logs["c1"], state=Pending(T0, T0))
    late = going(replace(log, log_id="late"), T0 + 100)
    soon = going(replace(log, log_id="soon"), T0 + 101)
    done = replace(log, log_id="done", state=Settled(T0))
    turn = take_turn(AGENT, [late, soon, done], [TimePassed(T0 + 100)], POLICY)
    assert (list(turn.changed), turn.ignored) == (["late"], [])
    assert isinstance(turn.logs["late"].state, Unknown)


def test_the_agents_deadlines_pass_before_the_logs() -> None:
    """The wrap-up's end lets the update go in the same turn."""
    opened = after_a_call()
    due = opened.agent.next_due
    assert due is not None
    turn = take_turn(opened.agent, opened.logs.values(), [TimePassed(due)], POLICY)
    assert turn.agent.phase is Phase.IDLE
    assert turn.logs["c1"].held_until == 0


def test_other_events_wake_no_log() -> None:
    """Only time makes a deadline due."""
    late = going(replace(after_a_call().logs["c1"], state=Pending(T0, T0)), T0 - 1)
    turn = take_turn(AGENT, [late], [NoticeDismissed(T0, "n1")], POLICY)
    assert turn.changed == {}


def test_the_next_deadline_is_the_earliest() -> None:
    """The agent's or a log's; none, if neither has one."""
    agent = take_turn(AGENT, (), [CLICK], POLICY).agent
    log = after_a_call().logs["c1"]
    early, late = going(log, T0 + 1), going(replace(log, log_id="c2"), T0 + 99_999)
    done = replace(log, log_id="done", state=Settled(T0))
    assert Turn(AGENT, {"done": done}).next_due is None
    assert Turn(agent, {}).next_due == T0 + POLICY.outcome_ms
    assert Turn(agent, {"c1": early, "c2": late}).next_due == T0 + 1
    assert Turn(agent, {"c2": late}).next_due == T0 + POLICY.outcome_ms
    assert Turn(AGENT, {"c2": late, "done": done}).next_due == T0 + 99_999


def test_deliveries_replayed_together_are_of_one_call_even_without_a_wrap_up() -> None:
    """The end came first, and was the last of it; what else waited opens no second log."""
    busy = known(picked_up=T0 + 1_000, ended=T0 + 2_000, outcome=Outcome.BUSY)
    end = CallEnded(T0 + 9_000, "fresh", False, "p1", busy)
    turn = take_turn(AGENT, (), [CLICK, end, WHOLE_CALL[1]], Policy(wrapup_ms=0))
    assert (turn.agent.calls, list(turn.logs)) == ((), ["c1"])


def test_an_agent_connected_to_an_unlogged_call_gets_it_again() -> None:
    """It rang here, somebody else took it, and has handed it on; other late news opens nothing."""
    talk = Connected(T0, "c9", True, "p9", known(connected=T0))
    assert take_turn(AGENT, (), [talk], POLICY).missing == {"c9"}
    turn = take_turn(AGENT, (), [talk], POLICY, frozenset({"c9"}))
    assert [(call.call_id, call.phase) for call in turn.agent.calls] == [("c9", Phase.BRIDGED)]
    again = take_turn(turn.agent, (), [talk], POLICY, frozenset({"c9"}))
    assert again.agent == turn.agent
    log = after_a_call().logs["c1"]
    elsewhere = replace(log, log_id="c9", passed_on=True, facts=Facts(ended=Known(T0, OBSERVED)))
    assert len(take_turn(AGENT, (elsewhere,), [talk], POLICY).agent.calls) == 1
    over = replace(elsewhere, facts=known(ended=T0))
    for settled in (over, replace(elsewhere, passed_on=False)):
        assert take_turn(AGENT, (settled,), [talk], POLICY).agent.calls == ()
    ended = CallEnded(T0, "c9", True, "p9", known(ended=T0))
    gone = take_turn(AGENT, (), [ended], POLICY, frozenset({"c9"}))
    assert (gone.agent.calls, gone.ignored) == ((), ["call is over", "no such log"])
