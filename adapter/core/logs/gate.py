"""The go gate: one record per call, whatever pages, browsers and Salesforce do.

    Pending → Attempting → Settled            a page had the go and reported the record's ID
                         → Pending | Tray     Salesforce refused: retry, or the agent corrects it
                         → Unknown → Verifying → Settled | Pending | Tray

Law of this file: **never a second create while the outcome of one is unknown.** An update by ID may
be repeated, so every outcome of an update but success leads back to Pending; so may a save by key
(the keyed route). A report is always believed, however late. A second record ID is a duplicate, and
raises an alarm.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from adapter.core.logs.content import (
    ContentEvent,
    closed_by_hand,
    corrects_refusal,
    in_doubt,
    with_attempt,
    with_content,
    with_found_record,
    with_saved,
)
from adapter.core.logs.decision import LogDecision, ignored
from adapter.core.logs.events import (
    AlarmDoubled,
    DraftChanged,
    FactsLearned,
    GrantSave,
    LogAccepted,
    LogEffect,
    LogEvent,
    LogExpired,
    LogRefused,
    LogSaved,
    LogTimePassed,
    PageLost,
    PageProved,
    ProbePage,
    ReadBack,
    RecordPicked,
    RecordRefused,
    RecordsFound,
    RecordUnknown,
    RecordWritten,
    SendSettled,
    TrayDecided,
    WritingEnded,
)
from adapter.core.logs.model import (
    Attempt,
    Attempting,
    CallLog,
    Pending,
    Saved,
    Tray,
    TrayReason,
    Unknown,
    Verifying,
)
from adapter.core.logs.pending import open_again, open_later, pending, reconciled
from adapter.core.logs.rerouting import may_save
from adapter.core.logs.writing import decide_writing
from adapter.core.policy import SavePolicy
from adapter.core.route import Route


def decide_log(  # noqa: PLR0911 - one branch for each event, that is the table
    log: CallLog, event: LogEvent, policy: SavePolicy
) -> LogDecision:
    """What an event does to a log. Total: no event raises in any state."""
    if log.route is Route.BACKEND:
        return decide_writing(log, event, policy)
    match event:
        case LogAccepted():
            return _accepted(log, event, policy)
        case LogSaved():
            return _saved(log, event, policy)
        case LogRefused():
            return _refused(log, event, policy)
        case LogExpired():
            return _expired(log, event, policy)
        case PageLost() | PageProved():
            return _about_page(log, event, policy)
        case RecordsFound():
            return _records_found(log, event, policy)
        case FactsLearned() | RecordPicked() | DraftChanged() | WritingEnded():
            return _content_changed(log, event, policy)
        case TrayDecided():
            return _tray_decided(log, event, policy)
        case LogTimePassed():
            return _time_passed(log, event.at, policy)
        case RecordWritten() | RecordRefused() | RecordUnknown():
            return ignored(log, "a page writes it")
        case _ as never:
            assert_never(never)


def newly_opened(at: int, held_until: int, policy: SavePolicy) -> Pending:
    """The state of a new log: to be offered at once, or after the agent's wrap-up."""
    return pending(at, max(at, held_until) if policy.after_wrapup else at, policy)


def may_be_offered(log: CallLog, at: int) -> bool:
    """Whether this log may be offered to a page now."""
    return log.route.by_page and isinstance(log.state, Pending) and log.state.not_before <= at


def _accepted(log: CallLog, event: LogAccepted, policy: SavePolicy) -> LogDecision:
    if not may_be_offered(log, event.at):
        return ignored(log, "taken")
    if not may_save(log, event.route, event.at, policy):
        return ignored(log, "of another route")
    begun, attempt = with_attempt(log, event.at, policy, event.page_id, event.nonce)
    granted = replace(begun, route=event.route, state=Attempting(event.at + policy.report_ms))
    return LogDecision(granted, (GrantSave(log.log_id, attempt),))


def _attempt_of(log: CallLog, event: LogSaved | LogRefused | LogExpired) -> Attempt | None:
    same = (a for a in log.attempts if a.number == event.attempt and a.nonce == event.nonce)
    return next(same, None)


def _is_open(log: CallLog, attempt: Attempt) -> bool:
    """Whether this attempt's outcome is what the log is waiting for."""
    return attempt == log.attempt and isinstance(log.state, Attempting | Unknown | Verifying)


