"""The go gate: one record per call, whatever pages, browsers and Salesforce do.

    Pending → Attempting → Settled            a page had the go and told the record's id
                         → Pending | Tray     Salesforce refused: later again, or the agent mends
                         → Unknown → Verifying → Settled | Pending | Tray

Law of this file: **never a second create while the outcome of one is unknown.** An update by id
may be repeated, so for one everything that is not "ok" leads back to Pending, and so may each save
by key (the keyed route). A report is always believed, however late; a second record id is a double,
and said.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from adapter.core.logcontent import (
    ContentEvent,
    adopted,
    begun,
    changed,
    closed,
    in_doubt,
    known,
    mends,
)
from adapter.core.logdecision import LogDecision, ignored
from adapter.core.logevents import (
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
from adapter.core.logmodel import (
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
from adapter.core.logpending import open_again, open_later, pending, reconciled
from adapter.core.policy import SavePolicy
from adapter.core.rerouting import may_save
from adapter.core.route import Route
from adapter.core.writing import decide_writing


def decide_log(  # noqa: PLR0911 - one branch for each event, that is the table
    log: CallLog, event: LogEvent, policy: SavePolicy
) -> LogDecision:
    """What an event does to a log. Total: no event raises, whatever the state."""
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
    """The state of a new log: to be offered at once, or when its agent has done writing."""
    return pending(at, max(at, held_until) if policy.after_wrapup else at, policy)


def may_be_offered(log: CallLog, at: int) -> bool:
    """Whether a page may have this log now."""
    return log.route.by_page and isinstance(log.state, Pending) and log.state.not_before <= at


def _accepted(log: CallLog, event: LogAccepted, policy: SavePolicy) -> LogDecision:
    if not may_be_offered(log, event.at):
        return ignored(log, "taken")
    if not may_save(log, event.route, event.at, policy):
        return ignored(log, "of another route")
    going, attempt = begun(log, event.at, policy, event.page_id, event.nonce)
    given = replace(going, route=event.route, state=Attempting(event.at + policy.report_ms))
    return LogDecision(given, (GrantSave(log.log_id, attempt),))


def _attempt_of(log: CallLog, event: LogSaved | LogRefused | LogExpired) -> Attempt | None:
    known = (a for a in log.attempts if a.number == event.attempt and a.nonce == event.nonce)
    return next(known, None)


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
        # A success without an id tells us nothing to update by: as if nobody had reported.
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
    """A record for this call exists: the first one is the log's, another one is a double."""
    if log.saved is not None and log.saved.record_id != record_id:
        return _doubled(log, record_id, at, policy, effects)
    is_latest = attempt == log.attempt
    if log.saved is not None and not is_latest:
        return LogDecision(log, effects, "repeated")
    if log.saved is not None and not _is_open(log, attempt):
        return LogDecision(log, effects, "repeated")
    said = Saved(record_id, attempt.fields)
    # What an older go of the keyed route said, a later one in doubt may have said otherwise.
    there = known(log, said) if is_latest else replace(log, saved=said, refusals=0)
    if isinstance(log.state, Attempting | Unknown | Verifying) and not is_latest:
        return LogDecision(there, effects)
    return open_again(there, at, policy, effects)


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
        # A go by key may be carried out twice: what was refused now may be taken a while later.
        log = in_doubt(log, policy)
    if not log.unlinked and any(error.link for error in event.errors):
        # Once: where the link was no guess, the same refusal comes again, and is the agent's.
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
            # The go may have been sent behind what the page told: its journal proves nothing.
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
    """Nobody knows what became of the go: an update is repeated, but not yet; a create never.

    By key, both are: Salesforce keeps the one of the highest number.

    An update that Salesforce commits late would undo a newer one: the next one waits until it
    can't be committed any more.
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
        decision = open_again(adopted(log, event.record_ids[0]), event.at, policy)
    for record_id in event.record_ids:
        # Its own id is no double; what it says was proved by nobody, so nothing else moves.
        if decision.log.saved and decision.log.saved.record_id != record_id:
            decision = _doubled(decision.log, record_id, event.at, policy, decision.effects)
    return decision


def _content_changed(log: CallLog, event: ContentEvent, policy: SavePolicy) -> LogDecision:
    wanting = changed(log, event)
    if mends(log, event):
        return open_again(replace(wanting, refusals=0), event.at, policy)
    return reconciled(wanting, event.at, policy)


def _tray_decided(log: CallLog, event: TrayDecided, policy: SavePolicy) -> LogDecision:
    if not isinstance(log.state, Tray):
        return ignored(log, "not in the tray")
    match event.action:
        case "save_again":
            return open_again(replace(log, refusals=0), event.at, policy)
        case "already_there" if event.record_id and log.saved is None and log.attempt:
            return open_again(adopted(log, event.record_id), event.at, policy)
        case _:
            return closed(log, event)


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
            return _ask(log, Verifying(since, at, 0, proved), at, policy)
        case Verifying():
            return _ask(log, log.state, at, policy)
        case _:
            return LogDecision(log.at_state(pending(at, at, policy)))


def _ask(log: CallLog, state: Verifying, at: int, policy: SavePolicy) -> LogDecision:
    """Ask Salesforce once more; after the last answer, decide.

    "Nothing there" counts only if it was the answer to the last question, and only if the page of
    the attempt can no longer fire; else the agent decides.
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
