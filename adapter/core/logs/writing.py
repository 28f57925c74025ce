"""The backend's route of a call log: the backend completes the record, by a key of its own.

    Pending ─► Writing ─► Settled            the record says what it should
       ▲          ├─────► Pending            refused temporarily, or outcome unknown: retried later
       │          └─────► Tray               refused permanently, or for a whole day
       └── Settled, Tray                     it should say something else; the agent decided

Law of this file: **a completion may be repeated**, because it names the record by the call's own ID
and writes the same fields again. So doubt only costs time: there is no gate and no duplicate. It is
held back while the agent is still writing, because Salesforce prefers one completion per call.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.logs.content import (
    ContentEvent,
    closed_by_hand,
    corrects_refusal,
    in_doubt,
    with_attempt,
    with_content,
    with_saved,
)
from adapter.core.logs.decision import LogDecision, ignored
from adapter.core.logs.events import (
    DraftChanged,
    FactsLearned,
    LogEvent,
    LogTimePassed,
    RecordPicked,
    RecordRefused,
    RecordUnknown,
    RecordWritten,
    TrayDecided,
    WriteRecord,
    WritingEnded,
)
from adapter.core.logs.model import (
    CallLog,
    Closed,
    Pending,
    Saved,
    SaveError,
    Settled,
    Tray,
    TrayReason,
    Writing,
)
from adapter.core.policy import SavePolicy


def decide_writing(log: CallLog, event: LogEvent, policy: SavePolicy) -> LogDecision:
    """What an event does to a log that the backend writes. Total, like `gate.decide_log`."""
    match event:
        case RecordWritten():
            return _written(log, event, policy)
        case RecordRefused():
            return _refused(log, event, policy)
        case RecordUnknown():
            return _unknown(log, event, policy)
        case FactsLearned() | RecordPicked() | DraftChanged() | WritingEnded():
            return _content_changed(log, event, policy)
        case TrayDecided():
            return _tray_decided(log, event, policy)
        case LogTimePassed():
            return _time_passed(log, event.at, policy)
        case _:
            return ignored(log, "no page writes it")


def newly_opened(at: int, held_until: int) -> Pending:
    """The state of a new log: to be written once its agent has finished."""
    due = max(at, held_until)
    return Pending(due, due)


def _reconciled(log: CallLog, at: int, policy: SavePolicy) -> LogDecision:
    """After the content or the hold has changed: is there something to write, and when?

    While the log is being written or is in the tray, the difference is handled afterwards.
    """
    if not isinstance(log.state, Pending | Settled):
        return LogDecision(log)
    if log.is_said:
        doubt = _doubt_ends(log, policy)
        return _pending(log, at, doubt, policy) if doubt else LogDecision(log.at_state(Settled(at)))
    backoff = log.state.not_before if isinstance(log.state, Pending) and log.refusals else 0
    return _pending(log, at, max(log.held_until, log.not_before, backoff), policy)


def _doubt_ends(log: CallLog, policy: SavePolicy) -> int:
    """When no unanswered request can overwrite the record any more; 0 if none can now.

    A request without an answer may still be carried out, even after a later one.
    """
    others = (old for old in log.attempts[:-1] if not old.answered and old.fields != log.wanted)
    ends = max((other.at + policy.write_ms for other in others), default=0)
    return ends if log.attempt is not None and log.attempt.at < ends else 0


def _answered(log: CallLog) -> CallLog:
    """The log, now that its last attempt's outcome is known."""
    *before, last = log.attempts
    return replace(log, attempts=(*before, replace(last, answered=True)))


def _pending(log: CallLog, at: int, not_before: int, policy: SavePolicy) -> LogDecision:
    if not_before > at:
        return LogDecision(log.at_state(Pending(not_before, not_before)))
    begun, attempt = with_attempt(log, at, policy)
    writing = begun.at_state(Writing(at + policy.write_ms))
    return LogDecision(writing, (WriteRecord(log.log_id, attempt),))


def _is_latest(log: CallLog, event: RecordWritten | RecordRefused | RecordUnknown) -> bool:
    return log.attempt is not None and log.attempt.number == event.attempt


def _written(log: CallLog, event: RecordWritten, policy: SavePolicy) -> LogDecision:
    """Believed even after its deadline; the report of an older attempt is outdated."""
    if log.attempt is None or not _is_latest(log, event) or isinstance(log.state, Settled | Closed):
        return ignored(log, "late")
    record_id = event.record_id or log.attempt.record_id or log.log_id
    saved = Saved(record_id, log.attempt.fields)
    settled = with_saved(_answered(log), saved).at_state(Settled(event.at))
    return _reconciled(settled, event.at, policy)


def _refused(log: CallLog, event: RecordRefused, policy: SavePolicy) -> LogDecision:
    if not _is_latest(log, event) or not isinstance(log.state, Writing):
        return ignored(log, "late")
    log = _answered(log)
    if event.permanent:
        refused = replace(log, refusals=log.refusals + 1)
        return LogDecision(refused.at_state(Tray(TrayReason.REFUSED, event.at, event.errors)))
    return _later(log, event.at, event.wait_ms, event.errors, policy)


def _unknown(log: CallLog, event: RecordUnknown, policy: SavePolicy) -> LogDecision:
    if not _is_latest(log, event) or not isinstance(log.state, Writing):
        return ignored(log, "late")
    return _later(in_doubt(log, policy), event.at, 0, (), policy)


def _later(
    log: CallLog, at: int, wait_ms: int, errors: tuple[SaveError, ...], policy: SavePolicy
) -> LogDecision:
    """Retried with growing waits for about a day; then the agent must look."""
    tried = replace(log, refusals=log.refusals + 1)
    if tried.refusals > policy.writes:
        reason = TrayReason.REFUSED if errors else TrayReason.NOT_CONFIRMED
        return LogDecision(tried.at_state(Tray(reason, at, errors)))
    grown = min(policy.write_again_ms * 2**log.refusals, policy.write_again_longest_ms)
    not_before = at + max(grown, wait_ms)
    return LogDecision(tried.at_state(Pending(not_before, not_before)))


def _content_changed(log: CallLog, event: ContentEvent, policy: SavePolicy) -> LogDecision:
    changed = with_content(log, event)
    if corrects_refusal(log, event):
        return _write_again(changed, event.at, policy)
    return _reconciled(changed, event.at, policy)


def _write_again(log: CallLog, at: int, policy: SavePolicy) -> LogDecision:
    return _pending(replace(log, refusals=0), at, at, policy)


def _tray_decided(log: CallLog, event: TrayDecided, policy: SavePolicy) -> LogDecision:
    if not isinstance(log.state, Tray):
        return ignored(log, "not in the tray")
    if event.action == "save_again":
        return _write_again(log, event.at, policy)
    return closed_by_hand(log, event)


def _time_passed(log: CallLog, at: int, policy: SavePolicy) -> LogDecision:
    due = log.next_due
    if due is None or due > at:
        return ignored(log, "not due")
    if isinstance(log.state, Writing):
        # The process that wrote it is gone, or its report was lost: the outcome is unknown.
        return _later(in_doubt(log, policy), at, 0, (), policy)
    return _pending(log, at, at, policy)
