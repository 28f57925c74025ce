"""Forwards a delivery to the replica that has the agent's page, to be decided there.

Law of this file: a delivery is acknowledged only after a commit, there or here. If forwarding
fails, it is decided here; if both replicas decide it, the store detects the duplicate. A forwarded
delivery is never forwarded again.
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
"""Outcomes by answer; an unknown answer of another release counts as none."""

_encode = msgspec.msgpack.Encoder().encode
_delivery = msgspec.msgpack.Decoder(IncomingDelivery).decode
_note = msgspec.msgpack.Decoder(tuple[bool, list[TelephonyUser]]).decode


def shape() -> str:
    """A hash of the delivery format, which may differ between releases."""
    schema = msgspec.json.encode(msgspec.json.schema(IncomingDelivery))
    return blake2b(schema, digest_size=8).hexdigest()


@dataclass(eq=False, repr=False)
class Forwarding:
    """Takes deliveries like the intake, and has them decided at the best replica.

    `is_here`: whether an agent has a page at this replica.
    """

    intake: Intake
    agents: Agents
    is_here: Callable[[AgentKey], bool]
    metrics: Metrics

    def __post_init__(self) -> None:
        self.tell: Callable[[bytes], None] = lambda _: None
        """Set how to tell all other replicas which lines are here."""
        self._line_of: dict[AgentKey, TelephonyUser] = {}
        self._here: dict[TelephonyUser, set[AgentKey]] = {}
        self._there: dict[Link, set[TelephonyUser]] = {}

    def begin(self, delivery: IncomingDelivery, done: Done[DeliveryOutcome]) -> None:
        """Like Intake.begin; `done` may be called after a commit of another replica."""
        update = delivery.update
        if update is not None and update.user_id is not None and not delivery.states:
            link = self._link_to(TelephonyUser(delivery.account, update.user_id))
            if link and link.ask(_encode(delivery), partial(self._on_answer, delivery, done)):
                return
        self.intake.begin(delivery, done)

    def _link_to(self, line: TelephonyUser) -> Link | None:
        """The link to the replica with a page of the line; None if a page is here."""
        if line in self._here:
            return None
        return next((link for link, lines in self._there.items() if line in lines), None)

    def _on_answer(
        self, delivery: IncomingDelivery, done: Done[DeliveryOutcome], answer: bytes
    ) -> None:
        outcome = _OUTCOMES.get(answer)
        self.metrics.forwarded.count("answered" if outcome else "unanswered")
        if outcome is not None:
            done(outcome)
            return
        try:
            self.intake.begin(delivery, done)
        except Exception as error:  # not an error of the link; the sender still waits
            done(error)

    def is_only_here(self, agent: Agent) -> bool:
        """Whether other replicas need no value of the agent, because its deliveries come here."""
        line, there = agent.line, self._there.values()
        return bool(there) and line in self._here and not any(line in lines for lines in there)

    def moved(self, key: AgentKey) -> None:
        """A page connected or the last one is gone: tell the other replicas about the line."""
        before, known = self._line_of.get(key), self.agents.cached(key)
        line = before if known is None else known.agent.line
        if not self.is_here(key):
            line = None
        if line == before:
            return
        if before is not None:
            self._remove_line(key, before)
        if line is not None:
            self._line_of[key] = line
            self._here.setdefault(line, set()).add(key)
            self.tell(_encode((True, [line])))

    def _remove_line(self, key: AgentKey, line: TelephonyUser) -> None:
        del self._line_of[key]
        self._here[line].discard(key)
        if not self._here[line]:
            del self._here[line]
            self.tell(_encode((False, [line])))

    # --- messages from other replicas ------------------------------------------------------------

    def asked(self, body: bytes, answer: Answered) -> None:
        """Decide this delivery; answer with `b""` if it could not be stored."""

        def done(outcome: DeliveryOutcome | Exception) -> None:
            answer(b"" if isinstance(outcome, Exception) else outcome.encode())

        self.metrics.forwarded.count("taken")
        self.intake.begin(_delivery(body), done)

    def notes(self) -> Iterator[bytes]:
        """Messages with all lines that are here."""
        lines = list(self._here)
        for first in range(0, len(lines), LINES_A_NOTE):
            yield _encode((True, lines[first : first + LINES_A_NOTE]))

    def linked(self, link: Link) -> None:
        """A replica was linked; it will report its lines."""
        self._there[link] = set()
        self.metrics.linked_replicas.set(len(self._there))

    def noted(self, link: Link, body: bytes) -> None:
        """A replica reports that it has or no longer has these lines."""
        has_come, lines = _note(body)
        known = self._there.get(link, set())
        if has_come:
            known.update(lines)
        else:
            known.difference_update(lines)

    def unlinked(self, link: Link) -> None:
        """A replica is gone: forget its lines."""
        self._there.pop(link, None)
        self.metrics.linked_replicas.set(len(self._there))
