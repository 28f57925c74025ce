"""One agent, one surface: who decides it, and what follows for records."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.effects import OpenRecord
from adapter.core.events import (
    CallEnded,
    InboundRinging,
    PageGreeted,
    RecordClaimed,
    RecordOpened,
    SurfaceChosen,
)
from adapter.core.facts import Direction, Outcome
from adapter.core.model import Agent, AgentNoAnswer, Phase
from adapter.core.route import Route
from adapter.core.surfaces import is_in_call
from adapter.core.view import view
from tests.core.people import IDLE, LINE, POLICY, T0, after, click, known, report
from tests.core.world import World

VOICE = PageGreeted(T0, LINE, "Ann Agent", "UTC", "voice", Route.BACKEND)
OPEN_CTI = PageGreeted(T0, LINE, "Ann Agent", "UTC", "open-cti")
RINGS = report(InboundRinging, T0, known(direction=Direction.INBOUND, number="+12125550199"))


def surface(agent: Agent) -> tuple[str, Route]:
    """Where the agent works, and who writes."""
    return agent.surface, agent.route


def test_the_first_hello_decides_while_no_call_is_up() -> None:
    """Salesforce decides which page is loaded: a user has one call center."""
    assert surface(after(IDLE, [OPEN_CTI]).agent) == ("open-cti", Route.PAGE)
    assert surface(after(IDLE, [OPEN_CTI, VOICE]).agent) == ("voice", Route.BACKEND)
    assert after(IDLE, [VOICE, VOICE]).ignored == "as before"


def test_a_hello_moves_no_agent_during_a_call() -> None:
    """The call's page would lose it."""
    assert surface(after(IDLE, [OPEN_CTI, click(), VOICE]).agent) == ("open-cti", Route.PAGE)


def test_an_old_agent_gets_the_first_pages_surface_even_during_a_call() -> None:
    """Rows of the version before know no surface."""
    assert surface(after(IDLE, [click(), VOICE]).agent) == ("voice", Route.BACKEND)


def test_the_admins_choice_overrides_any_page() -> None:
    """Until it is taken back."""
    chosen = after(IDLE, [OPEN_CTI, SurfaceChosen(T0, "voice", Route.BACKEND), OPEN_CTI]).agent
    assert surface(chosen) == ("voice", Route.BACKEND)
    free = after(chosen, [SurfaceChosen(T0, "", Route.PAGE), OPEN_CTI]).agent
    assert surface(free) == ("open-cti", Route.PAGE)


def test_no_agent_is_moved_with_a_live_call() -> None:
    """A call that nobody picked up, or that is over, holds nobody up."""
    calling = after(IDLE, [click()])
    moved = after(calling.agent, [SurfaceChosen(T0, "voice", Route.BACKEND)])
    assert (moved.ignored, moved.agent.surface) == ("in a call", "")
    lapsed = calling.agent.calls[0].at_stage(AgentNoAnswer(T0, T0 + 1))
    assert is_in_call(calling.agent)
    assert not is_in_call(replace(calling.agent, calls=(lapsed,)))


def test_the_record_of_a_ringing_call_is_created_once() -> None:
    """A creation is never repeated: the commit that claims it is the only one that asks."""
    world = World(after(IDLE, [VOICE]).agent)
    world.handle(RINGS)
    (call,) = world.agent.calls
    world.handle(RecordClaimed(T0 + 1, call.call_id))
    assert world.effects == [OpenRecord(call.call_id, "+12125550199", T0)]
    assert world.handle(RecordClaimed(T0 + 2, call.call_id)).ignored == "no record due"
    assert world.handle(RecordClaimed(T0 + 2, "gone")).ignored == "no record due"


def test_the_records_id_is_shown_with_the_call() -> None:
    """The host's news of the call must name it; without an id nothing is said."""
    world = World(after(IDLE, [VOICE]).agent)
    world.handle(RINGS)
    (call,) = world.agent.calls
    assert "host_record" not in view(world.agent, (), POLICY, {})["calls"][0]
    world.handle(RecordOpened(T0 + 1, call.call_id, "0LQ1"))
    assert view(world.agent, (), POLICY, {})["calls"][0]["host_record"] == "0LQ1"
    assert world.handle(RecordOpened(T0 + 2, call.call_id, "")).ignored == "no such call"
    assert world.handle(RecordOpened(T0 + 2, "gone", "0LQ1")).ignored == "no such call"


def test_the_wrap_up_is_salesforces_if_the_backend_writes() -> None:
    """Its own after-call work says when the agent may call again, not ours."""
    for greeting, phase in ((VOICE, Phase.RINGING_USER_DEVICES), (OPEN_CTI, Phase.WRAPUP)):
        world = World(after(IDLE, [greeting]).agent)
        world.report(RINGS)
        world.report(report(CallEnded, T0 + 1, known(ended=T0 + 1, outcome=Outcome.NO_ANSWER)))
        assert world.agent.phase is Phase.WRAPUP
        world.handle(click(T0 + 2))
        assert world.agent.phase is phase