def _saved(log: CallLog, event: LogSaved, policy: SavePolicy) -> LogDecision:
    attempt = _attempt_of(log, event)
    if attempt is None:
        return ignored(log, "no such attempt")
    settled = SendSettled(log.log_id, event.page_id, event.attempt)
    record_id = attempt.record_id or event.record_id
    if not record_id:
        # A success without an ID leaves nothing to update: as if it had not been reported.
        waiting = isinstance(log.state, Attempting) and _is_open(log, attempt)
        return _outcome_unknown(log, event.at, policy) if waiting else ignored(log, "no id")
    return _record_known(log, record_id, attempt, event.at, policy, (settled,))


def _record_known(  # noqa: PLR0917
    log: CallLog,
    record_id: str,
    attempt: Attempt,
    at: int,
    policy: SavePolicy,
    effects: tuple[LogEffect, ...],
) -> LogDecision:
    """A record of this call exists: the first one is the log's; any other is a duplicate."""
    if log.saved is not None and log.saved.record_id != record_id:
        return _doubled(log, record_id, at, policy, effects)
    is_latest = attempt == log.attempt
    if log.saved is not None and not is_latest:
        return LogDecision(log, effects, "repeated")
    if log.saved is not None and not _is_open(log, attempt):
        return LogDecision(log, effects, "repeated")
    saved = Saved(record_id, attempt.fields)
    # On the keyed route a later attempt in doubt may have overwritten an older one's fields.
    known = with_saved(log, saved) if is_latest else replace(log, saved=saved, refusals=0)
    if isinstance(log.state, Attempting | Unknown | Verifying) and not is_latest:
        return LogDecision(known, effects)
    return open_again(known, at, policy, effects)


def _doubled(
    log: CallLog, record_id: str, at: int, policy: SavePolicy, effects: tuple[LogEffect, ...]
) -> LogDecision:
    if record_id in log.doubles or log.saved is None:
        return LogDecision(log, effects, "repeated")
    doubled = replace(log, doubles=(*log.doubles, record_id))
    alarm = AlarmDoubled(log.log_id, (log.saved.record_id, *doubled.doubles))
    return LogDecision(doubled.at_state(Tray(TrayReason.DOUBLED, at)), (*effects, alarm))


def _refused(log: CallLog, event: LogRefused, policy: SavePolicy) -> LogDecision:
    attempt = _attempt_of(log, event)
    if attempt is None:
        return ignored(log, "no such attempt")
    settled = SendSettled(log.log_id, event.page_id, event.attempt)
    if not _is_open(log, attempt):
        return LogDecision(log, (settled,), "late")
    if log.route is Route.KEYED:
        # A save by key may be carried out twice: refused now, it may still succeed later.
        log = in_doubt(log, policy)
    if not log.unlinked and any(error.link for error in event.errors):
        # Only once: if the link was not the reason, Salesforce refuses again and the agent decides.
        return open_again(replace(log, unlinked=True), event.at, policy, (settled,))
    transient = bool(event.errors) and all(error.transient for error in event.errors)
    refused = replace(log, refusals=log.refusals + 1)
    if not transient or refused.refusals > len(policy.refused_after):
        is_locked = log.saved is not None and any(error.locked for error in event.errors)
        reason = TrayReason.LOCKED if is_locked else TrayReason.REFUSED
        tray = Tray(reason, event.at, event.errors)
        return LogDecision(refused.at_state(tray), (settled,))
    wait = policy.refused_after[refused.refusals - 1]
    return LogDecision(refused.at_state(pending(event.at, event.at + wait, policy)), (settled,))


def _expired(log: CallLog, event: LogExpired, policy: SavePolicy) -> LogDecision:
    attempt = _attempt_of(log, event)
    if attempt is None or not _is_open(log, attempt):
        return ignored(log, "late")
    return open_again(log, event.at, policy)


def _about_page(log: CallLog, event: PageLost | PageProved, policy: SavePolicy) -> LogDecision:
    attempt = log.attempt
    if attempt is None or attempt.page_id != event.page_id:
        return ignored(log, "another page")
    if isinstance(event, PageProved) and event.attempt != attempt.number:
        return ignored(log, "another go")
    match event, log.state:
        case PageProved(never_sent=True), Unknown() | Verifying():
            return open_again(log, event.at, policy)
        case PageProved(), Unknown() | Verifying():
            return LogDecision(log.at_state(replace(log.state, proved=True)))
        case PageProved(), Attempting() if event.at - attempt.at < policy.fresh_ms:
            # The page may have sent this before it received the go: its journal proves nothing.
            return ignored(log, "too early")
        case PageProved(never_sent=True), Attempting():
            return open_again(log, event.at, policy)
        case ((PageLost() | PageProved()), Attempting()):
            return _outcome_unknown(log, event.at, policy, isinstance(event, PageProved))
        case _:
            return ignored(log, "nothing open")


