"""The agent as a value: its phase, its deadline, its calls."""

import pytest

from adapter.core.facts import Direction, Facts, Known, Source
from adapter.core.model import (
    Agent,
    AgentKey,
    AgentNoAnswer,
    AwaitingCdr,
    Bridged,
    Call,
    Dialing,
    Phase,
    Placing,
    RingingInbound,
    Stage,
    Wrapup,
)

KEY = AgentKey("00D1", "0051")
STAGES: list[Stage] = [
    Placing(1, 9),
    AgentNoAnswer(1, 8),
    Dialing(1, 7),
    Bridged(1, 6),
    RingingInbound(1, 5),
    AwaitingCdr(1, 4),
    Wrapup(1, 3),
]


def agent(*stages: Stage) -> Agent:
    """An agent with a call at each of these stages."""
    calls = (Call(f"c{n}", "+1", 0, stage) for n, stage in enumerate(stages))
    return Agent(KEY, calls=tuple(calls))


@pytest.mark.parametrize(
    ("stages", "phase"),
    [
        ([], Phase.IDLE),
        ([AgentNoAnswer(1, 2)], Phase.IDLE),
        ([Wrapup(1, 2), RingingInbound(1, 2)], Phase.RINGING_INBOUND),
        ([RingingInbound(1, 2), Placing(1, 2)], Phase.RINGING_USER_DEVICES),
        ([Placing(1, 2), Dialing(1, 2)], Phase.DIALING_DESTINATION),
        ([AwaitingCdr(1, 2), AgentNoAnswer(1, 2)], Phase.WRAPUP),
        (STAGES, Phase.BRIDGED),
    ],
)
def test_the_agent_s_phase_is_the_foreground_call_s(stages: list[Stage], phase: Phase) -> None:
    """Talking before dialing before ringing before wrap-up."""
    assert agent(*stages).phase is phase


def test_the_next_deadline_is_the_earliest_of_all_calls() -> None:
    """None only without calls."""
    assert agent(*STAGES).next_due == 3
    assert agent().next_due is None


def test_calls_are_found_replaced_added_and_removed_by_their_id() -> None:
    """Their order stays."""
    two = agent(Placing(1, 2), Dialing(1, 2))
    moved = two.with_call(two.calls[0].at_stage(Bridged(3, 4)))
    assert [type(c.stage) for c in moved.calls] == [Bridged, Dialing]
    assert moved.without_call("c0").calls == two.calls[1:]
    assert two.call("c9") is None
    assert str(KEY) == "00D1/0051"


def test_a_call_without_a_told_direction_is_outbound() -> None:
    """Ours are; what the provider tells outweighs it."""
    call = Call("c", "+1", 0, Placing(1, 2))
    told = Call("c", "", 0, Bridged(1, 2), Facts(Known(Direction.INBOUND, Source.EVENT)))
    assert (call.direction, told.direction) == (Direction.OUTBOUND, Direction.INBOUND)
