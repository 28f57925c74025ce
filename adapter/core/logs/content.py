"""What a log's record should say, and what it may say: the same on both routes.

Law of this file: fields whose save has no known outcome are remembered until a later save is known,
because the record may contain them (`CallLog.unsure`).
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

from msgspec.structs import replace

from adapter.core.logs.decision import LogDecision, ignored
from adapter.core.logs.events import (
    DraftChanged,
    FactsLearned,
    RecordPicked,
    TrayDecided,
    WritingEnded,
)
from adapter.core.logs.model import (
    Attempt,
    CallLog,
    Closed,
    ClosedBy,
    Saved,
    Tray,
    TrayReason,
)
from adapter.core.policy import SavePolicy

ContentEvent: TypeAlias = FactsLearned | RecordPicked | DraftChanged | WritingEnded


def with_content(log: CallLog, event: ContentEvent) -> CallLog:
    """The log with this new content; its state is decided elsewhere."""
    match event:
        case FactsLearned():
            # A call that moved on was another user's talk, unless this agent is named.
            theirs = event.unnamed and log.passed_on
            facts = replace(event.facts, connected=None) if theirs else event.facts
            return replace(log, facts=log.facts.join(facts))
        case RecordPicked():
            return replace(log, record=event.record, draft=log.draft.unlinked())
        case DraftChanged():
            held = 0 if event.done else max(log.held_until, event.held_until)
            return replace(log, draft=log.draft.merged(event.draft), held_until=held)
        case WritingEnded():
            return replace(log, held_until=0)
        case _ as never:
            assert_never(never)


def corrects_refusal(log: CallLog, event: ContentEvent) -> bool:
    """Whether the agent has finished correcting what Salesforce refused."""
    if not isinstance(event, DraftChanged) or not event.done or not isinstance(log.state, Tray):
        return False
    return log.state.reason is TrayReason.REFUSED and log.draft.merged(event.draft) != log.draft


def with_attempt(
    log: CallLog, at: int, policy: SavePolicy, page_id: str = "", nonce: str = ""
) -> tuple[CallLog, Attempt]:
    """The log with one more attempt to save what is wanted now, and that attempt."""
    number = log.attempt.number + 1 if log.attempt else 1
    record_id = log.saved.record_id if log.saved else ""
    attempt = Attempt(number, page_id, nonce, at, log.wanted, record_id)
    return replace(log, attempts=(*log.attempts, attempt)[-policy.attempts_kept :]), attempt


def with_saved(log: CallLog, saved: Saved) -> CallLog:
    """The log whose record certainly says this."""
    return replace(log, saved=saved, unsure=(), refusals=0)


def with_found_record(log: CallLog, record_id: str) -> CallLog:
    """The log with a record found in Salesforce: any of the creates may have written it."""
    creates = [attempt.fields for attempt in log.attempts if not attempt.record_id]
    *others, latest = dict.fromkeys(creates or [log.wanted])
    return replace(log, saved=Saved(record_id, latest), unsure=tuple(others), refusals=0)


def in_doubt(log: CallLog, policy: SavePolicy) -> CallLog:
    """The latest attempt's outcome stays unknown: the record may contain its fields."""
    attempt = log.attempt
    if attempt is None or attempt.fields in log.unsure:
        return log
    return replace(log, unsure=(*log.unsure, attempt.fields)[-policy.attempts_kept :])


def closed_by_hand(log: CallLog, event: TrayDecided) -> LogDecision:
    """The log from the tray, closed by its agent."""
    match event.action:
        case "already_there":
            return LogDecision(log.at_state(Closed(event.at, ClosedBy.ALREADY_THERE)))
        case "dismiss":
            return LogDecision(log.at_state(Closed(event.at, ClosedBy.DISMISSED)))
        case _:
            return ignored(log, "no such choice")
