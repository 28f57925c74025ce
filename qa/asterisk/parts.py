"""The parts of the stand-in for Asterisk: channels, bridges and error responses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from qa.asterisk.handset import PhoneCall

CAUSES = {
    **{486: 17, 600: 17, 480: 19, 408: 18, 603: 21, 403: 21, 404: 1, 604: 1, 484: 28, 410: 22},
    **{502: 27, 503: 34, 500: 38, 504: 102, 501: 29, 488: 58, 606: 58},
}
"""Asterisk's Q.850 cause for a SIP answer; 127 for all others."""

DIALSTATUS = {486: "BUSY", 600: "BUSY", 503: "CONGESTION"}
ENTERING_SECONDS = 0.002
"""Seconds until a new channel enters the application."""


class Refused(Exception):
    """A request is refused with this status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(eq=False)
class Channel:
    """One channel. `ours`: a request created it, so our application receives all its events.

    `contact` is the one phone that it rings if several are registered under the same name.
    """

    id: str
    name: str
    state: str = "Down"
    ours: bool = False
    stasis: bool = False
    arguments: str = ""
    exten: str = "s"
    app: str = ""
    identity: tuple[str, str] = ("", "")
    connected: tuple[str, str] = ("", "")
    subscribed: bool = False
    gone: bool = False
    answered: float = 0.0
    call: PhoneCall | None = None
    bridge: Bridge | None = None
    dialed: bool = False
    contact: str = ""
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    on_up: Callable[[], None] = lambda: None
    on_gone: Callable[[int], None] = lambda cause: None
    made: float = field(default_factory=time.time)

    @property
    def endpoint(self) -> str:
        """Technology and resource."""
        return self.name.rpartition("-")[0]

    def as_json(self) -> dict[str, Any]:
        """As it appears in responses and events."""
        app_data = f"{self.app},{self.arguments}" if self.stasis else ""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "caller": {"name": self.identity[0], "number": self.identity[1]},
            "connected": {"name": self.connected[0], "number": self.connected[1]},
            "dialplan": {
                "context": "from-internal",
                "exten": self.exten,
                "app_name": "Stasis" if self.stasis else "",
                "app_data": app_data,
            },
            "creationtime": stamp(self.made),
        }


@dataclass(eq=False)
class Bridge:
    """One bridge and who is in it."""

    id: str
    members: list[Channel] = field(default_factory=list)
    plays_music: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it appears in responses and events."""
        return {"id": self.id, "bridge_type": "mixing", "channels": [m.id for m in self.members]}


def stamp(seconds: float) -> str:
    """A time in Asterisk's format."""
    when = datetime.fromtimestamp(seconds, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}+0000"


def parse_identity(value: str) -> tuple[str, str]:
    """The name and the number of "Grace" <+1555>."""
    name, _, number = value.rpartition("<")
    return name.strip().strip('"'), number.rstrip(">")
