"""One connected page, as the runtime sees it: what it is, and what went down its socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from adapter.core.model import AgentKey
from adapter.core.route import Route

Go: TypeAlias = tuple[str, int]
"""A go by its log's id and the attempt's number."""

PROBES_KEPT = 32
"""A page that does not answer is asked again and again; only its last answers can prove much."""


@dataclass(eq=False, slots=True)
class Page:
    """One connected page. `send` enqueues a frame's text, and never blocks.

    `surface` is the product of Salesforce's that it is in, `route` who writes the logs there.
    `journal_taken` is False until what it remembers of its saves has been heard, and `user_known`
    until Salesforce has said who runs it, where that is asked (`who_asked`: the question's id);
    `session` is the id of its sign-in; `journal` are the goes (log id, attempt) that it remembered
    when it said hello, None where that can't be told; `goes` those that went down this very socket;
    `probes` by nonce: when each one was sent (Unix milliseconds), and which goes had gone down
    before it.
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
        """Whether it saves and pops."""
        return self.route.by_page

    @property
    def can_save(self) -> bool:
        """Whether it may be given a log now."""
        return self.writes and self.journal_taken and self.user_known

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """The better page to save with is the greater one: focused, visible, recently used."""
        return self.focused, self.visible, self.active_at

    def never_had(self, go: Go) -> bool:
        """Whether this page can't have carried that go out, nor be about to.

        A page hears nothing from its old sockets any more: what was not in its journal, and did
        not come down this one, it never heard of.
        """
        return self.journal is not None and go not in self.journal and go not in self.goes

    def probed(self, nonce: str, now: int) -> None:
        """A probe is on its way, behind all the goes before it; `now` in Unix milliseconds."""
        self.probes[nonce] = now, frozenset(self.goes)
        if len(self.probes) > PROBES_KEPT:
            del self.probes[next(iter(self.probes))]
