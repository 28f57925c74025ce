"""The least around the core: calls by the provider's id, logs by ours, effects in a list.

What `adapter.runtime` does with a store, in memory and in order: for tests of whole conversations.
"""

from dataclasses import dataclass, field

from msgspec.structs import replace

from adapter.core.decision import Decision
from adapter.core.effects import Effect, FetchCdr, FindCdr, PlaceCall
from adapter.core.events import CdrFound, CdrUnavailable, Event, Report, TimePassed
from adapter.core.facts import Facts
from adapter.core.logs.gate import decide_log
from adapter.core.logs.model import CallLog
from adapter.core.machine import decide
from adapter.core.model import Agent
from adapter.core.policy import Policy
from tests.core.people import IDLE, POLICY


@dataclass
class World:
    """One agent and what became of everything so far."""

    agent: Agent = IDLE
    policy: Policy = POLICY
    logs: dict[str, CallLog] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    asked: list[FetchCdr | FindCdr] = field(default_factory=list)
    by_provider: dict[str, str] = field(default_factory=dict)

    def handle(self, event: Event) -> Decision:
        """Decide one event and keep everything that comes of it."""
        decision = decide(self.agent, event, self.policy)
        self.agent = decision.agent
        for log in decision.opened:
            self.opened.append(log.log_id)
            self.logs[log.log_id] = log
        for log_id, log_event in decision.log_events:
            if log_id in self.logs:
                told = decide_log(self.logs[log_id], log_event, self.policy.save)
                self.logs[log_id] = told.log
        for call in self.agent.calls:
            if call.provider_call_id:
                self.by_provider[call.provider_call_id] = call.call_id
        self.effects += decision.effects
        self.asked += [e for e in decision.effects if isinstance(e, FetchCdr | FindCdr)]
        return decision

    def report(self, event: Report) -> Decision:
        """What the provider tells, with our call id where the call is known."""
        ours = self.by_provider.get(event.provider_call_id)
        if ours is not None:
            event = replace(event, call_id=ours, known=True)
        return self.handle(event)

    def answer(self, at: int, provider_id: str, row: Facts | None) -> None:
        """Every open lookup finds the CDR, or gets no answer at all."""
        questions, self.asked = self.asked, []
        for question in questions:
            if row is None:
                self.handle(CdrUnavailable(at, question.call_id))
            else:
                self.handle(CdrFound(at, question.call_id, True, provider_id, row))

    def pass_until(self, at: int, row: Facts | None = None, provider_id: str = "p1") -> None:
        """Let deadlines come true in turn, up to `at`; the call log answers each question."""
        while (due := self.agent.next_due) is not None and due <= at:
            self.handle(TimePassed(due))
            assert all(call.stage.due > due for call in self.agent.calls), "a deadline that stays"
            self.answer(due, provider_id, row)

    @property
    def placed(self) -> list[PlaceCall]:
        """Every order to ring that was ever given."""
        return [e for e in self.effects if isinstance(e, PlaceCall)]
