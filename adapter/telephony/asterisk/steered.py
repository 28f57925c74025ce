"""A call that we steer: its legs, and the requests made for them. Pure."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from adapter.telephony.asterisk.leg import Leg


class Steered(Struct, frozen=True):
    """One call that we steer.

    `own_number` is the number of ours that an inbound call dialed. `identity` is the number shown
    outside; empty: the default. `party` is the destination or the
    caller, `transfer` the target of a transfer, `consulted` the consulted party, whose number is
    `target`, called at `consulted_at`. `retrieving`: the party was taken off hold after that.
    `noted_at` grows with every event (Unix ms). `recording`: it is being recorded; `recorded`:
    recording was requested. `connecting`: a request to connect the parties was sent; `called`: it
    was carried out. `winner` is the id of the agent's phone that was picked up first. `over`: only
    its legs are left to release.
    """

    root: str
    user: str
    number: str = ""
    name: str = ""
    inbound: bool = False
    own_number: str = ""
    identity: str = ""
    devices: tuple[Leg, ...] = ()
    party: Leg | None = None
    transfer: Leg | None = None
    consulted: Leg | None = None
    target: str = ""
    consulted_at: int = 0
    retrieving: bool = False
    noted_at: int = 0
    recording: bool = False
    recorded: bool = False
    winner: str = ""
    ringing: bool = False
    connecting: bool = False
    called: bool = False
    handing: bool = False
    handed: bool = False
    over: bool = False

    @property
    def legs(self) -> tuple[Leg, ...]:
        """All legs that were ever seen."""
        single_legs = (
            leg for leg in (self.party, self.transfer, self.consulted) if leg is not None
        )
        return (*self.devices, *single_legs)

    @property
    def agent(self) -> Leg | None:
        """The agent's phone that was picked up."""
        return next((leg for leg in self.devices if leg.id == self.winner), None)

    @property
    def talks(self) -> bool:
        """Whether the agent and the other party are connected, even if one is on hold."""
        both = (self.agent, self.party)
        return self.connecting and all(leg is not None and leg.is_up for leg in both)

    @property
    def is_held_at_phone(self) -> bool:
        """Whether only the hold button of the agent's phone keeps the other party waiting."""
        agent, party = self.agent, self.party
        held = agent is not None and agent.holds
        return held and party is not None and party.inside is not False

    @property
    def is_done(self) -> bool:
        """Whether it is over and has no legs left."""
        return self.over and not any(leg.is_there for leg in self.legs)


def with_leg(call: Steered, role: str, leg: Leg) -> Steered:
    """The call with this leg in its place."""
    if role == "dst":
        return replace(call, party=leg)
    if role == "t":
        return replace(call, transfer=leg)
    if role == "c":
        return replace(call, consulted=leg)
    devices = [other for other in call.devices if other.id != leg.id]
    return replace(call, devices=tuple(sorted([*devices, leg], key=lambda leg: leg.id)))


def roles(call: Steered) -> list[tuple[str, Leg]]:
    """All legs with their roles (see `ids.LegName`)."""
    known = (("dst", call.party), ("t", call.transfer), ("c", call.consulted))
    single_legs = [(role, leg) for role, leg in known if leg]
    return [*(("d", leg) for leg in call.devices), *single_legs]
