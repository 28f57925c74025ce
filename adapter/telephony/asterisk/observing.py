"""What is of a call, by what its events tell: noted, and nothing more. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.leg import Leg, State, seen
from adapter.telephony.asterisk.steered import Steered, roles, with_leg
from adapter.telephony.asterisk.wire import Channel, Event


def observe(call: Steered, event: Event) -> Steered:
    """The call with what this event tells of it."""
    call = replace(call, noted_at=max(call.noted_at + 1, event.at))
    if event.recording is not None:
        return replace(call, recording=event.type == "RecordingStarted")
    return _inside(_leg_observed(call, event), event)


def _inside(call: Steered, event: Event) -> Steered:
    """Who is in the call's bridge, which each event of the bridge tells whole."""
    if event.bridge is None or event.bridge.id != ids.bridge(call.root):
        return call
    for role, leg in roles(call):
        inside = leg.id in event.bridge.channels
        if inside is not leg.inside and (inside or leg.inside is not None):
            call = with_leg(call, role, replace(leg, inside=inside))
    return call


def _leg_observed(call: Steered, event: Event) -> Steered:
    """The call with what this event tells of one of its legs."""
    subject = event.subject
    if subject is None:
        return call
    if event.type == "StasisStart" and event.replace_channel is not None:
        return _replaced(call, event.replace_channel.id, subject, event.at)
    name = ids.leg_name(subject.id)
    if name is not None and name.root == call.root:
        call = _introduced(call, subject)
        if name.role == "c":
            call = _called_in(call, subject, event)
        known = next((leg for leg in call.legs if leg.id == subject.id), None)
        leg = seen(known or Leg(subject.id), subject, event)
        return with_leg(call, name.role, leg)
    for role, leg in roles(call):
        if leg.id == subject.id:
            return with_leg(call, role, seen(leg, subject, event))
    return call


def _introduced(call: Steered, channel: Channel) -> Steered:
    """A channel's first events come before those that say what it is for."""
    told = channel.arguments
    if call.user or len(told) < 4 or told[1] != call.root:
        return call
    return replace(call, user=told[2], number=call.number or told[3], identity="".join(told[4:5]))


def _called_in(call: Steered, channel: Channel, event: Event) -> Steered:
    """Somebody is called into the call; after one who is gone, another one."""
    known, told = call.consulted, channel.arguments
    if known is None or (not known.is_there and event.type == "StasisStart"):
        call = replace(
            call, consulted=Leg(channel.id), consulted_at=event.at, target="", retrieving=False
        )
    return replace(call, target=told[3]) if len(told) > 3 else call


def _replaced(call: Steered, replaced: str, by: Channel, at: int) -> Steered:
    """The agent's phone handed the call over by itself: another channel takes its place."""
    if replaced != call.winner or call.transfer is not None:
        return call
    return replace(call, transfer=Leg(by.id, State.UP, up_at=at), handed=True)
