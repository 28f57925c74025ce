"""A call that we steer: its legs, and what was asked for them. Pure."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from adapter.telephony.asterisk.leg import Leg


class Steered(Struct, frozen=True):
    """One call that we steer.

    `identity` is the number that is shown outside, empty for the usual one.

    `party` is whom the agent calls, or who calls in; `transfer` whom the call is handed over to,
    `consulted` whom the agent calls in beside that, `target` the number of that one, called in at
    `consulted_at`, and `retrieving`: the party was asked back from there. `noted_at` is later with
    every event (Unix ms). `recording`: it is; `recorded`: it was asked for.
    `connecting`: the parties were asked to be brought together; `called`: that was done; `winner`
    is the id of the agent's phone that was picked up first; `over`: its legs are only to be let go.
    """

    root: str
    user: str
    number: str = ""
    name: str = ""
    inbound: bool = False
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
        """All legs that were ever heard of."""
        others = (leg for leg in (self.party, self.transfer, self.consulted) if leg is not None)
        return (*self.devices, *others)

    @property
    def agent(self) -> Leg | None:
        """The agent's phone that was picked up."""
        return next((leg for leg in self.devices if leg.id == self.winner), None)

    @property
    def talks(self) -> bool:
        """Whether the agent and the other party can talk, or one of them waits."""
        both = (self.agent, self.party)
        return self.connecting and all(leg is not None and leg.is_up for leg in both)

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is left."""
        return self.over and not any(leg.is_there for leg in self.legs)


def with_leg(call: Steered, role: str, leg: Leg) -> Steered:
    """The call with this leg in its place."""
    if role == "dst":
        return replace(call, party=leg)
    if role == "t":
        return replace(call, transfer=leg)
    if role == "c":
        return replace(call, consulted=leg)
    others = [other for other in call.devices if other.id != leg.id]
    return replace(call, devices=tuple(sorted([*others, leg], key=lambda one: one.id)))


def roles(call: Steered) -> list[tuple[str, Leg]]:
    """All legs, each with what it is: as in `ids.LegName`."""
    known = (("dst", call.party), ("t", call.transfer), ("c", call.consulted))
    others = [(role, leg) for role, leg in known if leg]
    return [*(("d", leg) for leg in call.devices), *others]
