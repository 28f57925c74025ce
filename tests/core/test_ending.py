"""From the end of a call to its log, its wrap-up and its line in the list of recent calls."""

from msgspec.structs import replace

from adapter.core.effects import FetchCdr
from adapter.core.events import CallEnded, Connected, TimePassed
from adapter.core.facts import Direction, Outcome
from adapter.core.logs.model import Pending
from adapter.core.model import AwaitingCdr, Phase, Wrapup
from adapter.core.policy import Policy
from tests.core.people import IDLE, NUMBER, POLICY, T0, after, click, known, report

IN = Direction.INBOUND
TALKED = known(direction=IN, connected=T0, ended=T0 + 61_000, outcome=Outcome.COMPLETED)
OVER = report(CallEnded, T0 + 61_000, TALKED, call="c1")
MISSED = report(CallEnded, T0, known(direction=IN, outcome=Outcome.NO_ANSWER, ended=T0), call="c1")


def test_a_call_that_is_over_opens_one_log_and_a_wrap_up() -> None:
    """In the same decision; the log is on offer at once, while the agent writes."""
    over = after(IDLE, [OVER])
    assert over.agent.calls[0].stage == Wrapup(T0 + 61_000, T0 + 61_000 + POLICY.wrapup_ms)
    log = over.opened[0]
    assert (log.log_id, log.agent, log.time_zone) == ("c1", IDLE.key, "UTC")
    assert isinstance(log.state, Pending)
    assert (log.state.not_before, log.held_until) == (T0 + 61_000, T0 + 121_000)
    assert over.effects == ()


def test_without_a_wrap_up_time_the_agent_is_idle_at_once() -> None:
    """And the log's updates wait for nobody."""
    over = after(IDLE, [OVER], Policy(wrapup_ms=0))
    assert (over.agent.phase, over.opened[0].held_until) == (Phase.IDLE, 0)


def test_without_a_telephony_user_there_is_no_cdr_to_read() -> None:
    """What is known is logged."""
    nobody = replace(IDLE, line=None)
    over = after(nobody, [report(Connected, T0), report(CallEnded, T0 + 5_000)])
    assert (len(over.opened), over.effects) == (1, ())


def test_missed_calls_are_logged_unless_the_setting_says_no() -> None:
    """Their rows are written either way."""
    assert after(IDLE, [MISSED]).opened[0].wanted.outcome is Outcome.MISSED
    unlogged = after(IDLE, [MISSED], Policy(log_missed=False))
    assert unlogged.opened == ()


def test_a_dialed_number_stays_and_a_callers_follows_the_facts() -> None:
    """A log of a call that was placed here says what was dialed."""
    ours = after(IDLE, [click(), report(Connected, T0, known(number="2125550123", connected=T0))])
    done = after(ours.agent, [report(CallEnded, T0 + 9, known(ended=T0 + 9))])
    assert (done.opened[0].number, done.opened[0].wanted.number) == (NUMBER, NUMBER)
    theirs = after(IDLE, [replace(OVER, facts=OVER.facts.join(known(number="020")))]).opened[0]
    assert (theirs.number, theirs.wanted.number) == ("", "020")


def test_a_missing_outcome_is_looked_up_at_once_and_after_the_wrap_up() -> None:
    """A voicemail connects, too: without its status it would be logged as a talk."""
    silent = report(CallEnded, T0 + 61_000, known(direction=IN, connected=T0, ended=T0 + 61_000))
    over = after(IDLE, [silent])
    assert [type(effect) for effect in over.effects] == [FetchCdr]
    done = after(over.agent, [TimePassed(T0 + 200_000)])
    assert [type(effect) for effect in done.effects] == [FetchCdr]
    assert after(after(IDLE, [OVER]).agent, [TimePassed(T0 + 200_000)]).effects == ()


def test_without_a_wrap_up_a_missing_outcome_is_looked_up_first() -> None:
    """A question that is asked but once may be lost with its process; a deadline asks again."""
    silent = report(CallEnded, T0 + 61_000, known(direction=IN, connected=T0, ended=T0 + 61_000))
    over = after(IDLE, [silent], Policy(wrapup_ms=0))
    assert [type(call.stage) for call in over.agent.calls] == [AwaitingCdr]
    assert ([type(effect) for effect in over.effects], over.opened) == ([FetchCdr], ())
