"""A socket between a tab and a process of the core engine: frames in order, with delays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.core.model import AgentKey
from adapter.core.route import Route
from qa.simulation.tab import Gone, Hear, Message

if TYPE_CHECKING:
    from qa.simulation.core.process import CoreProcess

APART = 1e-5
"""The least delay in seconds between two frames of a socket, so that they stay in order."""


SURFACES = {
    "": ("", Route.PAGE),
    "lightning": ("open-cti", Route.PAGE),
    "lwc": ("lwc", Route.KEYED),
    "voice": ("voice", Route.BACKEND),
}
"""The route, by the surface in a page's hello; None if all are alike."""


def _after(last: float, arrival: float) -> float:
    """When a frame due at `arrival` arrives, at the earliest after the last one."""
    return arrival if arrival > last + APART else last + APART


class Wire:
    """Stands for an `adapter.page.pages.Page` together with its socket."""

    def __init__(  # noqa: PLR0917 - the tab calls it like this
        self,
        process: CoreProcess,
        key: AgentKey,
        hello: Message,
        seconds: float,
        hear: Hear,
        gone: Gone,
    ) -> None:
        self.key = key
        self.page_id: str = hello["page_id"]
        self.focused: bool = hello["focused"]
        self.surface, self.route = SURFACES[hello.get("surface", "")]
        self.active_at = 0
        self.up = True
        self.can_save = False
        self.goes: set[tuple[str, int]] = set()
        self.journal = frozenset[tuple[str, int]]()
        self.probes: dict[str, tuple[int, frozenset[tuple[str, int]]]] = {}
        self._process = process
        self._loop = process.loop
        self._seconds = seconds
        self._hear = hear
        self._gone = gone
        self._down_at = self._up_at = 0.0
        self._early: list[Message] = []

    @property
    def rank(self) -> tuple[bool, int]:
        """The rank of the page: higher is better to save with."""
        return self.focused, self.active_at

    def say(self, message: Message) -> None:
        """Send a frame from the page to the server."""
        if self.up:
            self._up_at = _after(self._up_at, self._loop.passed + self._seconds)
            self._loop.call_at(self._up_at, self._said, message)

    def _said(self, message: Message) -> None:
        if not (self.up and self._process.alive):
            return
        if self.can_save:
            self._process.pages.hears(self, message)
        else:
            self._early.append(message)

    def welcomed(self) -> None:
        """The hello was accepted: handle the frames that came after it."""
        self.can_save = True
        while self._early and self.up and self._process.alive:
            self._process.pages.hears(self, self._early.pop(0))

    def send(self, message: Message) -> None:
        """Send a frame from the server to the page."""
        if self.up:
            self._down_at = _after(self._down_at, self._loop.passed + self._seconds)
            self._loop.call_at(self._down_at, self._hear, self, message)

    def close(self, code: int, reason: str) -> None:
        """The server closes the socket, or has noticed that it is gone."""
        if self.up:
            self.cut()
            self._process.pages.lost(self)

    def cut(self) -> None:
        """Cut the socket; the page notices, the server does not."""
        self.up = False
        self._loop.call_later(self._seconds, self._gone, self)
