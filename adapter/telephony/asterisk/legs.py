"""Steering a call: decides from its legs which commands follow. Pure.

Law of this file: **level, not edge**. `observing` only notes the state; `plan` compares it with the
desired state, as often as it is called. So lost, repeated and reordered events and a new steering
process are all the same case. Requests to Asterisk are noted and made once; nobody is dialed twice.
"""

from __future__ import annotations

from collections.abc import Iterable

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
    Record,
    Release,
    Retrieve,
    RingAgent,
    StopRecording,
    Swap,
)
from adapter.telephony.asterisk.leg import Leg, State
from adapter.telephony.asterisk.steered import Steered, roles, with_leg

OUTBOUND, INBOUND = "user", "inbound"
"""First application argument of a channel: the agent's phone, or a caller."""


def plan(call: Steered, *, record: bool = False) -> tuple[Steered, tuple[Command, ...]]:
    """The commands that follow from the call's state, and the call with them noted.

    `record`: all talks are recorded.
    """
    if not call.winner:
        call = _with_winner(call)
    swap, call = _take_over(call)
    late = [leg.id for leg in call.devices if call.winner and not is_coming(call.winner, leg)]
    losers, call = _release(call, late, causes.ANSWERED_ELSEWHERE)
    stopped, call = _leave_conference(call)
    if _is_over(call):
        call = replace(call, over=True)
    if call.over:
        left, call = _release(call, [leg.id for leg in call.legs], None)
        drop = (DropBridge(call.root),) if call.is_done and call.connecting else ()
        return call, (*losers, *_return_caller(call, left), *drop)
    further, call = _plan_inbound(call) if call.inbound else _plan_outbound(call)
    handover, call = _hand_over(call)
    back, call = _retrieve_party(call)
    recorded: tuple[Command, ...] = ()
    if record and call.talks and not call.recorded:
        recorded, call = (Record(call.root),), replace(call, recorded=True)
    return call, (*losers, *swap, *stopped, *further, *handover, *back, *recorded)


def _with_winner(call: Steered) -> Steered:
    """Note the phone that was picked up first, if any was."""
    up = [leg for leg in call.devices if leg.up_at is not None and not leg.is_ending]
    first = min(up, key=lambda leg: (leg.up_at, leg.id), default=None)
    return call if first is None else replace(call, winner=first.id)


def _take_over(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    """Let the agent's phone that came back and was picked up replace the old leg."""
    leg = successor(call.agent, call.devices) if call.agent is not None else None
    if leg is None:
        return (), call
    call = replace(with_leg(call, "w", leg), winner=leg.id)
    return (Swap(call.root, leg.id),) if call.connecting else (), call


def _release(
    call: Steered, channels: list[str], reason: int | None
) -> tuple[tuple[Release, ...], Steered]:
    """Release those legs that still exist and were not released yet."""
    commands = []
    for leg in call.legs:
        if leg.id in channels and leg.is_there and not leg.released:
            commands.append(Release(leg.id, reason))
            call = _mark_released(call, leg.id)
    return tuple(commands), call


def _mark_released(call: Steered, channel: str) -> Steered:
    role = next(r for r, leg in roles(call) if leg.id == channel)
    leg = next(leg for leg in call.legs if leg.id == channel)
    return with_leg(call, role, replace(leg, released=True))


def _is_over(call: Steered) -> bool:
    """Whether no two parties are left who talk or may talk later."""
    if call.party is not None and call.party.is_ending:
        return True
    if call.transfer is not None:
        return call.transfer.is_ending
    if call.consulted is not None and call.handed:
        return call.consulted.is_ending
    if call.consulted is not None and call.consulted.is_up and call.agent is not None:
        # An agent who leaves a conference ends after it; the bridge event comes before that.
        return not (call.agent.is_there or _comes_back(call))
    if call.agent is not None:
        return call.agent.is_ending and not _comes_back(call)
    if not call.devices:
        return (
            not call.inbound or call.consulted is not None
        )  # a leg whose agent's phone is gone, or is not known of
    return all(leg.is_ending for leg in call.devices)


def _comes_back(call: Steered) -> bool:
    """Whether a leg may still replace the agent's."""
    return any(leg.id != call.winner and is_coming(call.winner, leg) for leg in call.devices)


def _leave_conference(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    """The agent has left a conference: the other two go on, without recording."""
    third, party, agent = call.consulted, call.party, call.agent
    if call.handed or third is None or party is None or (agent is not None and agent.is_there):
        return (), call
    if _comes_back(call):
        return (), call
    if not all(leg.is_up and leg.inside for leg in (third, party)):
        return (), call
    stop = (StopRecording(call.root),) if call.recording else ()
    return stop, replace(call, handed=True)


def _retrieve_party(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    """The consulted party is gone or never answered: take the other party off hold."""
    third, party = call.consulted, call.party
    if third is None or party is None or not third.is_ending or call.retrieving:
        return (), call
    back = (Retrieve(call.root, party.id),) if party.is_up and not party.inside else ()
    return back, replace(call, retrieving=True)


def _return_caller(call: Steered, left: tuple[Release, ...]) -> tuple[Command, ...]:
    """Let an unanswered caller continue in the dialplan; hang up all other legs."""
    caller = call.party
    missed = call.inbound and not call.winner and caller is not None and not caller.is_ending
    return tuple(
        GoOn(release.channel) if missed and caller and release.channel == caller.id else release
        for release in left
    )


def _plan_outbound(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    if not call.winner or call.connecting:
        return (), call
    connect = Connect(call.root, call.user, call.winner, call.number, call.identity)
    return (connect,), replace(call, connecting=True)


def _plan_inbound(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    caller = call.party
    if caller is None:
        return (), call
    if not call.ringing:
        return (RingAgent(call.root, call.user, caller.id),), replace(call, ringing=True)
    if not call.winner or call.connecting:
        return (), call
    return (Answer(call.root, call.winner, caller.id),), replace(call, connecting=True)


def _hand_over(call: Steered) -> tuple[tuple[Command, ...], Steered]:
    """A transfer's target is called: the agent leaves at once, unless the phone transferred."""
    third, party = call.transfer, call.party
    if third is None or party is None or third.is_ending:
        return (), call
    commands: list[Command] = []
    if not call.handed:
        commands.append(Handover(party.id))
        released, call = _release(call, [call.winner], None)
        commands.extend(released)
        call = replace(call, handed=True, handing=True)
    if call.handing and third.state is State.UP:
        commands.append(Join(call.root, party.id, third.id, call.identity))
        call = replace(call, handing=False)
    return tuple(commands), call


# --- an agent's leg that replaces another in the same talk, because the page came back ----------


def age(channel: str) -> int:
    """Higher for agent legs that came back later; 0 for those rung first."""
    name = ids.leg_name(channel)
    return name.number if name is not None and name.role == "w" else 0


def is_coming(winner: str, leg: Leg) -> bool:
    """Whether the leg is the agent's, or may still replace it."""
    return leg.id == winner or (not leg.is_ending and age(leg.id) > age(winner))


def successor(agent: Leg, devices: Iterable[Leg]) -> Leg | None:
    """The leg that was picked up to replace the agent's; None if there is none.

    To the others the talk continues, so the leg keeps the first pick-up time.
    """
    back = [leg for leg in devices if leg.up_at is not None and is_coming(agent.id, leg)]
    newest = max(back, key=lambda leg: age(leg.id), default=agent)
    return None if newest.id == agent.id else replace(newest, up_at=agent.up_at)
