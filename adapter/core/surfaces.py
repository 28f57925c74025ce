"""The surface that an agent works in, which decides who creates and writes the calls' records.

Law of this file: an agent has one surface at a time, and it does not change during a call. A log
keeps the route that it was opened with.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.decision import Decision, ignored
from adapter.core.effects import OpenRecord
from adapter.core.events import PageGreeted, RecordClaimed, RecordOpened, SurfaceChosen
from adapter.core.model import OVER, Agent, AgentNoAnswer, RingingInbound


def greeted(agent: Agent, event: PageGreeted) -> Decision:
    """Take over what the directory says; during a call neither line nor surface changes."""
    line = agent.line if agent.calls and agent.line else event.line
    known = replace(agent, line=line, name=event.name, time_zone=event.time_zone)
    known = replace(known, ring_profiles=event.ring_profiles)
    moves = event.surface != agent.surface and not agent.pinned and not is_in_call(agent)
    if moves or not agent.surface:
        known = replace(known, surface=event.surface, route=event.route)
    return Decision(known, ignored="" if known != agent else "as before")


def surface_chosen(agent: Agent, event: SurfaceChosen) -> Decision:
    """An admin moves the agent, except during a call; without a name the pages decide again."""
    if is_in_call(agent):
        return ignored(agent, "in a call")
    if not event.surface:
        return Decision(replace(agent, pinned=False))
    return Decision(replace(agent, surface=event.surface, route=event.route, pinned=True))


def is_in_call(agent: Agent) -> bool:
    """Whether any call of the agent is being placed, rings or is connected."""
    return any(not isinstance(call.stage, (AgentNoAnswer, *OVER)) for call in agent.calls)


def record_claimed(agent: Agent, event: RecordClaimed) -> Decision:
    """The record of a ringing call is created once: this commit decides that we create it."""
    call = agent.call(event.call_id)
    if call is None or not isinstance(call.stage, RingingInbound) or call.stage.popped:
        return ignored(agent, "no record due")
    claimed = call.at_stage(replace(call.stage, popped=True))
    own = call.facts.own_number.value if call.facts.own_number else ""
    effect = OpenRecord(call.call_id, call.number, call.opened_at, own)
    return Decision(agent.with_call(claimed), effects=(effect,))


def record_opened(agent: Agent, event: RecordOpened) -> Decision:
    """Salesforce has created a record of the call: remember its ID for the pages."""
    call = agent.call(event.call_id)
    if call is None or not event.record_id:
        return ignored(agent, "no such call")
    return Decision(agent.with_call(replace(call, host_record=event.record_id)))
