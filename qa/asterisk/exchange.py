"""The inside of the stand-in for Asterisk: channels, bridges, and phones without a network.

It does what a real Asterisk 22 was seen to do; both run the same suite in tests/contracts. Its
oddities are intended: an event sent twice, ringing events in either order, a leg left alone in a
bridge.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from qa.asterisk.bridges import Bridges
from qa.asterisk.handset import PhoneCall, Plan
from qa.asterisk.office import Office
from qa.asterisk.parts import (
    CAUSES,
    DIALSTATUS,
    ENTERING_SECONDS,
    Bridge,
    Channel,
    Refused,
    parse_identity,
    stamp,
)
from qa.asterisk.standinphone import StandInPhone

TWICE = {"Dial", "ChannelStateChange", "ChannelHold", "ChannelHangupRequest", "ChannelDestroyed"}
WATCHED = TWICE | {"ChannelCreated", "ChannelConnectedLine"}
_IN_STASIS = {
    *("StasisStart", "StasisEnd", "ChannelStateChange", "ChannelHangupRequest"),
    *("ChannelEnteredBridge", "ChannelLeftBridge", "ChannelHold", "ChannelUnhold"),
}


class Exchange(Office, Bridges):
    """The whole exchange. `emit` sends an event to the connected application."""

    def __init__(self, app: str) -> None:
        self.app = app
        self.phones: dict[str, StandInPhone] = {}
        self.registered: dict[str, bool] = {}
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.recordings: dict[str, tuple[Bridge, bool]] = {}
        self.has_recordings = True
        self.endpoints: set[str] = set()
        self.device_states: dict[str, str] = {}
        self.cel: list[tuple[float, str, Channel, str]] = []
        self.served: Callable[[str], None] | None = None
        self.stopping = False
        self.tech_causes = True
        self._numbers = 0
        self._flip = False
        self._tasks: set[asyncio.Task[None]] = set()

    def phone(self, name: str) -> StandInPhone:
        """The phone of that name, registered."""
        self.registered[name] = True
        return self.phones.setdefault(name, StandInPhone(name, self))

    # --- events ----------------------------------------------------------------------

    def emit(self, kind: str, channel: Channel, **more: Any) -> None:
        """Emit a channel's event, as often as a real Asterisk does."""
        where = "peer" if kind == "Dial" else "channel"
        event = {"type": kind, "timestamp": stamp(time.time()), where: channel.as_json(), **more}
        watched = kind in WATCHED and channel.endpoint in self.endpoints
        heard = channel.ours or channel.subscribed or (channel.stasis and kind in _IN_STASIS)
        copies = int(heard) + int(watched and (not heard or kind in TWICE))
        for _ in range(copies):
            self.send({**event, "application": self.app})

    def send(self, event: dict[str, Any]) -> None:
        """Emit an event unchanged."""
        if self.served is not None:
            self.served(json.dumps(event))

    def _note(self, kind: str, channel: Channel, extra: str = "") -> None:
        self.cel.append((time.time(), kind, channel, extra))

    # --- what requests do ------------------------------------------------------------

    def find(self, channel: str) -> Channel:
        """A live channel. Raises Refused."""
        known = self.channels.get(channel)
        if known is None:
            raise Refused(404, "Channel not found")
        return known

    def in_stasis(self, channel: str, status: int = 409) -> Channel:
        """A live channel that our application controls. Raises Refused."""
        known = self.find(channel)
        if not known.stasis:
            raise Refused(status, "Channel not in Stasis application")
        return known

    def create(
        self, endpoint: str, channel_id: str, arguments: str, variables: dict[str, str]
    ) -> Channel:
        """Create a channel that does not ring yet. Raises Refused."""
        if channel_id in self.channels:
            raise Refused(409, "Channel with given unique ID already exists")
        _, _, resource = endpoint.partition("/")
        name, _, contact = resource.partition("/sip:")
        number, _, trunk = name.partition("@")
        phone = trunk or number
        if self.stopping or not self.registered.get(phone):
            raise Refused(500, "Allocation failed")
        channel = self.new(phone, channel_id, ours=True)
        channel.exten, channel.contact = number, contact.partition("@")[0]
        channel.app, channel.arguments = self.app, arguments
        for name, value in variables.items():
            self.set_variable(channel, name, value)
        if self.served is None:
            self._after(ENTERING_SECONDS, channel, lambda: self._vanish(channel))
        else:
            self._after(ENTERING_SECONDS, channel, lambda: self._enter(channel))
        return channel

    def new(self, phone: str, channel_id: str = "", *, ours: bool = False) -> Channel:
        """A new channel. Without an id it gets one of Asterisk's form."""
        self._numbers += 1
        channel_id = channel_id or f"{int(time.time())}.{self._numbers}"
        channel = Channel(channel_id, f"PJSIP/{phone}-{self._numbers:08x}", ours=ours)
        if phone != "trunk":
            channel.identity = (phone.title(), "20")
        self.channels[channel_id] = channel
        self._note("CHAN_START", channel)
        return channel

    def _vanish(self, channel: Channel) -> None:
        """End the channel before anything rings, because no application is connected."""
        channel.gone = True
        self.channels.pop(channel.id, None)

    def _enter(self, channel: Channel) -> None:
        channel.stasis = True
        self.emit("StasisStart", channel, args=channel.arguments.split(","))

    def set_variable(self, channel: Channel, name: str, value: str) -> None:
        """Set one of the three variables that the adapter uses."""
        if name == "TIMEOUT(absolute)":
            self._after(float(value), channel, lambda: self.end(channel, 0, soft=True))
        elif name.startswith("CONNECTEDLINE"):
            channel.connected = parse_identity(value)
            self.emit("ChannelConnectedLine", channel)
        elif name == "CALLERID(all)":
            channel.identity = parse_identity(value)
            self.show(channel.bridge)

    def variable(self, channel: Channel, name: str) -> str:
        """The value of a variable."""
        if name == "CDR(answer,u)":
            return f"{channel.answered:.6f}" if channel.answered else ""
        if name.startswith("PJSIP_DIAL_CONTACTS("):
            phone = name.partition("(")[2].rstrip(")")
            contacts = [contact for contact in self.phones if contact.partition("~")[0] == phone]
            return "&".join(f"PJSIP/{phone}/sip:{contact}@127.0.0.1:5060" for contact in contacts)
        return f'"{channel.identity[0]}" <{channel.identity[1]}>' if "CALLERID" in name else ""

    def dial(self, channel: Channel, seconds: float, caller: Channel | None) -> None:
        """Ring the channel's phone for at most so many seconds."""
        if caller is not None:
            channel.connected = caller.identity
        self.emit("Dial", channel, dialstatus="")
        if seconds > 0:
            self._after(seconds, channel, lambda: self._ring_out(channel))
        self.ring(channel)

    def _ring_out(self, channel: Channel) -> None:
        if channel.state != "Up":
            self.end(channel, 19, soft=True, tech=480)

    def ring(self, channel: Channel) -> None:
        """Offer the call to the phone, which follows its plan."""
        phone = self.phones[channel.contact or channel.endpoint.partition("/")[2]]
        plan = phone.plan(channel.exten if phone.name == "trunk" else phone.name)
        channel.dialed = True
        if plan.dead:
            return
        name, number = channel.connected
        shown = f'"{name}" <sip:{number}@127.0.0.1>' if number else "Anonymous"
        call = PhoneCall(
            phone, secrets.token_hex(8), "", "", channel.id, shown, number=channel.exten
        )
        call.shown_lines.append(shown)
        channel.call = call
        phone.calls.append(call)
        if plan.rings:
            self._rings(channel, call)
        phone.changed.set()
        if plan.after is not None:
            self._start(self._carry_out(phone, call, plan))

    async def _carry_out(self, phone: StandInPhone, call: PhoneCall, plan: Plan) -> None:
        await asyncio.sleep(plan.after or 0)
        await phone.answer(call, plan.status)
        if plan.talk is not None and call.up:
            await asyncio.sleep(plan.talk)
            await phone.hang_up(call)

    def _rings(self, channel: Channel, call: PhoneCall) -> None:
        """Emit the ringing events, in either order as a real Asterisk does."""
        call.rang = time.time()
        self._flip = not self._flip
        if self._flip:
            self.emit("Dial", channel, dialstatus="RINGING")
        channel.state = "Ringing"
        self.emit("ChannelStateChange", channel)
        if not self._flip:
            self.emit("Dial", channel, dialstatus="RINGING")

    # --- what phones do --------------------------------------------------------------

    def answered(self, call: PhoneCall, status: int) -> None:
        """A phone accepted a call, or refused it."""
        channel = self._of(call)
        if channel is None or call.up or call.ended:
            return
        if status >= 300:
            cause = CAUSES.get(status, 127)
            self._refuse(channel, status, cause)
            return
        call.up = time.time()
        self.went_up(channel)
        call.phone.changed.set()

    def went_up(self, channel: Channel) -> None:
        """Mark the channel as answered."""
        channel.state, channel.answered = "Up", time.time()
        self._note("ANSWER", channel)
        self.emit("ChannelStateChange", channel)
        if channel.dialed:
            self.emit("Dial", channel, dialstatus="ANSWER")
        channel.on_up()
        self.show(channel.bridge)

    def _refuse(self, channel: Channel, status: int, cause: int) -> None:
        fields: dict[str, Any] = {"cause": cause} | self._tech(status)
        self.emit("ChannelHangupRequest", channel, **fields)
        if status in DIALSTATUS:
            self.emit("Dial", channel, dialstatus=DIALSTATUS[status])
        self.over(channel.call, status)
        self.gone(channel, cause, status)

    def _tech(self, status: int | None) -> dict[str, int]:
        return {"tech_cause": status} if status and self.tech_causes else {}

    def said_goodbye(self, call: PhoneCall) -> None:
        """A phone hung up or canceled."""
        channel = self._of(call)
        self.over(call, 200)
        if channel is None:
            return
        given_up = not call.up
        fields = {"cause": 127} | self._tech(487) if given_up else {}
        self.emit("ChannelHangupRequest", channel, **fields)
        self.gone(channel, 127 if given_up else 16, 487 if given_up else None)

    def held(self, call: PhoneCall, on: bool) -> None:
        """A phone's hold button was pressed."""
        channel = self._of(call)
        if channel is not None:
            self.emit("ChannelHold" if on else "ChannelUnhold", channel)

    # --- ends ------------------------------------------------------------------------

    def end(
        self, channel: Channel, cause: int, *, soft: bool = False, tech: int | None = None
    ) -> None:
        """Hang up a channel, because of a request or a time-out."""
        if channel.gone:
            return
        self.emit("ChannelHangupRequest", channel, cause=32, soft=soft)
        elsewhere = "Call completed elsewhere" if cause == 26 else f"Q.850;cause={cause}"
        self.over(channel.call, 487, elsewhere)
        self.gone(channel, cause, tech)

    def gone(self, channel: Channel, cause: int, tech: int | None = None) -> None:
        """End a channel: leave its bridge, then emit the events."""
        if channel.gone:
            return
        channel.gone = True
        for timer in channel.timers:
            timer.cancel()
        self.leave(channel)
        if channel.stasis:
            self.emit("StasisEnd", channel)
        self._note("HANGUP", channel, json.dumps({"hangupcause": cause}))
        self.emit("ChannelDestroyed", channel, cause=cause, **self._tech(tech))
        self.channels.pop(channel.id, None)
        channel.on_gone(cause)

    def go_on(self, channel: Channel) -> None:
        """Return the channel to the dialplan, which then hangs it up."""
        self.emit("StasisEnd", channel)
        channel.stasis = False
        self.over(channel.call, 480)
        self.gone(channel, 19)

    def over(self, call: PhoneCall | None, status: int, reason: str = "") -> None:
        """End a phone's call."""
        if call is not None and not call.ended:
            call.ended, call.status, call.reason = time.time(), status, reason
            call.phone.changed.set()

    # --- the whole exchange -------------------------------------------------------------------

    def die(self) -> None:
        """Kill it: it sends no events and loses its state. Phones keep their calls."""
        for channel in self.channels.values():
            channel.gone = True
            for timer in channel.timers:
                timer.cancel()
        self.channels.clear()
        self.bridges.clear()
        self.recordings.clear()
        self.endpoints.clear()

    async def close(self) -> None:
        """End all running tasks."""
        self.die()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _of(self, call: PhoneCall) -> Channel | None:
        return next((channel for channel in self.channels.values() if channel.call is call), None)

    def _after(self, seconds: float, channel: Channel, act: Callable[[], None]) -> None:
        def then() -> None:
            if not channel.gone:
                act()

        channel.timers.append(asyncio.get_running_loop().call_later(seconds, then))

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
