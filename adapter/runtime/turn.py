"""One agent's turn: events in, values and effects out. Pure, so it can be repeated.

It runs `decide` for each event, passes log events to the logs, and collects the contents of the
commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from adapter.core.effects import Effect
from adapter.core.events import CallEvent, CdrFound, Connected, Event, TimePassed
from adapter.core.logs.events import LogEffect, LogEvent, LogTimePassed
from adapter.core.logs.gate import decide_log
from adapter.core.logs.model import CallLog
from adapter.core.machine import decide
from adapter.core.model import Agent
from adapter.core.policy import Policy
from adapter.core.values import Frozen


class ForLog(Frozen, frozen=True):
    """An event for one log."""

    log_id: str
    event: LogEvent


Step: TypeAlias = Event | ForLog


class Turn(Struct):
    """A turn's result and its policy; `absent` are logs known not to exist anywhere.

    `missing` are logs that must be loaded before the turn can be taken. For counters: `opened` are
    the logs of calls that ended, `saved` is the number of logs that got a record in Salesforce.
    """

    agent: Agent
    logs: dict[str, CallLog]
    policy: Policy = Policy()
    absent: frozenset[str] = frozenset()
    changed: dict[str, CallLog] = {}
    effects: list[Effect] = []
    log_effects: list[LogEffect] = []
    ignored: list[str] = []
    missing: set[str] = set()
    opened: list[CallLog] = []
    saved: int = 0

    @property
    def next_due(self) -> int | None:
        """The earliest deadline of the agent and its logs, for the sweeper (Unix ms)."""
        if not self.logs:
            return self.agent.next_due
        dues = [self.agent.next_due, *(log.next_due for log in self.logs.values())]
        return min([due for due in dues if due is not None], default=None)


def take_turn(
    agent: Agent,
    logs: Iterable[CallLog],
    steps: Sequence[Step],
    policy: Policy,
    absent: frozenset[str] = frozenset(),
) -> Turn:
    """Apply all steps in order; `absent` are ids of logs known not to exist."""
    turn = Turn(agent, {log.log_id: log for log in logs}, policy, absent)
    go_on(turn, steps)
    return turn


def go_on(turn: Turn, steps: Sequence[Step]) -> None:
    """Apply further steps to a turn, as if it had been taken with them."""
    for step in steps:
        if isinstance(step, ForLog):
            _log_step(turn, step.log_id, step.event)
            continue
        _agent_step(turn, step)
        if isinstance(step, TimePassed):
            for log in list(turn.logs.values()):
                if log.next_due is not None and log.next_due <= step.at:
                    _log_step(turn, log.log_id, LogTimePassed(step.at))


def _with_known_call(turn: Turn, event: Event) -> Event:
    """The event marked as of a known call, if an earlier step of this turn logged the call.

    Several deliveries may be replayed at once. Without a wrap-up, the first may end the agent's
    call, and the next must not open another one. But an agent who talks in a call without a log
    (it seemed to be answered elsewhere), or whose log only says that, gets the call again.
    """
    if not isinstance(event, CallEvent):
        return event
    if event.known:
        gone = event.call_id in turn.absent or _may_come_back(turn, event.call_id)
        anew = gone and _is_own_talk(event)
        known = not anew or turn.agent.call(event.call_id) is not None
        return event if known else replace(event, known=False)
    for log in turn.changed.values():
        if log.provider_call_id and log.provider_call_id == event.provider_call_id:
            return replace(event, known=True, call_id=log.log_id)
    return event


def _may_come_back(turn: Turn, log_id: str) -> bool:
    log = turn.logs.get(log_id)
    return log is not None and log.may_come_back


def _is_own_talk(event: CallEvent) -> bool:
    """Whether the event shows a talk of this agent."""
    in_cdr = isinstance(event, CdrFound) and event.facts.connected is not None
    return isinstance(event, Connected) or (in_cdr and not event.elsewhere)


def _agent_step(turn: Turn, event: Event) -> None:
    decision = decide(turn.agent, _with_known_call(turn, event), turn.policy)
    turn.agent = decision.agent
    turn.effects.extend(decision.effects)
    if decision.ignored:
        turn.ignored.append(decision.ignored)
    for opened in decision.opened:
        turn.logs[opened.log_id] = turn.changed[opened.log_id] = opened
        turn.opened.append(opened)
    for log_id, log_event in decision.log_events:
        _log_step(turn, log_id, log_event)


def _log_step(turn: Turn, log_id: str, event: LogEvent) -> None:
    log = turn.logs.get(log_id)
    if log is None:
        if log_id in turn.absent:
            turn.ignored.append("no such log")
        else:
            turn.missing.add(log_id)
        return
    decision = decide_log(log, event, turn.policy.save)
    turn.log_effects.extend(decision.effects)
    if decision.ignored:
        turn.ignored.append(decision.ignored)
    turn.saved += log.saved is None and decision.log.saved is not None
    if decision.log is not log and decision.log != log:
        turn.logs[log_id] = turn.changed[log_id] = decision.log
