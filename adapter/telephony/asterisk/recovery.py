"""Reconstructs our calls from Asterisk's channels and bridges. Pure.

A channel's id names its call, and its application arguments its purpose. So any process can
continue where another one stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.leg import STATES, Leg, State
from adapter.telephony.asterisk.legs import INBOUND
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.asterisk.wire import Bridge, Channel


def recovered_calls(
    channels: Iterable[Channel],
    bridges: Iterable[Bridge],
    answered: Mapping[str, int],
    now: int,
) -> tuple[Steered, ...]:
    """Our calls in Asterisk.

    `answered`: when legs were picked up (Unix ms), as far as known; otherwise `now` is used.
    """
    calls: dict[str, Steered] = {}
    for channel in sorted(channels, key=lambda channel: channel.id):
        leg = _leg_of(channel, answered, now)
        name = ids.leg_name(channel.id)
        if channel.arguments[:1] == (INBOUND,):
            root = ids.call_of_channel(channel.id)
            calls[root] = _with_caller(calls.get(root), root, channel, leg)
        elif name is not None:
            calls[name.root] = _with_leg(calls.get(name.root), name, channel, leg)
    inside = {bridge.id: bridge.channels or () for bridge in bridges}
    return tuple(_inferred(call, inside.get(ids.bridge(call.root)), now) for call in calls.values())


def _leg_of(channel: Channel, answered: Mapping[str, int], now: int) -> Leg:
    state = STATES.get(channel.state, State.DOWN)
    at = answered.get(channel.id)
    if state is not State.UP:
        return Leg(channel.id, state)
    return Leg(channel.id, state, up_at=at or now, guessed=at is None)


def called(channel: Channel) -> Steered:
    """An inbound call that is not steered yet, from its caller's channel."""
    root = ids.call_of_channel(channel.id)
    return _with_caller(None, root, channel, Leg(channel.id, State.RINGING))


def _with_caller(call: Steered | None, root: str, channel: Channel, leg: Leg) -> Steered:
    user = channel.arguments[1] if len(channel.arguments) > 1 else ""
    known = call or Steered(root, user)
    return replace(
        known,
        user=user,
        number=channel.caller.number,
        name=channel.caller.label,
        own_number=channel.dialplan.number,
        inbound=True,
        party=leg,
    )


def placed(channel: Channel, name: ids.LegName) -> Steered:
    """A call that is not known yet, from its first leg."""
    arguments = (*channel.arguments, "", "", "", "", "")
    inbound = ids.channel_of_call(name.root) is not None
    identity = arguments[4] if name.role == "d" else ""
    return Steered(name.root, arguments[2], arguments[3], inbound=inbound, identity=identity)


def _with_leg(call: Steered | None, name: ids.LegName, channel: Channel, leg: Leg) -> Steered:
    known = call or placed(channel, name)
    if name.role == "dst":
        return replace(known, party=leg)
    if name.role == "c":
        arguments = (*channel.arguments, "", "", "", "")
        return replace(known, consulted=leg, target=arguments[3])
    if name.role == "t":
        return replace(known, transfer=leg, handed=True, handing=True)
    return replace(known, devices=(*known.devices, leg))


def _inferred(call: Steered, inside: tuple[str, ...] | None, now: int) -> Steered:
    """Infer from the channels what must have been requested already.

    The bridge is created before the destination is called. So a bridge without a destination means
    that the destination was called and is gone, and it is not called again; likewise a missing
    caller. A destination enters the bridge before it is dialed, so one that has not, never will.
    """
    call = _with_bridge_state(call, inside)
    third = call.transfer
    joined = third is not None and inside is not None and third.id in inside
    up = [leg for leg in call.devices if leg.state is State.UP]
    up.sort(key=lambda leg: (inside is None or leg.id not in inside, leg.up_at or 0, leg.id))
    party = call.party
    if party is None and call.devices and (call.inbound or inside is not None):
        other = ids.channel_of_call(call.root) or ids.destination(call.root)
        party = Leg(other, State.GONE, gone_at=now, end_guessed=True)
    if party is not None and party.state is State.DOWN and inside is not None and not party.inside:
        party = replace(party, gone_at=now, end_guessed=True)
    return replace(
        call,
        party=party,
        consulted_at=now if call.consulted is not None else 0,
        noted_at=now,
        winner=up[0].id if up else "",
        ringing=call.inbound and bool(call.devices),
        connecting=inside is not None,
        handing=call.handing and not joined,
    )


def _with_bridge_state(call: Steered, inside: tuple[str, ...] | None) -> Steered:
    """Mark the legs that are in the call's bridge, and those up that were taken out of it."""

    def at(leg: Leg) -> Leg:
        known = inside is not None and (leg.id in inside or leg.state is State.UP)
        return replace(leg, inside=leg.id in (inside or ())) if known else leg

    return replace(
        call,
        devices=tuple(at(leg) for leg in call.devices),
        party=call.party and at(call.party),
        consulted=call.consulted and at(call.consulted),
    )


def merged(known: Steered | None, recovered: Steered) -> Steered:
    """The known call updated with the recovered one, to cover lost events and requests."""
    if known is None:
        return recovered
    by_id = {leg.id: leg for leg in recovered.legs}
    devices = [_advanced(leg, by_id.pop(leg.id, None)) for leg in known.devices]
    devices += [leg for leg in recovered.devices if leg.id in by_id]
    other = recovered.party
    if other is not None and other.is_ending and not (known.called or known.inbound):
        other = None  # it is being called at this moment
    party, third = known.party or other, known.transfer or recovered.transfer
    called_in = recovered.consulted if known.consulted is None else known.consulted
    return replace(
        known,
        devices=tuple(devices),
        party=party and _advanced(party, by_id.get(party.id)),
        transfer=third and _advanced(third, by_id.get(third.id)),
        consulted=called_in and _advanced(called_in, by_id.get(called_in.id)),
        target=known.target or recovered.target,
        noted_at=max(known.noted_at, recovered.noted_at),
        recording=recovered.recording,
        connecting=known.connecting or recovered.connecting,
    )


def _advanced(leg: Leg, seen: Leg | None) -> Leg:
    if seen is None:
        return leg
    leg = replace(leg, released=False, inside=seen.inside)
    if seen.state <= leg.state:
        return leg
    guessed = seen.guessed and leg.up_at is None
    return replace(leg, state=seen.state, up_at=leg.up_at or seen.up_at, guessed=guessed)
