"""What a log's record should say, and what it may say: alike on both routes.

Law of this file: what nobody told the outcome of is remembered until a later save is known, for the
record may say it (`CallLog.unsure`).
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

from msgspec.structs import replace

from adapter.core.logdecision import LogDecision, ignored
from adapter.core.logevents import (
    DraftChanged,
    FactsLearned,
    RecordPicked,
    TrayDecided,
    WritingEnded,
)
from adapter.core.logmodel import (
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


def changed(log: CallLog, event: ContentEvent) -> CallLog:
    """The log that wants its record to say this, too; its state is another question."""
    match event:
        case FactsLearned():
            # What rang here and went on was somebody's talk there, unless this agent is named.
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


def mends(log: CallLog, event: ContentEvent) -> bool:
    """Whether the agent has mended what Salesforce refused, and is done with it."""
    if not isinstance(event, DraftChanged) or not event.done or not isinstance(log.state, Tray):
        return False
    return log.state.reason is TrayReason.REFUSED and log.draft.merged(event.draft) != log.draft


def begun(
    log: CallLog, at: int, policy: SavePolicy, page_id: str = "", nonce: str = ""
) -> tuple[CallLog, Attempt]:
    """The log with one more go, which says what is wanted now; and that go."""
    number = log.attempt.number + 1 if log.attempt else 1
    record_id = log.saved.record_id if log.saved else ""
    attempt = Attempt(number, page_id, nonce, at, log.wanted, record_id)
    return replace(log, attempts=(*log.attempts, attempt)[-policy.attempts_kept :]), attempt


def known(log: CallLog, saved: Saved) -> CallLog:
    """The record says this, and nothing else is in doubt."""
    return replace(log, saved=saved, unsure=(), refusals=0)


def adopted(log: CallLog, record_id: str) -> CallLog:
    """The log with a record that was found: it says what one of the creates said, whichever."""
    said = [attempt.fields for attempt in log.attempts if not attempt.record_id]
    *others, latest = dict.fromkeys(said or [log.wanted])
    return replace(log, saved=Saved(record_id, latest), unsure=tuple(others), refusals=0)


def in_doubt(log: CallLog, policy: SavePolicy) -> CallLog:
    """Nobody will tell what became of the latest go: the record may say what that one said."""
    attempt = log.attempt
    if attempt is None or attempt.fields in log.unsure:
        return log
    return replace(log, unsure=(*log.unsure, attempt.fields)[-policy.attempts_kept :])


def closed(log: CallLog, event: TrayDecided) -> LogDecision:
    """The agent settled by hand what was in the tray."""
    match event.action:
        case "already_there":
            return LogDecision(log.at_state(Closed(event.at, ClosedBy.ALREADY_THERE)))
        case "dismiss":
            return LogDecision(log.at_state(Closed(event.at, ClosedBy.DISMISSED)))
        case _:
            return ignored(log, "no such choice")
