"""The small office of etc/extensions.conf in the stand-in: what the dialplan does on its own."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from qa.asterisk.handset import Handset, PhoneCall
from qa.asterisk.parts import Channel, Refused, stamp

AGENTS = {"2001": "ada", "2002": "grace"}
GROUPS = {
    **{"2103": ["ada", "grace", "linus"], "2100": ["ada"], "2200": ["ada", "grace"]},
    **{"2104": ["ada"], "2201": ["ada", "grace"]},
}
HEEDED = {"2104": {"BUSY"}, "2201": {"BUSY", "INUSE"}}
"""The device states of Stasis:<agent> in which these numbers do not ring the agent."""


class Office(ABC):
    """Calls that the dialplan connects without a request of the adapter."""

    app: str
    registered: dict[str, bool]
    endpoints: set[str]
    device_states: dict[str, str]
    served: Callable[[str], None] | None

    @abstractmethod
    def emit(self, kind: str, channel: Channel, **more: Any) -> None:
        """Emit a channel's event."""

    @abstractmethod
    def send(self, event: dict[str, Any]) -> None:
        """Emit an event unchanged."""

    @abstractmethod
    def new(self, phone: str, channel_id: str = "", *, ours: bool = False) -> Channel:
        """A new channel."""

    @abstractmethod
    def ring(self, channel: Channel) -> None:
        """Let the phone ring."""

    @abstractmethod
    def went_up(self, channel: Channel) -> None:
        """Mark the channel as answered."""

    @abstractmethod
    def over(self, call: PhoneCall | None, status: int, reason: str = "") -> None:
        """End a phone's call."""

    @abstractmethod
    def gone(self, channel: Channel, cause: int, tech: int | None = None) -> None:
        """End a channel."""

    def dialed(self, phone: Handset, call: PhoneCall, caller: str) -> None:
        """A phone dials a number of the small office, or an outside one."""
        channel = self.new(phone.name)
        channel.call, channel.state, channel.exten = call, "Ring", call.number
        if phone.name == "trunk":
            channel.identity = ("", caller)
        call.target = channel.id
        self.emit("ChannelCreated", channel)
        if call.number in AGENTS and self.served is not None:
            channel.app, channel.arguments = self.app, f"inbound,{AGENTS[call.number]}"
            channel.stasis = True
            self.emit("StasisStart", channel, args=channel.arguments.split(","))
            return
        names = GROUPS.get(call.number, [AGENTS[call.number]] if call.number in AGENTS else [])
        silent = HEEDED.get(call.number, set())
        wanted = [n for n in names if self.device_states.get(f"Stasis:{n}") not in silent]
        if names and not wanted:
            self.over(call, 486)
            self.gone(channel, 17)
            return
        self._group(channel, wanted or ["trunk"], call.number)

    def set_device_state(self, name: str, state: str) -> None:
        """Set a device's state. Raises Refused if no application may control the device."""
        if not name.startswith("Stasis:"):
            raise Refused(409, "Uncontrolled device specified")
        self.device_states[name] = state

    def _group(self, caller: Channel, names: Iterable[str], number: str) -> None:
        """Do what Dial() does in the dialplan: ring all, and connect the first that picks up."""
        legs = [self.new(name) for name in names if self.registered.get(name)]
        for leg in legs:
            leg.exten = number
            self.emit("ChannelCreated", leg)
            leg.connected = caller.identity
            self.emit("ChannelConnectedLine", leg)
            leg.on_up = lambda leg=leg: self._taken(caller, leg, legs)  # type: ignore[misc]
            leg.on_gone = lambda cause: self._left(caller, legs, cause)
        caller.on_gone = lambda cause: self._all_gone(legs)
        for leg in legs:
            self.ring(leg)

    def _taken(self, caller: Channel, taken: Channel, legs: list[Channel]) -> None:
        event = {"type": "Dial", "timestamp": stamp(time.time()), "dialstatus": "ANSWER"}
        if caller.endpoint in self.endpoints:
            self.send({**event, "caller": caller.as_json(), "peer": taken.as_json()})
        for leg in legs:
            if leg is not taken:
                self.over(leg.call, 487)
                self.gone(leg, 26)
        if caller.call is not None:
            caller.call.up = time.time()
            caller.call.phone.changed.set()
        self.went_up(caller)

    def _left(self, caller: Channel, legs: list[Channel], cause: int) -> None:
        if caller.gone or any(not leg.gone for leg in legs):
            return
        caller.state = caller.state if caller.state == "Up" else "Busy"
        self.over(caller.call, 200)
        self.gone(caller, cause)

    def _all_gone(self, legs: list[Channel]) -> None:
        for leg in legs:
            self.over(leg.call, 487)
            self.gone(leg, 16 if leg.state == "Up" else 127)