def _outcome_unknown(
    log: CallLog, at: int, policy: SavePolicy, proved: bool = False
) -> LogDecision:
    """The outcome of the go is unknown: an update is repeated later, a create never.

    On the keyed route both are repeated, because Salesforce keeps the one with the highest number.

    An update that Salesforce commits late would undo a newer one. The next update therefore waits
    until the old one can no longer be committed.
    """
    attempt = log.attempt
    if log.route is Route.KEYED:
        return open_later(in_doubt(log, policy), at, policy)
    if attempt is None or (log.saved is not None and not attempt.record_id):
        return open_again(log, at, policy)
    if attempt.record_id:
        due = max(at + 1, attempt.at + policy.read_back_at[-1])
        return LogDecision(log.at_state(Unknown(at, due, proved)))
    probe = () if proved else (ProbePage(attempt.page_id),)
    return LogDecision(log.at_state(Unknown(at, at + policy.journal_ms, proved)), probe)


def _records_found(log: CallLog, event: RecordsFound, policy: SavePolicy) -> LogDecision:
    attempt = log.attempt
    if not event.record_ids:
        if isinstance(log.state, Verifying):
            return LogDecision(log.at_state(replace(log.state, answered=True)))
        return ignored(log, "late")
    if attempt is None:
        return ignored(log, "no attempt")
    decision = LogDecision(log)
    if log.saved is None:
        decision = open_again(with_found_record(log, event.record_ids[0]), event.at, policy)
    for record_id in event.record_ids:
        # The log's own record is not a duplicate. Its content is unproved, so nothing else changes.
        if decision.log.saved and decision.log.saved.record_id != record_id:
            decision = _doubled(decision.log, record_id, event.at, policy, decision.effects)
    return decision


def _content_changed(log: CallLog, event: ContentEvent, policy: SavePolicy) -> LogDecision:
    changed = with_content(log, event)
    if corrects_refusal(log, event):
        return open_again(replace(changed, refusals=0), event.at, policy)
    return reconciled(changed, event.at, policy)


def _tray_decided(log: CallLog, event: TrayDecided, policy: SavePolicy) -> LogDecision:
    if not isinstance(log.state, Tray):
        return ignored(log, "not in the tray")
    match event.action:
        case "save_again":
            return open_again(replace(log, refusals=0), event.at, policy)
        case "already_there" if event.record_id and log.saved is None and log.attempt:
            return open_again(with_found_record(log, event.record_id), event.at, policy)
        case _:
            return closed_by_hand(log, event)


def _time_passed(log: CallLog, at: int, policy: SavePolicy) -> LogDecision:
    due = log.next_due
    if due is None or due > at:
        return ignored(log, "not due")
    match log.state:
        case Attempting():
            return _outcome_unknown(log, at, policy)
        case Unknown() if log.attempt and log.attempt.record_id:
            return open_again(in_doubt(log, policy), at, policy)
        case Unknown(since, _, proved):
            if not policy.read_back:
                return LogDecision(log.at_state(Tray(TrayReason.NOT_CONFIRMED, at)))
            return _read_back(log, Verifying(since, at, 0, proved), at, policy)
        case Verifying():
            return _read_back(log, log.state, at, policy)
        case _:
            return LogDecision(log.at_state(pending(at, at, policy)))


def _read_back(log: CallLog, state: Verifying, at: int, policy: SavePolicy) -> LogDecision:
    """Query Salesforce once more; after the last query, decide.

    "Not found" counts only as the answer to the last query, and only if the attempt's page can no
    longer save; otherwise the agent decides.
    """
    schedule = policy.read_back_at
    if state.asked >= len(schedule):
        if state.answered and state.proved:
            return open_again(log, at, policy)
        return LogDecision(log.at_state(Tray(TrayReason.NOT_CONFIRMED, at)))
    asked = state.asked + 1
    later = schedule[asked] if asked < len(schedule) else schedule[-1] + policy.journal_ms
    due = max(at + 1, state.since + later)
    asking = replace(state, asked=asked, answered=False, due=due)
    probe = (ProbePage(log.attempt.page_id),) if log.attempt and not state.proved else ()
    return LogDecision(log.at_state(asking), (ReadBack(log.log_id, log.agent), *probe))
