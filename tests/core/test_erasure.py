"""What an agent keeps when a person's number is taken out."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.erasure import ERASED, without
from adapter.core.favorite import Favorite
from adapter.core.machine import decide
from adapter.core.model import Agent, Answer, Notice
from adapter.core.numbers.query import sought
from tests.core.people import IDLE, NUMBER, POLICY, T0, click

SOUGHT = sought(NUMBER, ("US",))
OTHER = "+16175550143"


def agent_with(number: str) -> Agent:
    """An agent who was told of a number in every way that there is."""
    return replace(
        IDLE,
        answers=(Answer("r1", "busy", f"A call to {number} is on.", T0),),
        notices=(Notice("n1", "missed", f"{number} called.", T0),),
        favorites=(Favorite(number, "Somebody"),),
    )


def test_finished_calls_with_the_number_are_erased() -> None:
    """Answers and notices stay, and tell nothing; a favorite tells nothing else."""
    assert SOUGHT is not None
    agent = without(agent_with("(212) 555-0123"), SOUGHT)
    assert agent.answers == (Answer("r1", "busy", ERASED, T0),)
    assert agent.notices == (Notice("n1", "missed", ERASED, T0),)
    assert agent.favorites == ()


def test_data_about_other_numbers_is_unchanged() -> None:
    """To the letter, also beside one that goes."""
    assert SOUGHT is not None
    agent = agent_with(OTHER)
    assert without(agent, SOUGHT) == agent
    both = replace(agent, notices=(*agent_with(NUMBER).notices, *agent.notices))
    assert without(both, SOUGHT).notices[1:] == agent.notices


def test_an_erasure_leaves_live_calls_and_still_recognizes_repeated_clicks() -> None:
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
