"""One agent's turn: events in, values and effects out. Pure, so that it may be taken again.

Between the machine and the store: runs `decide` for each event, hands log events to the logs,
and collects what a commit must carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from adapter.core.calllog import decide_log
from adapter.core.effects import Effect
from adapter.core.events import CallEvent, CdrFound, Connected, Event, TimePassed
from adapter.core.logevents import LogEffect, LogEvent, LogTimePassed
from adapter.core.logmodel import CallLog
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
    """What came of it, by which policy; `absent` are logs known not to exist anywhere.

    `missing` are logs that must be loaded before it can be taken.

    For who counts: `opened` are the logs of calls that ended, as they were then; `saved` is how
    many logs have their record in Salesforce now that had none.
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
        """When the sweeper must look again: the agent's deadline or the earliest of its logs."""
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
    """All steps, one after the other; `absent` are logs known not to exist anywhere."""
    turn = Turn(agent, {log.log_id: log for log in logs}, policy, absent)
    go_on(turn, steps)
    return turn


def go_on(turn: Turn, steps: Sequence[Step]) -> None:
    """Further steps of a turn: it is afterwards as if it had been taken with these as well."""
    for step in steps:
        if isinstance(step, ForLog):
            _log_step(turn, step.log_id, step.event)
            continue
        _agent_step(turn, step)
        if isinstance(step, TimePassed):
            for log in list(turn.logs.values()):
                if log.next_due is not None and log.next_due <= step.at:
                    _log_step(turn, log.log_id, LogTimePassed(step.at))


def _routed(turn: Turn, event: Event) -> Event:
    """The event as one of a known call, if an earlier step of this turn has logged that call.

    Several deliveries may be replayed at once; without a wrap-up the first of them may be the
    last that the agent has of the call, and the next must not open another one. But who talks in
    a call that left no log behind (it was thought to be taken elsewhere), or one that says no more
    than that it went elsewhere, has it anew.
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
    """Whether it tells of a talk of this very agent."""
    in_cdr = isinstance(event, CdrFound) and event.facts.connected is not None
    return isinstance(event, Connected) or (in_cdr and not event.elsewhere)


def _agent_step(turn: Turn, event: Event) -> None:
    decision = decide(turn.agent, _routed(turn, event), turn.policy)
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
