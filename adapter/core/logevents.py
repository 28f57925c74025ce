"""What may happen to a call log (past tense), and what should be done then (imperative).

`at` is Unix milliseconds; `page_id` names one load of one page.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from adapter.core.draft import Draft, Record
from adapter.core.facts import Facts
from adapter.core.logmodel import Attempt, SaveError
from adapter.core.model import AgentKey
from adapter.core.route import Route


class LogAccepted(Struct, frozen=True):
    """A page took our offer: the compare-and-set that at most one page wins; `route` is its own."""

    at: int
    page_id: str
    nonce: str
    route: Route = Route.PAGE


class LogSaved(Struct, frozen=True):
    """A page reports that Salesforce saved, in attempt `attempt` with `nonce`."""

    at: int
    page_id: str
    attempt: int
    nonce: str
    record_id: str


class LogRefused(Struct, frozen=True):
    """A page reports that Salesforce refused: nothing was created or changed."""

    at: int
    page_id: str
    attempt: int
    nonce: str
    errors: tuple[SaveError, ...]


class LogExpired(Struct, frozen=True):
    """The go never reached Salesforce: too old for the page, or it never got there."""

    at: int
    page_id: str
    attempt: int
    nonce: str


class PageLost(Struct, frozen=True):
    """The page's socket is gone."""

    at: int
    page_id: str


class PageProved(Struct, frozen=True):
    """The page said hello again or answered a probe after the go: it can no longer fire it.

    It is that attempt's go, and no later one's of the same page. `never_sent`: it is the same page
    load and its journal knows nothing of the attempt.
    """

    at: int
    page_id: str
    attempt: int
    never_sent: bool = False


class RecordsFound(Struct, frozen=True):
    """Salesforce was asked for records with this call's id: these are there (maybe none)."""

    at: int
    record_ids: tuple[str, ...]


class FactsLearned(Struct, frozen=True):
    """More became known of the call (a late event, the call log).

    `unnamed`: it tells of a talk, and not whose.
    """

    at: int
    facts: Facts
    unnamed: bool = False


class DraftChanged(Struct, frozen=True):
    """The agent wrote something; `done` when they have finished writing."""

    at: int
    draft: Draft
    done: bool
    held_until: int = 0


class RecordPicked(Struct, frozen=True):
    """The call is about another record than was thought."""

    at: int
    record: Record | None


class WritingEnded(Struct, frozen=True):
    """The wrap-up is over: updates need not wait any longer."""

    at: int


class TrayDecided(Struct, frozen=True):
    """The agent chose: save again, it is already there (with its id, if told), or dismiss."""

    at: int
    action: str
    record_id: str = ""


class RecordWritten(Struct, frozen=True):
    """We wrote the record, in attempt `attempt`; the id is empty where the answer tells none."""

    at: int
    attempt: int
    record_id: str = ""


class RecordRefused(Struct, frozen=True):
    """Nothing was written: `permanent`, or to be tried again after `wait_ms` at the soonest."""

    at: int
    attempt: int
    errors: tuple[SaveError, ...]
    permanent: bool = False
    wait_ms: int = 0


class RecordUnknown(Struct, frozen=True):
    """Nobody knows whether the record was written."""

    at: int
    attempt: int


class LogTimePassed(Struct, frozen=True):
    """The sweeper looked."""

    at: int


LogEvent: TypeAlias = (
    LogAccepted
    | LogSaved
    | LogRefused
    | LogExpired
    | PageLost
    | PageProved
    | RecordsFound
    | FactsLearned
    | DraftChanged
    | RecordPicked
    | WritingEnded
    | TrayDecided
    | RecordWritten
    | RecordRefused
    | RecordUnknown
    | LogTimePassed
)


class GrantSave(Struct, frozen=True):
    """Tell the page to save, with this attempt's fields; the only way to a record."""

    log_id: str
    attempt: Attempt


class SendSettled(Struct, frozen=True):
    """Tell the page that its report is safe: it may forget its journal entry."""

    log_id: str
    page_id: str
    attempt: int


class ReadBack(Struct, frozen=True):
    """Ask Salesforce for records with this call's id."""

    log_id: str
    agent: AgentKey


class ProbePage(Struct, frozen=True):
    """Ask the page for a sign of life, the proof that a go of before cannot fire any more."""

    page_id: str


class AlarmDoubled(Struct, frozen=True):
    """Two records for one call: must never happen, so everybody is told."""

    log_id: str
    record_ids: tuple[str, ...]


class WriteRecord(Struct, frozen=True):
    """Complete the record from here, with this attempt's fields; may be repeated."""

    log_id: str
    attempt: Attempt


LogEffect: TypeAlias = GrantSave | SendSettled | ReadBack | ProbePage | AlarmDoubled | WriteRecord
