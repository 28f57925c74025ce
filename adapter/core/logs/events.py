"""What may happen to a call log (past tense), and what to do then (imperative).

`at` is Unix milliseconds; `page_id` identifies one load of one page.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from adapter.core.draft import Draft, Record
from adapter.core.facts import Facts
from adapter.core.logs.model import Attempt, SaveError
from adapter.core.model import AgentKey
from adapter.core.route import Route


class LogAccepted(Struct, frozen=True):
    """A page accepted an offer, a compare-and-set that one page wins; `route` is the page's."""

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
    """The go never led to a save: it was too old for the page, or never reached it."""

    at: int
    page_id: str
    attempt: int
    nonce: str


class PageLost(Struct, frozen=True):
    """The page's socket is gone."""

    at: int
    page_id: str


class PageProved(Struct, frozen=True):
    """The page said hello again or answered a probe after this attempt's go: it cannot use it now.

    This proves nothing about a later go of the same page. `never_sent`: it is the same page load,
    and its journal does not have the attempt.
    """

    at: int
    page_id: str
    attempt: int
    never_sent: bool = False


class RecordsFound(Struct, frozen=True):
    """Salesforce was queried for records with this call's ID: the ones found, if any."""

    at: int
    record_ids: tuple[str, ...]


class FactsLearned(Struct, frozen=True):
    """More is known about the call, from a late event or a CDR.

    `unnamed`: it reports a talk without naming the user.
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
    """The agent says which record the call is about."""

    at: int
    record: Record | None


class WritingEnded(Struct, frozen=True):
    """The wrap-up is over: updates no longer wait."""

    at: int


class TrayDecided(Struct, frozen=True):
    """The agent chose: save again, it is already there (with its ID, if given), or dismiss."""

    at: int
    action: str
    record_id: str = ""


class RecordWritten(Struct, frozen=True):
    """The backend wrote the record; the ID is empty if the answer had none."""

    at: int
    attempt: int
    record_id: str = ""


class RecordRefused(Struct, frozen=True):
    """Nothing was written: permanently, or until a retry after `wait_ms` at the earliest."""

    at: int
    attempt: int
    errors: tuple[SaveError, ...]
    permanent: bool = False
    wait_ms: int = 0


class RecordUnknown(Struct, frozen=True):
    """It is unknown whether the record was written."""

    at: int
    attempt: int


class LogTimePassed(Struct, frozen=True):
    """The sweeper's tick."""

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
    """Tell the page to save this attempt's fields: the only way in which a page may save."""

    log_id: str
    attempt: Attempt


class SendSettled(Struct, frozen=True):
    """Tell the page that its report is stored, so that it may drop its journal entry."""

    log_id: str
    page_id: str
    attempt: int


class ReadBack(Struct, frozen=True):
    """Query Salesforce for records with this call's ID."""

    log_id: str
    agent: AgentKey


class ProbePage(Struct, frozen=True):
    """Ask the page for an answer, which proves that an earlier go can no longer be used."""

    page_id: str


class AlarmDoubled(Struct, frozen=True):
    """There are two records of one call, which must never happen: raise the alarm."""

    log_id: str
    record_ids: tuple[str, ...]


class WriteRecord(Struct, frozen=True):
    """Have the backend complete the record with this attempt's fields; may be repeated."""

    log_id: str
    attempt: Attempt


LogEffect: TypeAlias = GrantSave | SendSettled | ReadBack | ProbePage | AlarmDoubled | WriteRecord
