"""Notes in a call what its events report, without deciding anything. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.leg import Leg, State, seen
from adapter.telephony.asterisk.steered import Steered, roles, with_leg
from adapter.telephony.asterisk.wire import Channel, Event


def observe(call: Steered, event: Event) -> Steered:
    """The call updated by this event."""
    call = replace(call, noted_at=max(call.noted_at + 1, event.at))
    if event.recording is not None:
        return replace(call, recording=event.type == "RecordingStarted")
    return _observe_bridge(_observe_leg(call, event), event)


def _observe_bridge(call: Steered, event: Event) -> Steered:
    """Note which legs are in the call's bridge; each bridge event lists all of them."""
    bridge = event.bridge
    if bridge is None or bridge.channels is None or bridge.id != ids.bridge(call.root):
        return call
    for role, leg in roles(call):
        inside = leg.id in bridge.channels
        if inside is not leg.inside and (inside or leg.inside is not None):
            call = with_leg(call, role, replace(leg, inside=inside))
    return call


def _observe_leg(call: Steered, event: Event) -> Steered:
    """The call with one leg updated by this event."""
    subject = event.subject
    if subject is None:
        return call
    if event.type == "StasisStart" and event.replace_channel is not None:
        return _with_replacement(call, event.replace_channel.id, subject, event.at)
    name = ids.leg_name(subject.id)
    if name is not None and name.root == call.root:
        call = _with_arguments(call, subject)
        if name.role == "c":
            call = _with_consulted(call, subject, event)
        known = next((leg for leg in call.legs if leg.id == subject.id), None)
        leg = seen(known or Leg(subject.id), subject, event)
        return with_leg(call, name.role, leg)
    for role, leg in roles(call):
        if leg.id == subject.id:
            return with_leg(call, role, seen(leg, subject, event))
    return call


def _with_arguments(call: Steered, channel: Channel) -> Steered:
    """Note user and number, which a channel's first events do not have yet."""
    args = channel.arguments
    if call.user or len(args) < 4 or args[1] != call.root:
        return call
    return replace(call, user=args[2], number=call.number or args[3], identity="".join(args[4:5]))


def _with_consulted(call: Steered, channel: Channel, event: Event) -> Steered:
    """Note a consulted party, which may follow an earlier one that is gone."""
    known, arguments = call.consulted, channel.arguments
    if known is None or (not known.is_there and event.type == "StasisStart"):
        call = replace(
            call, consulted=Leg(channel.id), consulted_at=event.at, target="", retrieving=False
        )
    return replace(call, target=arguments[3]) if len(arguments) > 3 else call


def _with_replacement(call: Steered, replaced: str, by: Channel, at: int) -> Steered:
    """Note that the agent's phone itself transferred the call to another channel."""
    if replaced != call.winner or call.transfer is not None:
        return call
    return replace(call, transfer=Leg(by.id, State.UP, up_at=at), handed=True)
