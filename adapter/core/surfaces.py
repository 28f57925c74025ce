"""Where an agent works: which surface has the calls, and who makes and writes their records.

Law of this file: one agent, one surface at a time; it is not changed under a live call. A log keeps
the route that it was opened with.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.decision import Decision, ignored
from adapter.core.effects import OpenRecord
from adapter.core.events import PageGreeted, RecordClaimed, RecordOpened, SurfaceChosen
from adapter.core.model import OVER, Agent, AgentNoAnswer, RingingInbound


def greeted(agent: Agent, event: PageGreeted) -> Decision:
    """The directory's word on who the agent is; neither line nor surface changes under a call."""
    line = agent.line if agent.calls and agent.line else event.line
    known = replace(agent, line=line, name=event.name, time_zone=event.time_zone)
    known = replace(known, ring_profiles=event.ring_profiles)
    moves = event.surface != agent.surface and not agent.pinned and not is_in_call(agent)
    if moves or not agent.surface:
        known = replace(known, surface=event.surface, route=event.route)
    return Decision(known, ignored="" if known != agent else "as before")


def surface_chosen(agent: Agent, event: SurfaceChosen) -> Decision:
    """An admin moves the agent; refused while a call is up. Without a name pages decide again."""
    if is_in_call(agent):
        return ignored(agent, "in a call")
    if not event.surface:
        return Decision(replace(agent, pinned=False))
    return Decision(replace(agent, surface=event.surface, route=event.route, pinned=True))


def is_in_call(agent: Agent) -> bool:
    """Whether any call of the agent is placed, rings or is talked in."""
    return any(not isinstance(call.stage, (AgentNoAnswer, *OVER)) for call in agent.calls)


def record_claimed(agent: Agent, event: RecordClaimed) -> Decision:
    """The record of a call that rings is made once: this commit decides that it is by us."""
    call = agent.call(event.call_id)
    if call is None or not isinstance(call.stage, RingingInbound) or call.stage.popped:
        return ignored(agent, "no record due")
    claimed = call.at_stage(replace(call.stage, popped=True))
    own = call.facts.own_number.value if call.facts.own_number else ""
    effect = OpenRecord(call.call_id, call.number, call.opened_at, own)
    return Decision(agent.with_call(claimed), effects=(effect,))


def record_opened(agent: Agent, event: RecordOpened) -> Decision:
    """Salesforce has a record of the call: whoever shows it is told which."""
    call = agent.call(event.call_id)
    if call is None or not event.record_id:
        return ignored(agent, "no such call")
    return Decision(agent.with_call(replace(call, host_record=event.record_id)))
