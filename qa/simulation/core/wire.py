"""A socket between a tab and a process of the core engine: frames in order, each takes a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.core.model import AgentKey
from adapter.core.route import Route
from qa.simulation.tab import Gone, Hear, Message

if TYPE_CHECKING:
    from qa.simulation.core.process import CoreProcess

APART = 1e-5
"""Two frames of one socket are at least so many seconds apart, so that they stay in order."""


SURFACES = {
    "": ("", Route.PAGE),
    "lightning": ("open-cti", Route.PAGE),
    "lwc": ("lwc", Route.KEYED),
    "voice": ("voice", Route.BACKEND),
}
"""By what a page says in its hello; nothing, where all are alike."""


def _after(last: float, arrival: float) -> float:
    """When a frame arrives that would at this moment, behind the last one."""
    return arrival if arrival > last + APART else last + APART


class Wire:
    """What `adapter.page.pages.Page` and its socket are together."""

    def __init__(  # noqa: PLR0917 - as the tab says it
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
        """The better page to save with is the greater one."""
        return self.focused, self.active_at

    def say(self, message: Message) -> None:
        """From the page to the server."""
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
        """The hello was taken: now the frames that came behind it."""
        self.can_save = True
        while self._early and self.up and self._process.alive:
            self._process.pages.hears(self, self._early.pop(0))

    def send(self, message: Message) -> None:
        """From the server to the page."""
        if self.up:
            self._down_at = _after(self._down_at, self._loop.passed + self._seconds)
            self._loop.call_at(self._down_at, self._hear, self, message)

    def close(self, code: int, reason: str) -> None:
        """The server ends it, or has noticed that it is over."""
        if self.up:
            self.cut()
            self._process.pages.lost(self)

    def cut(self) -> None:
        """It is over; the page hears of it, the server's side is told nothing."""
        self.up = False
        self._loop.call_later(self._seconds, self._gone, self)
