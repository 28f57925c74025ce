"""Steering a call: what its channels are, what follows for them, and what there is to tell. Pure.

Law of this file: **level, not edge**. `observe` only notes what is; `plan` compares that with what
should be, whenever and however often it is asked; so a lost event, a repeated one, another order
and a new steering process are all the same case. What was asked of Asterisk is noted, so that it
is asked once; nobody is ever dialed a second time.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from adapter.telephony.asterisk import causes, ids
from adapter.telephony.asterisk.commands import (
    Answer,
    Command,
    Connect,
    DropBridge,
    GoOn,
    Handover,
    Join,
    Release,
    RingAgent,
)
from adapter.telephony.asterisk.leg import Leg, State, seen
from adapter.telephony.asterisk.wire import Channel, Event

OUTBOUND, INBOUND = "user", "inbound"
"""The first thing that our application is told with a channel: the agent's phone, or a caller."""


class Steered(Struct, frozen=True):
    """One call that we steer.

    `party` is whom the agent calls, or who calls in; `transfer` whom the call is handed over to.
    `connecting`: the parties were asked to be brought together; `called`: that was done; `winner`
    is the id of the agent's phone that was picked up first; `over`: its legs are only to be let go.
    """

    root: str
    user: str
    number: str = ""
    name: str = ""
    inbound: bool = False
    devices: tuple[Leg, ...] = ()
    party: Leg | None = None
    transfer: Leg | None = None
    winner: str = ""
    ringing: bool = False
    connecting: bool = False
    called: bool = False
    handing: bool = False
    handed: bool = False
    over: bool = False

    @property
    def legs(self) -> tuple[Leg, ...]:
        """All legs that were ever heard of."""
        others = (leg for leg in (self.party, self.transfer) if leg is not None)
        return (*self.devices, *others)

    @property
    def agent(self) -> Leg | None:
        """The agent's phone that was picked up."""
        return next((leg for leg in self.devices if leg.id == self.winner), None)

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is left."""
        return self.over and not any(leg.is_there for leg in self.legs)


def observe(call: Steered, event: Event) -> Steered:
    """The call with what this event tells of one of its legs."""
    subject = event.subject
    if subject is None:
        return call
    if event.type == "StasisStart" and event.replace_channel is not None:
        return _replaced(call, event.replace_channel.id, subject, event.at)
    name = ids.leg_name(subject.id)
    if name is not None and name.root == call.root:
        call = _introduced(call, subject)
        known = next((leg for leg in call.legs if leg.id == subject.id), None)
        leg = seen(known or Leg(subject.id), subject, event)
        return _with(call, name.role, leg)
    for role, leg in _roles(call):
        if leg.id == subject.id:
            return _with(call, role, seen(leg, subject, event))
    return call


def _introduced(call: Steered, channel: Channel) -> Steered:
    """A channel's first events come before those that say what it is for."""
    told = channel.arguments
    if call.user or len(told) < 4 or told[1] != call.root:
        return call
    return replace(call, user=told[2], number=call.number or told[3])


def _replaced(call: Steered, replaced: str, by: Channel, at: int) -> Steered:
    """The agent's phone handed the call over by itself: another channel takes its place."""
    if replaced != call.winner or call.transfer is not None:
        return call
    return replace(call, transfer=Leg(by.id, State.UP, up_at=at), handed=True)


def _with(call: Steered, role: str, leg: Leg) -> Steered:
    if role == "dst":
        return replace(call, party=leg)
    if role == "t":
        return replace(call, transfer=leg)
    others = [other for other in call.devices if other.id != leg.id]
    return replace(call, devices=tuple(sorted([*others, leg], key=lambda one: one.id)))


def plan(call: Steered) -> tuple[Steered, tuple[Command, ...]]:
    """What follows from what is: the call with what is now asked noted, and what to ask."""
    if not call.winner:
        call = _with_winner(call)
    late = [leg.id for leg in call.devices if call.winner not in {"", leg.id}]
    losers, call = _released(call, late, causes.ANSWERED_ELSEWHERE)
    if _is_over(call):
        call = replace(call, over=True)
    if call.over:
        left, call = _released(call, [leg.id for leg in call.legs], None)
        drop = (DropBridge(call.root),) if call.is_done and call.connecting else ()
        return call, (*losers, *_given_back(call, left), *drop)
    further, call = _inbound(call) if call.inbound else _outbound(call)
    handover, call = _handed_over(call)
    return call, (*losers, *further, *handover)


def _with_winner(call: Steered) -> Steered:
    """The phone that was picked up first, if any was."""
    up = [leg for leg in call.devices if leg.up_at is not None and not leg.is_ending]
    first = min(up, key=lambda leg: (leg.up_at, leg.id), default=None)
    return call if first is None else replace(call, winner=first.id)


def _released(
    call: Steered, channels: list[str], reason: int | None
) -> tuple[tuple[Release, ...], Steered]:
    """Ask for the end of those that are there and were not asked yet."""
    commands = []
    for leg in call.legs:
        if leg.id in channels and leg.is_there and not leg.released:
            commands.append(Release(leg.id, reason))
            call = _marked(call, leg.id)
    return tuple(commands), call


def _marked(call: Steered, channel: str) -> Steered:
    role = next(r for r, leg in _roles(call) if leg.id == channel)
    leg = next(leg for leg in call.legs if leg.id == channel)
    return _with(call, role, replace(leg, released=True))


def _roles(call: Steered) -> list[tuple[str, Leg]]:
    others = [(role, leg) for role, leg in (("dst", call.party), ("t", call.transfer)) if leg]
    return [*(("d", leg) for leg in call.devices), *others]


def _is_over(call: Steered) -> bool:
    """Whether there is nobody left to talk to each other, or ever will be."""
    if call.party is not None and call.party.is_ending:
        return True
    if call.transfer is not None:
        return call.transfer.is_ending
    if call.agent is not None:
        return call.agent.is_ending
    if not call.devices:
        return not call.inbound  # a leg whose agent's phone is gone, or is not known of
    return all(leg.is_ending for leg in call.devices)


def _given_back(call: Steered, left: tuple[Release, ...]) -> tuple[Command, ...]:
    """A caller whom nobody took goes on in the dialplan; everybody else is hung up."""
    caller = call.party
    missed = call.inbound and not call.winner and caller is not None and not caller.is_ending
    return tuple(
        GoOn(one.channel) if missed and caller and one.channel == caller.id else one for one in left
    )


def _outbound(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    if not call.winner or call.connecting:
        return (), call
    connect = Connect(call.root, call.user, call.winner, call.number)
    return (connect,), replace(call, connecting=True)


def _inbound(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    caller = call.party
    if caller is None:
        return (), call
    if not call.ringing:
        return (RingAgent(call.root, call.user, caller.id),), replace(call, ringing=True)
    if not call.winner or call.connecting:
        return (), call
    return (Answer(call.root, call.winner, caller.id),), replace(call, connecting=True)


def _handed_over(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    """A third party is called: the agent leaves at once, unless the phone did it by itself."""
    third, party = call.transfer, call.party
    if third is None or party is None or third.is_ending:
        return (), call
    commands: list[Command] = []
    if not call.handed:
        commands.append(Handover(party.id))
        released, call = _released(call, [call.winner], None)
        commands.extend(released)
        call = replace(call, handed=True, handing=True)
    if call.handing and third.state is State.UP:
        commands.append(Join(call.root, party.id, third.id))
        call = replace(call, handing=False)
    return tuple(commands), call
