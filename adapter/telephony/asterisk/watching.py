"""Calls that the PBX handles itself, watched at the agents' phones. Pure.

Nothing is steered here. Each phone's channel is a call. If several phones ring for one caller, each
agent has a call; those who did not answer are told that another user did.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.telephony.asterisk import causes, ids
from adapter.telephony.asterisk.callupdates import NOBODY
from adapter.telephony.asterisk.wire import Channel, Event
from adapter.telephony.updates import CallUpdate, Moment

EVENT = Source.EVENT

FETCHES = frozenset({"Pickup", "PickupChan", "ParkedCall"})
"""Applications that connect the phone that dials their code with somebody else's caller."""


class Watched(Struct, frozen=True):
    """One call at an agent's phone; times are Unix ms by Asterisk's clock.

    `own_number`: the number of ours that the caller dialed. `reported`: an update of it was sent.
    `guessed`: it was up already, so its start is unknown. `fetched`: the phone took over a call
    that rang elsewhere or was parked, so what it dialed was no number.
    """

    channel: str
    user: str
    inbound: bool
    number: str = ""
    own_number: str = ""
    name: str = ""
    began: int = 0
    reported: bool = False
    connected: int | None = None
    guessed: bool = False
    fetched: bool = False
    over: bool = False


def first_seen(channel: Channel, user: str, at: int) -> Watched:
    """A call by its channel: the PBX calls the phone (Down), or the phone dialed (Ring).

    A call that is already up was reported when it began, so only its end is reported.
    """
    inbound = channel.state in {"Down", "Ringing"} or channel.dialplan.app_name == "AppDial"
    up = channel.state == "Up"
    call = Watched(channel.id, user, inbound, began=0 if up else at, reported=up, guessed=up)
    return _with_number(call, channel)


def _with_number(call: Watched, channel: Channel) -> Watched:
    """Note the number and name of the other party, and what a caller dialed, once known."""
    party = channel.connected
    if call.inbound:
        # Dial and Queue give it to the phone.
        own = "" if call.fetched else call.own_number or channel.dialplan.number
        call = replace(call, own_number=own)
        return replace(call, number=party.number or call.number, name=party.label or call.name)
    return replace(call, number=call.number or channel.dialplan.exten)


def observe(call: Watched, event: Event) -> tuple[Watched, tuple[CallUpdate, ...]]:
    """The call after this event, and its updates."""
    if call.over:
        return call, ()
    if event.type == "Dial":
        return _observe_dial(call, event)
    channel = event.channel
    if channel is None or channel.id != call.channel:
        return call, ()
    before, call = call.number, _with_number(call, channel)
    if event.type == "ChannelDestroyed":
        return _report_end(call, event)
    if _is_fetched(call, channel):
        call = _with_number(replace(call, inbound=True, fetched=True, number=""), channel)
    if call.inbound and channel.state == "Up" and not (call.connected or call.guessed):
        guessed = event.type != "ChannelStateChange"
        return _report_connected(replace(call, guessed=guessed), event.at)
    if not call.reported and (call.number or not call.inbound):
        return _report_begin(call)
    if call.fetched and call.number != before:
        return call, (_update(call, Moment.CONNECTED),)
    return call, ()


def _is_fetched(call: Watched, channel: Channel) -> bool:
    is_new = not (call.inbound or call.connected or call.guessed)
    return is_new and channel.state == "Up" and channel.dialplan.app_name in FETCHES


def _observe_dial(call: Watched, event: Event) -> tuple[Watched, tuple[CallUpdate, ...]]:
    """A call that the phone dialed is answered when the far leg is."""
    mine = event.caller is not None and event.caller.id == call.channel
    if not mine or event.dialstatus != "ANSWER" or call.connected or call.guessed:
        return call, ()
    return _report_connected(call, event.at)


def _report_begin(call: Watched) -> tuple[Watched, tuple[CallUpdate, ...]]:
    moment = Moment.RINGING if call.inbound else Moment.DIALED
    begun = replace(call, reported=True)
    return begun, (_update(begun, moment),)


def _report_connected(call: Watched, at: int) -> tuple[Watched, tuple[CallUpdate, ...]]:
    first = () if call.reported else _report_begin(call)[1]
    up = replace(call, reported=True, connected=at)
    return up, (*first, _update(up, Moment.CONNECTED))


def _report_end(call: Watched, event: Event) -> tuple[Watched, tuple[CallUpdate, ...]]:
    over = replace(call, over=True)
    if not call.reported:
        return over, ()
    talked = call.connected is not None or call.guessed
    if not talked and event.cause == causes.ANSWERED_ELSEWHERE:
        elsewhere = CallUpdate(Moment.CONNECTED, _call_id(call), NOBODY, _facts(call))
        return over, (elsewhere,)
    outcome = Outcome.COMPLETED
    if not talked:
        cause = causes.outcome_of(event.cause, event.tech_cause)
        outcome = Outcome.NO_ANSWER if call.inbound else cause
    ended = Facts(
        ended=Known(event.at, Source.OBSERVED if event.guessed else EVENT),
        outcome=None if event.guessed and not talked else Known(outcome, EVENT),
    )
    facts = _facts(over).join(ended)
    return over, (CallUpdate(Moment.ENDED, _call_id(call), call.user, facts),)


def _call_id(call: Watched) -> str:
    return ids.call_of_channel(call.channel)


def _update(call: Watched, moment: Moment) -> CallUpdate:
    return CallUpdate(moment, _call_id(call), call.user, _facts(call))


def _facts(call: Watched) -> Facts:
    direction = Direction.INBOUND if call.inbound else Direction.OUTBOUND
    source = Source.OBSERVED if call.guessed else EVENT
    # Until it is answered, what the phone dialed may be the code that fetches a call.
    is_open = not (call.inbound or call.connected or call.over)
    said = Source.OBSERVED if is_open else EVENT
    return Facts(
        direction=Known(direction, said),
        number=Known(call.number, said) if call.number else None,
        own_number=Known(call.own_number, EVENT) if call.own_number else None,
        name=Known(call.name, EVENT) if call.name and call.inbound else None,
        started=Known(call.began, EVENT) if call.began else None,
        picked_up=Known(call.began, EVENT) if not call.inbound and call.began else None,
        connected=None if call.connected is None else Known(call.connected, source),
    )
