"""One channel of a call and its state, as its events show it. Pure."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.wire import Channel, Event


class State(IntEnum):
    """The state of a leg, which never goes back."""

    DOWN = 0
    RINGING = 1
    UP = 2
    GONE = 3


STATES = {"Ring": State.RINGING, "Ringing": State.RINGING, "Up": State.UP, "Busy": State.RINGING}


class Leg(Struct, frozen=True):
    """One channel of a call; times are Unix ms by Asterisk's clock.

    `gone_at` is when it was hung up; a phone's BYE arrives before the channel is gone. `guessed`:
    it was up before `up_at`, at an unknown time; `end_guessed`: it was found gone. `released`: we
    requested its end. `inside`: in the call's bridge or taken out of it; None: never in it yet.
    `rang`: its phone reported ringing. `holds`: the phone's own hold button is on.
    """

    id: str
    state: State = State.DOWN
    up_at: int | None = None
    gone_at: int | None = None
    cause: int | None = None
    tech_cause: int | None = None
    guessed: bool = False
    end_guessed: bool = False
    released: bool = False
    inside: bool | None = None
    rang: bool = False
    holds: bool = False

    @property
    def is_up(self) -> bool:
        """Whether the leg is answered and not ending."""
        return self.state is State.UP and not self.is_ending

    @property
    def is_there(self) -> bool:
        """Whether its channel may still exist."""
        return self.state is not State.GONE

    @property
    def is_ending(self) -> bool:
        """Whether it is hung up, though its channel may exist for a moment longer."""
        return self.gone_at is not None


_UP_EVENTS = {"ChannelStateChange", "Dial"}
"""Events sent at the moment of the pick-up; others only show that it was earlier."""

_REFUSED = {"BUSY": 17, "CONGESTION": 34}
"""Dial results of a leg through the dialplan, which may still play an announcement."""


def seen(leg: Leg, channel: Channel, event: Event) -> Leg:
    """The leg updated by an event; known facts stay."""
    if not leg.is_there:
        return leg
    state = max(leg.state, STATES.get(channel.state, State.DOWN))
    if state is State.UP and leg.up_at is None:
        leg = replace(leg, up_at=event.at, guessed=event.type not in _UP_EVENTS)
    leg = replace(leg, state=state, rang=leg.rang or state is State.RINGING)
    match event.type:
        case "ChannelDestroyed":
            return replace(_hang_up(leg, event), state=State.GONE)
        case "StasisEnd" if ids.leg_name(leg.id) is None:
            # For a foreign channel this may be the last event.
            return replace(_hang_up(leg, event), state=State.GONE)
        case "ChannelHold" | "ChannelUnhold":
            return replace(leg, holds=event.type == "ChannelHold")
        case "ChannelHangupRequest" if event.soft and leg.up_at is None:
            return leg  # a time-out or a cancel; the end itself will show which
        case "ChannelHangupRequest":
            return _hang_up(leg, event)
        case "Dial" if event.dialstatus in _REFUSED and leg.up_at is None:
            return _hang_up(leg, replace(event, cause=_REFUSED[event.dialstatus]))
        case _:
            return leg


def _hang_up(leg: Leg, event: Event) -> Leg:
    """Note the earliest reported end; our own request or a time-out has no cause."""
    if leg.gone_at is None:
        leg = replace(leg, end_guessed=event.guessed)
    gone_at = event.at if leg.gone_at is None else min(leg.gone_at, event.at)
    if event.cause is None or event.soft:
        return replace(leg, gone_at=gone_at)
    return replace(leg, gone_at=gone_at, cause=event.cause, tech_cause=event.tech_cause)
