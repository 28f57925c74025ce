"""The bridges of the stand-in: their channels, the identities shown to them, their recordings."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any

from qa.asterisk.parts import Bridge, Channel, Refused, stamp


class Bridges(ABC):
    """All bridges, and their running recordings with whether each is paused."""

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
        """Move a channel into a bridge. Both sides are shown the other party."""
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
        """Start to record a bridge. Raises Refused."""
        if not self.has_recordings:
            raise Refused(500, "Internal Server Error")
        if name in self.recordings:
            raise Refused(409, "Recording exists")
        self.recordings[name] = bridge, False
        self._tell("RecordingStarted", name)

    def pause(self, name: str, *, on: bool) -> None:
        """Pause or resume a recording; no event reports it. Raises Refused."""
        self.recordings[name] = self.recorded(name), on

    def recorded(self, name: str) -> Bridge:
        """The bridge of a recording. Raises Refused."""
        if name not in self.recordings:
            raise Refused(404, "Recording not found")
        return self.recordings[name][0]

    def stop(self, name: str) -> None:
        """Stop a recording. Raises Refused."""
        self.recorded(name)
        self._tell("RecordingFinished", name)
        del self.recordings[name]

    def drop(self, bridge: Bridge) -> None:
        """Remove a bridge and every channel from it."""
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
