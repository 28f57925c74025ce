"""A recording and a summary are kept, and asked for, where an admin's template names them."""

from msgspec.structs import replace

from adapter.core.aftermath import is_missing, kept, named_in
from adapter.core.callcenter import CallCenterSettings
from adapter.core.draft import Draft
from adapter.core.effects import FetchCdr
from adapter.core.events import CallEnded, CdrFound, Connected, WrapupSubmitted
from adapter.core.facts import NOTHING_KNOWN, Direction, Known, Outcome, Source
from adapter.core.logs.events import FactsLearned
from adapter.core.model import Agent
from adapter.core.policy import Policy
from tests.core.people import IDLE, LINE, T0, after, cdr, facts, known, report

ASKED = FetchCdr("c1", LINE, "p1")
WANTING = Policy(wanted=("recording", "summary"))
TALK = known(direction=Direction.INBOUND, connected=T0, ended=T0 + 5_000, outcome=Outcome.COMPLETED)
OVER = report(CallEnded, T0 + 5_000, TALK, call="c1")
LATE = facts(Source.CDR, recording="rec_1", summary="Wants a lamp.")


def late_cdr(at: int) -> CdrFound:
    """The call log, with what was made of the talk meanwhile."""
    return CdrFound(at, "c1", True, "p1", cdr(ended=T0 + 5_100).join(LATE))


def learned(policy: Policy, agent: Agent) -> tuple[Known[str] | None, Known[str] | None]:
    """What the log of an agent's call hears of, when the call log has it."""
    over = after(agent, [OVER], policy)
    ((_, event),) = after(over.agent, [late_cdr(T0 + 6_000)], policy).log_events
    assert isinstance(event, FactsLearned)
    return event.facts.recording, event.facts.summary


def test_only_fields_that_a_template_names_are_needed() -> None:
    """By its name in braces, wherever in the text."""
    assert named_in(["a {summary} b", "{number}", "recording"]) == ("summary",)
    assert named_in([]) == ()


def test_data_that_no_template_names_is_not_kept() -> None:
    """A summary of what people said stays with the provider."""
    assert kept(NOTHING_KNOWN, ()) is NOTHING_KNOWN
    assert kept(LATE, ("recording", "summary")) is LATE
    assert kept(LATE, ("recording",)) == replace(LATE, summary=None)
    assert kept(replace(LATE, summary=None), ()) == NOTHING_KNOWN


def test_nothing_is_missing_from_a_call_without_a_talk() -> None:
    """Nobody records a call that nobody took."""
    assert not is_missing(known(ended=T0), ("summary",))
    assert is_missing(TALK, ("summary",))
    assert not is_missing(TALK.join(LATE), ("summary", "recording"))


def test_a_certain_talk_is_looked_up_only_for_fields_that_a_template_needs() -> None:
    """At its end, and once more when the agent has written it up."""
    assert after(IDLE, [OVER]).effects == ()
    over = after(IDLE, [OVER], WANTING)
    assert over.effects == (ASKED,)
    done = after(over.agent, [WrapupSubmitted(T0 + 9_000, "c1", Draft(), True)], WANTING)
    assert done.effects == (ASKED,)


def test_late_data_goes_to_the_log_that_needs_it() -> None:
    """Else a call record that brings it changes nothing, and no record is updated for it."""
    assert learned(WANTING, IDLE) == (LATE.recording, LATE.summary)
    assert learned(Policy(), IDLE) == (None, None)


def test_a_call_centers_own_fields_count_too() -> None:
    """Its definition may name what our settings do not."""
    there = replace(IDLE, call_center=CallCenterSettings(record_fields=(("S__c", "{summary}"),)))
    assert after(there, [OVER]).effects == (ASKED,)
    assert learned(Policy(), there) == (None, LATE.summary)


def test_data_about_a_colleagues_part_is_not_used_for_this_agent() -> None:
    """The summary of a talk goes into the record of whoever talked."""
    mine = after(
        IDLE, [report(Connected, T0, replace(TALK, ended=None, outcome=None), call="c1")], WANTING
    )
    theirs = replace(late_cdr(T0 + 6_000), elsewhere=True)
    told = after(mine.agent, [theirs], WANTING)
    assert all(call.facts.summary is None for call in told.agent.calls)
    assert all(log.wanted.summary == "" for log in told.opened)
