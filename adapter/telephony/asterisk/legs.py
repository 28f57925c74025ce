"""Steering a call: what its channels are, what follows for them, and what there is to tell. Pure.

Law of this file: **level, not edge**. `observing` only notes what is; `plan` compares that with
what should be, whenever and however often it is asked; so a lost event, a repeated one, another
order and a new steering process are all the same case. What was asked of Asterisk is noted, so
that it is asked once; nobody is ever dialed a second time.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.telephony.asterisk import causes
from adapter.telephony.asterisk.commands import (
    Answer,
    Command,
    Connect,
    DropBridge,
    GoOn,
    Handover,
    Join,
    Record,
    Release,
    Retrieve,
    RingAgent,
    StopRecording,
    Swap,
)
from adapter.telephony.asterisk.leg import State
from adapter.telephony.asterisk.steered import Steered, roles, with_leg
from adapter.telephony.asterisk.takeover import is_coming, successor

OUTBOUND, INBOUND = "user", "inbound"
"""The first thing that our application is told with a channel: the agent's phone, or a caller."""


def plan(call: Steered, *, record: bool = False) -> tuple[Steered, tuple[Command, ...]]:
    """What follows from what is: the call with what is now asked noted, and what to ask.

    `record`: all talks are recorded.
    """
    if not call.winner:
        call = _with_winner(call)
    swap, call = _taken_over(call)
    late = [leg.id for leg in call.devices if call.winner and not is_coming(call.winner, leg)]
    losers, call = _released(call, late, causes.ANSWERED_ELSEWHERE)
    stopped, call = _left_to_each_other(call)
    if _is_over(call):
        call = replace(call, over=True)
    if call.over:
        left, call = _released(call, [leg.id for leg in call.legs], None)
        drop = (DropBridge(call.root),) if call.is_done and call.connecting else ()
        return call, (*losers, *_given_back(call, left), *drop)
    further, call = _inbound(call) if call.inbound else _outbound(call)
    handover, call = _handed_over(call)
    back, call = _retrieved(call)
    recorded: tuple[Command, ...] = ()
    if record and call.talks and not call.recorded:
        recorded, call = (Record(call.root),), replace(call, recorded=True)
    return call, (*losers, *swap, *stopped, *further, *handover, *back, *recorded)


def _with_winner(call: Steered) -> Steered:
    """The phone that was picked up first, if any was."""
    up = [leg for leg in call.devices if leg.up_at is not None and not leg.is_ending]
    first = min(up, key=lambda leg: (leg.up_at, leg.id), default=None)
    return call if first is None else replace(call, winner=first.id)


def _taken_over(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    """The agent's phone came back and was picked up: it talks in place of the old leg."""
    leg = successor(call.agent, call.devices) if call.agent is not None else None
    if leg is None:
        return (), call
    call = replace(with_leg(call, "w", leg), winner=leg.id)
    return (Swap(call.root, leg.id),) if call.connecting else (), call


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
    role = next(r for r, leg in roles(call) if leg.id == channel)
    leg = next(leg for leg in call.legs if leg.id == channel)
    return with_leg(call, role, replace(leg, released=True))


def _is_over(call: Steered) -> bool:
    """Whether there is nobody left to talk to each other, or ever will be."""
    if call.party is not None and call.party.is_ending:
        return True
    if call.transfer is not None:
        return call.transfer.is_ending
    if call.consulted is not None and call.handed:
        return call.consulted.is_ending
    if call.consulted is not None and call.consulted.is_up and call.agent is not None:
        # Who leaves two who talk ends after them, and who is in the bridge is told before that.
        return not (call.agent.is_there or _comes_back(call))
    if call.agent is not None:
        return call.agent.is_ending and not _comes_back(call)
    if not call.devices:
        return (
            not call.inbound or call.consulted is not None
        )  # a leg whose agent's phone is gone, or is not known of
    return all(leg.is_ending for leg in call.devices)


def _comes_back(call: Steered) -> bool:
    """Whether a leg may yet take the place of the agent's."""
    return any(leg.id != call.winner and is_coming(call.winner, leg) for leg in call.devices)


def _left_to_each_other(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    """The agent has left a talk of three: the other two go on, unrecorded."""
    third, party, agent = call.consulted, call.party, call.agent
    if call.handed or third is None or party is None or (agent is not None and agent.is_there):
        return (), call
    if _comes_back(call):
        return (), call
    if not all(leg.is_up and leg.inside for leg in (third, party)):
        return (), call
    stop = (StopRecording(call.root),) if call.recording else ()
    return stop, replace(call, handed=True)


def _retrieved(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    """Who was called in is gone, or never came: the other party waits no longer."""
    third, party = call.consulted, call.party
    if third is None or party is None or not third.is_ending or call.retrieving:
        return (), call
    back = (Retrieve(call.root, party.id),) if party.is_up and not party.inside else ()
    return back, replace(call, retrieving=True)


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
    connect = Connect(call.root, call.user, call.winner, call.number, call.identity)
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
        commands.append(Join(call.root, party.id, third.id, call.identity))
        call = replace(call, handing=False)
    return tuple(commands), call
