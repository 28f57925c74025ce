"""One channel of a call: how far it is, as its events show it. Pure."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.wire import Channel, Event


class State(IntEnum):
    """How far a leg is: it never goes back."""

    DOWN = 0
    RINGING = 1
    UP = 2
    GONE = 3


STATES = {"Ring": State.RINGING, "Ringing": State.RINGING, "Up": State.UP, "Busy": State.RINGING}


class Leg(Struct, frozen=True):
    """One channel of a call; times are Unix ms by Asterisk's clock.

    `gone_at` is when it was hung up, which a phone's goodbye tells before the channel is gone.
    `guessed`: it was up before `up_at`, but nobody told us when; `end_guessed`: it was found gone.
    `released`: we asked for its end. `inside`: in the call's bridge or taken out of it; None: never
    yet in it. `rang`: its phone said that it rings.
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

    @property
    def is_up(self) -> bool:
        """Whether somebody is there to talk with."""
        return self.state is State.UP and not self.is_ending

    @property
    def is_there(self) -> bool:
        """Whether it may still be heard of."""
        return self.state is not State.GONE

    @property
    def is_ending(self) -> bool:
        """Whether it is hung up, though its channel may be there for a moment yet."""
        return self.gone_at is not None


_TOLD_UP = {"ChannelStateChange", "Dial"}
"""The events that come at the moment of the pick-up; any other only shows that it was before."""

_REFUSED = {"BUSY": 17, "CONGESTION": 34}
"""What a Dial says of a leg through the dialplan, which may play an announcement still."""


def seen(leg: Leg, channel: Channel, event: Event) -> Leg:
    """The leg as an event shows it; what is known already stays."""
    if not leg.is_there:
        return leg
    state = max(leg.state, STATES.get(channel.state, State.DOWN))
    if state is State.UP and leg.up_at is None:
        leg = replace(leg, up_at=event.at, guessed=event.type not in _TOLD_UP)
    leg = replace(leg, state=state, rang=leg.rang or state is State.RINGING)
    match event.type:
        case "ChannelDestroyed":
            return replace(_hung_up(leg, event), state=State.GONE)
        case "StasisEnd" if ids.leg_name(leg.id) is None:
            # Of a channel that is not of our making this may be the last that we hear.
            return replace(_hung_up(leg, event), state=State.GONE)
        case "ChannelHangupRequest" if event.soft and leg.up_at is None:
            return leg  # a time-out or a cancel: which of them, the end itself tells in a moment
        case "ChannelHangupRequest":
            return _hung_up(leg, event)
        case "Dial" if event.dialstatus in _REFUSED and leg.up_at is None:
            return _hung_up(leg, replace(event, cause=_REFUSED[event.dialstatus]))
        case _:
            return leg


def _hung_up(leg: Leg, event: Event) -> Leg:
    """Its end, as early as it was told; a request of ours or a time-out tells no cause."""
    if leg.gone_at is None:
        leg = replace(leg, end_guessed=event.guessed)
    gone_at = event.at if leg.gone_at is None else min(leg.gone_at, event.at)
    if event.cause is None or event.soft:
        return replace(leg, gone_at=gone_at)
    return replace(leg, gone_at=gone_at, cause=event.cause, tech_cause=event.tech_cause)
