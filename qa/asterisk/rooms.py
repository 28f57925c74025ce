"""The bridges of the stand-in: who is in them, who is shown there, and what is recorded."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any

from qa.asterisk.parts import Bridge, Channel, Refused, stamp


class Rooms(ABC):
    """All bridges, and the recordings that go on in them: each with whether it is paused."""

    bridges: dict[str, Bridge]
    recordings: dict[str, tuple[Bridge, bool]]
    has_recordings: bool

    @abstractmethod
    def emit(self, kind: str, channel: Channel, **more: Any) -> None:
        """Emit a channel's event."""

    @abstractmethod
    def send(self, event: dict[str, Any]) -> None:
        """Emit an event unchanged."""

    def enter(self, bridge: Bridge, channel: Channel) -> None:
        """Into a bridge, out of any other: both sides are shown who is there now."""
        self.leave(channel)
        bridge.members.append(channel)
        channel.bridge = bridge
        self.emit("ChannelEnteredBridge", channel, bridge=bridge.as_json())
        self.show(bridge)

    def leave(self, channel: Channel) -> None:
        """Leave its bridge; the others stay."""
        bridge, channel.bridge = channel.bridge, None
        if bridge is not None:
            bridge.members.remove(channel)
            self.emit("ChannelLeftBridge", channel, bridge=bridge.as_json())

    def show(self, bridge: Bridge | None) -> None:
        """Show everybody in a bridge the other parties."""
        members = bridge.members if bridge is not None else []
        for member in members:
            for other in members:
                if member is not other and member.call is not None and member.state == "Up":
                    name, number = other.identity
                    if number:
                        member.call.shown_lines.append(f'"{name}" <sip:{number}@127.0.0.1>')

    # --- recordings --------------------------------------------------------------------

    def record(self, bridge: Bridge, name: str) -> None:
        """Record what is said in a bridge. Raises Refused."""
        if not self.has_recordings:
            raise Refused(500, "Internal Server Error")
        if name in self.recordings:
            raise Refused(409, "Recording exists")
        self.recordings[name] = bridge, False
        self._tell("RecordingStarted", name)

    def pause(self, name: str, *, on: bool) -> None:
        """No event tells of it. Raises Refused."""
        self.recordings[name] = self.recorded(name), on

    def recorded(self, name: str) -> Bridge:
        """Where it is recorded. Raises Refused."""
        if name not in self.recordings:
            raise Refused(404, "Recording not found")
        return self.recordings[name][0]

    def stop(self, name: str) -> None:
        """It is over. Raises Refused."""
        self.recorded(name)
        self._tell("RecordingFinished", name)
        del self.recordings[name]

    def drop(self, bridge: Bridge) -> None:
        """Everybody is out of it, and it is gone."""
        for channel in list(bridge.members):
            self.leave(channel)
        for name, (place, _) in list(self.recordings.items()):
            if place is bridge:
                self.stop(name)
        del self.bridges[bridge.id]

    def _tell(self, kind: str, name: str) -> None:
        target = f"bridge:{self.recordings[name][0].id}"
        recording = {"name": name, "format": "wav", "state": "recording", "target_uri": target}
        self.send({"type": kind, "timestamp": stamp(time.time()), "recording": recording})
