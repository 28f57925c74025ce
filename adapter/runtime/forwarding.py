"""A delivery that reaches another replica than its agent's page is decided at the page's.

Law of this file: it is acknowledged only after a commit, at the other replica or here. Whatever
goes wrong on the way, it is decided here; that both have decided it is what the store takes for
the same delivery twice. What was forwarded is never forwarded again: it goes to the intake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

import msgspec

from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.fanout.links import Answered, Link
from adapter.metrics import Metrics
from adapter.runtime.agents import Agents
from adapter.runtime.intake import DeliveryOutcome, Intake
from adapter.storage.port import Done
from adapter.telephony.updates import IncomingDelivery

LINES_A_NOTE = 500

_OUTCOMES = {outcome.encode(): outcome for outcome in DeliveryOutcome}
"""By how they are answered. What only another release knows is no answer."""

_encode = msgspec.msgpack.Encoder().encode
_delivery = msgspec.msgpack.Decoder(IncomingDelivery).decode
_note = msgspec.msgpack.Decoder(tuple[bool, list[TelephonyUser]]).decode


def shape() -> str:
    """Which deliveries can be read here: replicas of two releases may differ in it."""
    schema = msgspec.json.encode(msgspec.json.schema(IncomingDelivery))
    return blake2b(schema, digest_size=8).hexdigest()


@dataclass(eq=False, repr=False)
class Forwarding:
    """Takes deliveries as the intake does, and has them decided where they are best decided.

    `is_here`: whether an agent has a page at this replica. (runtime.peers.Answers)
    """

    intake: Intake
    agents: Agents
    is_here: Callable[[AgentKey], bool]
    metrics: Metrics

    def __post_init__(self) -> None:
        self.tell: Callable[[bytes], None] = lambda _: None
        """How all other replicas are told which lines are here."""
        self._line_of: dict[AgentKey, TelephonyUser] = {}
        self._here: dict[TelephonyUser, set[AgentKey]] = {}
        self._there: dict[Link, set[TelephonyUser]] = {}

    def begin(self, heard: IncomingDelivery, done: Done[DeliveryOutcome]) -> None:
        """As Intake.begin; `done` may hear after a commit of another replica."""
        update = heard.update
        if update is not None and update.user_id is not None and not heard.states:
            link = self._link_to(TelephonyUser(heard.account, update.user_id))
            if link and link.ask(_encode(heard), partial(self._answered, heard, done)):
                return
        self.intake.begin(heard, done)

    def _link_to(self, line: TelephonyUser) -> Link | None:
        """The replica with a page of the line, where none is here."""
        if line in self._here:
            return None
        return next((link for link, lines in self._there.items() if line in lines), None)

    def _answered(
        self, heard: IncomingDelivery, done: Done[DeliveryOutcome], answer: bytes
    ) -> None:
        outcome = _OUTCOMES.get(answer)
        self.metrics.forwarded.count("answered" if outcome else "unanswered")
        if outcome is not None:
            done(outcome)
            return
        try:
            self.intake.begin(heard, done)
        except Exception as error:  # it is no fault of the link's, and its sender waits
            done(error)

    def is_only_here(self, agent: Agent) -> bool:
        """Whether other replicas have no use for the agent's value: its deliveries come here."""
        line, there = agent.line, self._there.values()
        return bool(there) and line in self._here and not any(line in lines for lines in there)

    def moved(self, key: AgentKey) -> None:
        """A page of the agent has come, or the last one has gone: others are told of its line."""
        before, known = self._line_of.get(key), self.agents.cached(key)
        line = before if known is None else known.agent.line
        if not self.is_here(key):
            line = None
        if line == before:
            return
        if before is not None:
            self._leave(key, before)
        if line is not None:
            self._line_of[key] = line
            self._here.setdefault(line, set()).add(key)
            self.tell(_encode((True, [line])))

    def _leave(self, key: AgentKey, line: TelephonyUser) -> None:
        del self._line_of[key]
        self._here[line].discard(key)
        if not self._here[line]:
            del self._here[line]
            self.tell(_encode((False, [line])))

    # --- what other replicas say and ask ---------------------------------------------------------

    def asked(self, body: bytes, answer: Answered) -> None:
        """Decide this delivery; nothing is answered where it could not be stored."""

        def done(outcome: DeliveryOutcome | Exception) -> None:
            answer(b"" if isinstance(outcome, Exception) else outcome.encode())

        self.metrics.forwarded.count("taken")
        self.intake.begin(_delivery(body), done)

    def notes(self) -> Iterator[bytes]:
        """All lines that are here."""
        lines = list(self._here)
        for first in range(0, len(lines), LINES_A_NOTE):
            yield _encode((True, lines[first : first + LINES_A_NOTE]))

    def linked(self, link: Link) -> None:
        """Another replica, which will say which lines it has."""
        self._there[link] = set()
        self.metrics.linked_replicas.set(len(self._there))

    def noted(self, link: Link, body: bytes) -> None:
        """These lines have come to it, or gone from it."""
        has_come, lines = _note(body)
        known = self._there.get(link, set())
        if has_come:
            known.update(lines)
        else:
            known.difference_update(lines)

    def unlinked(self, link: Link) -> None:
        """Its lines are nowhere now."""
        self._there.pop(link, None)
        self.metrics.linked_replicas.set(len(self._there))
