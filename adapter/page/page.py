"""One connected page, as the runtime sees it, and what was sent to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from adapter.core.model import AgentKey
from adapter.core.route import Route

Go: TypeAlias = tuple[str, int]
"""A go: the log's id and the attempt's number."""

PROBES_KEPT = 32
"""A page that does not answer is probed repeatedly; only the latest probes can prove anything."""


@dataclass(eq=False, slots=True)
class Page:
    """One connected page. `send` enqueues a frame's text, and never blocks.

    `surface` is the Salesforce product that it runs in, `route` how logs are written there.
    `journal_taken` is False until its journal is stored, `user_known` until Salesforce has reported
    the page's user, where that is checked (`who_asked` is the request's id). `session` is the id of
    its sign-in. `journal` holds the goes that the page remembered in its hello, None if that is
    unknown; `goes` those sent over this socket. `probes` maps a nonce to the time it was sent (Unix
    milliseconds) and the goes that were sent before it.
    """

    page_id: str
    key: AgentKey
    send: Callable[[str], None]
    close: Callable[[int, str], None]
    journal_taken: bool = True
    user_known: bool = True
    surface: str = ""
    route: Route = Route.PAGE
    visible: bool = True
    focused: bool = False
    active_at: int = 0
    shown: int = -1
    session: str = ""
    who_asked: str = ""
    time_zone: str = ""
    journal: frozenset[Go] | None = None
    goes: set[Go] = field(default_factory=set)
    probes: dict[str, tuple[int, frozenset[Go]]] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether the page itself saves logs and pops records."""
        return self.route.by_page

    @property
    def can_save(self) -> bool:
        """Whether a log may be offered to it now."""
        return self.writes and self.journal_taken and self.user_known

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Greater is better for saving: focused, then visible, then recently used."""
        return self.focused, self.visible, self.active_at

    def never_had(self, go: Go) -> bool:
        """Whether this page cannot have executed that go and cannot do so later.

        A page no longer reads its old sockets. A go that is neither in its journal nor was sent
        over this socket has never reached it.
        """
        return self.journal is not None and go not in self.journal and go not in self.goes

    def probed(self, nonce: str, now: int) -> None:
        """Note that a probe was sent after the present goes; `now` is Unix milliseconds."""
        self.probes[nonce] = now, frozenset(self.goes)
        if len(self.probes) > PROBES_KEPT:
            del self.probes[next(iter(self.probes))]
