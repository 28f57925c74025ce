"""When a log is saved next: now, later, or not at all. For the routes on which a page saves."""

from __future__ import annotations

from adapter.core.logs.decision import LogDecision
from adapter.core.logs.events import LogEffect
from adapter.core.logs.model import CallLog, Pending, Settled
from adapter.core.policy import SavePolicy

WAITS = 20
"""How often a wait may double; the longest wait is reached far sooner."""


def pending(at: int, not_before: int, policy: SavePolicy) -> Pending:
    """To be offered from `not_before` on; `due` only triggers the next offer."""
    due = not_before if not_before > at else at + policy.wake_ms
    return Pending(not_before, due)


def reconciled(
    log: CallLog, at: int, policy: SavePolicy, effects: tuple[LogEffect, ...] = ()
) -> LogDecision:
    """After `wanted`, `saved` or the hold has changed: is there something to save, and when?

    A log that is being saved, is unknown, in the tray or closed keeps its state; the difference is
    handled when it leaves that state.
    """
    if not isinstance(log.state, Pending | Settled):
        return LogDecision(log, effects)
    if log.is_said:
        return LogDecision(log.at_state(Settled(at)), effects)
    held = log.held_until if log.saved is not None or policy.after_wrapup else 0
    backoff = log.state.not_before if isinstance(log.state, Pending) and log.refusals else 0
    return LogDecision(log.at_state(pending(at, max(at, held, backoff), policy)), effects)


def open_again(
    log: CallLog, at: int, policy: SavePolicy, effects: tuple[LogEffect, ...] = ()
) -> LogDecision:
    """To be saved at once, if the record should say something else."""
    return reconciled(log.at_state(pending(at, at, policy)), at, policy, effects)


def open_later(log: CallLog, at: int, policy: SavePolicy) -> LogDecision:
    """To be saved again, with a wait that grows with each attempt, until it succeeds."""
    tried = log.attempt.number if log.attempt else 1
    grown = policy.write_again_ms * 2 ** min(tried - 1, WAITS)
    not_before = at + min(grown, policy.write_again_longest_ms)
    return LogDecision(log.at_state(pending(at, not_before, policy)))
