"""The calls that we find in Asterisk when we come to it: what its channels and bridges say. Pure.

A channel's id says whose it is, its application arguments what it is for; so that any process can
go on where another one stopped, without asking anybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.leg import STATES, Leg, State
from adapter.telephony.asterisk.legs import INBOUND
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.asterisk.wire import Bridge, Channel


def adopted(
    channels: Iterable[Channel],
    bridges: Iterable[Bridge],
    answered: Mapping[str, int],
    now: int,
) -> tuple[Steered, ...]:
    """The calls of ours that are there.

    `answered`: when legs were picked up (Unix ms), as far as Asterisk could say; `now` stands in.
    """
    calls: dict[str, Steered] = {}
    for channel in sorted(channels, key=lambda one: one.id):
        leg = _leg(channel, answered, now)
        name = ids.leg_name(channel.id)
        if channel.arguments[:1] == (INBOUND,):
            root = ids.call_of_channel(channel.id)
            calls[root] = _caller(calls.get(root), root, channel, leg)
        elif name is not None:
            calls[name.root] = _with(calls.get(name.root), name, channel, leg)
    inside = {bridge.id: bridge.channels for bridge in bridges}
    return tuple(_settled(call, inside.get(ids.bridge(call.root)), now) for call in calls.values())


def _leg(channel: Channel, answered: Mapping[str, int], now: int) -> Leg:
    state = STATES.get(channel.state, State.DOWN)
    at = answered.get(channel.id)
    if state is not State.UP:
        return Leg(channel.id, state)
    return Leg(channel.id, state, up_at=at or now, guessed=at is None)


def called(channel: Channel) -> Steered:
    """An inbound call that nobody steers yet, by its caller's channel."""
    root = ids.call_of_channel(channel.id)
    return _caller(None, root, channel, Leg(channel.id, State.RINGING))


def _caller(call: Steered | None, root: str, channel: Channel, leg: Leg) -> Steered:
    user = channel.arguments[1] if len(channel.arguments) > 1 else ""
    known = call or Steered(root, user)
    return replace(
        known,
        user=user,
        number=channel.caller.number,
        name=channel.caller.label,
        inbound=True,
        party=leg,
    )


def placed(channel: Channel, name: ids.LegName) -> Steered:
    """A call that is not known yet, by its first leg."""
    told = (*channel.arguments, "", "", "", "", "")
    inbound = ids.channel_of_call(name.root) is not None
    identity = told[4] if name.role == "d" else ""
    return Steered(name.root, told[2], told[3], inbound=inbound, identity=identity)


def _with(call: Steered | None, name: ids.LegName, channel: Channel, leg: Leg) -> Steered:
    known = call or placed(channel, name)
    if name.role == "dst":
        return replace(known, party=leg)
    if name.role == "c":
        told = (*channel.arguments, "", "", "", "")
        return replace(known, consulted=leg, target=told[3])
    if name.role == "t":
        return replace(known, transfer=leg, handed=True, handing=True)
    return replace(known, devices=(*known.devices, leg))


def _settled(call: Steered, inside: tuple[str, ...] | None, now: int) -> Steered:
    """What must have been asked already, by what is there.

    The bridge is made before the destination is called: with a bridge and without a destination
    somebody was called who is gone, and nobody is called twice. So is a caller who is not there. A
    destination is in the bridge before it is dialed: one that is not yet there never will be.
    """
    call = _inside(call, inside)
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


def _inside(call: Steered, inside: tuple[str, ...] | None) -> Steered:
    """Who is in the call's bridge, and who was taken out of it: only who is up can have been."""

    def at(leg: Leg) -> Leg:
        known = inside is not None and (leg.id in inside or leg.state is State.UP)
        return replace(leg, inside=leg.id in (inside or ())) if known else leg

    return replace(
        call,
        devices=tuple(at(leg) for leg in call.devices),
        party=call.party and at(call.party),
        consulted=call.consulted and at(call.consulted),
    )


def merged(known: Steered | None, found: Steered) -> Steered:
    """What is known, with what is found: a lost event told nothing, a lost request did nothing."""
    if known is None:
        return found
    by_id = {leg.id: leg for leg in found.legs}
    devices = [_further(leg, by_id.pop(leg.id, None)) for leg in known.devices]
    devices += [leg for leg in found.devices if leg.id in by_id]
    other = found.party
    if other is not None and other.is_ending and not (known.called or known.inbound):
        other = None  # it is being called at this moment
    party, third = known.party or other, known.transfer or found.transfer
    called_in = found.consulted if known.consulted is None else known.consulted
    return replace(
        known,
        devices=tuple(devices),
        party=party and _further(party, by_id.get(party.id)),
        transfer=third and _further(third, by_id.get(third.id)),
        consulted=called_in and _further(called_in, by_id.get(called_in.id)),
        target=known.target or found.target,
        noted_at=max(known.noted_at, found.noted_at),
        recording=found.recording,
        connecting=known.connecting or found.connecting,
    )


def _further(leg: Leg, found: Leg | None) -> Leg:
    if found is None:
        return leg
    leg = replace(leg, released=False, inside=found.inside)
    if found.state <= leg.state:
        return leg
    guessed = found.guessed and leg.up_at is None
    return replace(leg, state=found.state, up_at=leg.up_at or found.up_at, guessed=guessed)
