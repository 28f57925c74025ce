"""What an agent keeps when a person's number is taken out."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.erasure import ERASED, without
from adapter.core.facts import Direction
from adapter.core.machine import decide
from adapter.core.model import Agent, Answer, Notice, Recent, Record
from adapter.core.numberquery import sought
from tests.core.people import IDLE, NUMBER, POLICY, T0, click

SOUGHT = sought(NUMBER, ("US",))
OTHER = "+16175550143"


def recent(call_id: str, number: str, record: Record | None = None) -> Recent:
    """A call that is over."""
    return Recent(call_id, number, "", Direction.OUTBOUND, T0, 1_000, "answered", record)


def told(number: str) -> Agent:
    """An agent who was told of a number in every way that there is."""
    return replace(
        IDLE,
        recent=(recent("c0", number),),
        answers=(Answer("r1", "busy", f"A call to {number} is on.", T0),),
        notices=(Notice("n1", "missed", f"{number} called.", T0),),
    )


def test_what_is_over_and_tells_the_number_goes() -> None:
    """Recent calls go; answers and notices stay, and tell nothing."""
    assert SOUGHT is not None
    agent = without(told("(212) 555-0123"), SOUGHT)
    assert agent.recent == ()
    assert agent.answers == (Answer("r1", "busy", ERASED, T0),)
    assert agent.notices == (Notice("n1", "missed", ERASED, T0),)


def test_others_stay_as_they_were() -> None:
    """To the letter, also beside one that goes."""
    assert SOUGHT is not None
    agent = told(OTHER)
    assert without(agent, SOUGHT) == agent
    both = replace(agent, recent=(recent("c1", NUMBER), *agent.recent))
    assert without(both, SOUGHT) == agent


def test_a_recent_call_with_a_record_named_like_the_number_goes() -> None:
    """Wherever in it the number stands."""
    assert SOUGHT is not None
    agent = replace(IDLE, recent=(recent("c1", "204", Record("003", "212-555-0123")),))
    assert without(agent, SOUGHT).recent == ()


def test_no_live_call_is_touched_and_no_click_counts_twice() -> None:
    """The call goes on, and the same request again places nothing."""
    assert SOUGHT is not None
    dialing = decide(IDLE, click(), POLICY).agent
    agent = without(dialing, SOUGHT)
    assert agent.calls == dialing.calls
    refused = decide(IDLE, click(number="1-900-555-0123 x1", request="r9"), POLICY).agent
    assert refused.answers
    erased = without(refused, SOUGHT)
    again = decide(erased, click(request="r9", call="c9"), POLICY)
    assert again.effects == ()
    assert again.agent.calls == ()
