"""The call log as a value: what its record should say, and what it says as far as we know.

`wanted` is derived (`CallLog.wanted`); `saved` is what Salesforce has confirmed. The state is that
of the go gate (docs/architecture.md). Times are Unix milliseconds.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from msgspec import field
from msgspec.structs import replace

from adapter.core.details import NO_DETAILS, CallDetails
from adapter.core.draft import NO_DRAFT, Draft, Record
from adapter.core.facts import OBSERVED, Direction, Facts, Outcome
from adapter.core.model import AgentKey
from adapter.core.route import Route
from adapter.core.values import Member, Value


class LogFields(Value, frozen=True):
    """The content of a record; a surface turns it into Salesforce's fields.

    `talk_ms` is None if nobody talked; `started_at` is Unix milliseconds. `unlinked`: Salesforce
    refused the link to a record of a kind that we do not know. `ends_work`: saving it completes the
    work item that the call was made for. `recording` and `summary` are as in the call's facts.
    """

    call_id: str
    direction: Direction
    number: str
    name: str
    started_at: int
    time_zone: str
    outcome: Outcome
    talk_ms: int | None
    record: Record | None
    draft: Draft
    own_number: str = ""
    provider_call_id: str = ""
    details: CallDetails = NO_DETAILS
    unlinked: bool = False
    ends_work: bool = False
    recording: str = ""
    summary: str = ""


class SaveError(Value, frozen=True):
    """One reason why Salesforce refused; `field` is a field's label or name, if it is about one.

    `transient`: the same save may succeed later; the surface knows this from its own codes. `link`:
    the record that the call is about cannot be linked. `locked`: the call's own record must not be
    changed.
    """

    code: str
    message: str
    field: str = ""
    transient: bool = False
    link: bool = False
    locked: bool = False


class Attempt(Value, frozen=True):
    """One attempt to save: the page that may, the nonce that proves its report, and the fields.

    `record_id` is the record to update, empty for a create; rows use its older name. `answered`:
    its outcome is known (backend's route).
    """

    number: int
    page_id: str
    nonce: str
    at: int
    fields: LogFields
    record_id: str = field(default="", name="task_id")
    answered: bool = False


class Saved(Value, frozen=True):
    """The record exists and has these fields. Rows use an older name for its ID."""

    record_id: str = field(name="task_id")
    fields: LogFields


class TrayReason(StrEnum):
    """Why a log waits for its agent."""

    REFUSED = "refused"
    NOT_CONFIRMED = "not-confirmed"
    DOUBLED = "doubled"
    LOCKED = "locked"
    """The record exists and can no longer be changed."""


class ClosedBy(StrEnum):
    """How an agent settled a log by hand."""

    ALREADY_THERE = "already-there"
    DISMISSED = "dismissed"


class Pending(Member, frozen=True):
    """To be offered to a page, not before `not_before`; `due` only triggers the next offer."""

    not_before: int
    due: int


class Attempting(Member, frozen=True):
    """A page has the go; without a report by `due`, the outcome is unknown."""

    due: int


class Unknown(Member, frozen=True):
    """The page may or may not have saved. `proved`: it can no longer use this go."""

    since: int
    due: int
    proved: bool = False


class Verifying(Member, frozen=True):
    """Salesforce is queried for the record; `asked` counts the queries."""

    since: int
    due: int
    asked: int
    proved: bool = False
    answered: bool = False


class Writing(Member, frozen=True):
    """The backend is writing the record; without an outcome by `due`, it is unknown."""

    due: int


class Tray(Member, frozen=True):
    """The agent must act: the reason, and what Salesforce said."""

    reason: TrayReason
    since: int
    errors: tuple[SaveError, ...] = ()


class Settled(Member, frozen=True):
    """The record says what it should, as far as we know."""

    at: int


class Closed(Member, frozen=True):
    """The agent closed it by hand."""

    at: int
    by: ClosedBy


LogState: TypeAlias = Pending | Attempting | Unknown | Verifying | Writing | Tray | Settled | Closed


class CallLog(Value, frozen=True):
    """One call that must be in Salesforce; `log_id` is the call's own ID.

    `number` is the number that we dialed, empty for a call that was not placed here: that number is
    reported by the provider and may be corrected (see `wanted`).

    `attempts` are the latest ones, newest last, so that a late report finds its own; `refusals`
    counts consecutive refusals; `held_until` delays updates while the agent is still writing (Unix
    milliseconds); `doubles` are the IDs of further records of the same call; `route` is fixed when
    the log is opened. `unsure` are the fields of saves with an unknown outcome since the last known
    save: the record may contain them. On the backend's route nothing is written before
    `not_before`, because until then Salesforce may still create the record. `passed_on`: the call
    rang here and went elsewhere; it may come back.
    """

    log_id: str
    agent: AgentKey
    opened_at: int
    number: str
    facts: Facts
    record: Record | None
    time_zone: str
    state: LogState
    provider_call_id: str = ""
    draft: Draft = NO_DRAFT
    saved: Saved | None = None
    attempts: tuple[Attempt, ...] = ()
    refusals: int = 0
    held_until: int = 0
    doubles: tuple[str, ...] = ()
    work_id: str = ""
    details: CallDetails = NO_DETAILS
    unlinked: bool = False
    route: Route = Route.PAGE
    unsure: tuple[LogFields, ...] = ()
    not_before: int = 0
    passed_on: bool = False

    @property
    def wanted(self) -> LogFields:
        """What the record should say, from everything that is known now."""
        started = self.facts.started.value if self.facts.started else self.opened_at
        return LogFields(
            call_id=self.log_id,
            direction=self.facts.direction.value if self.facts.direction else Direction.OUTBOUND,
            number=self.number or (self.facts.number.value if self.facts.number else ""),
            name=self.facts.name.value if self.facts.name else "",
            started_at=started,
            time_zone=self.time_zone,
            outcome=self.facts.result,
            talk_ms=self.facts.talk_ms,
            record=self.record,
            draft=self.draft,
            own_number=self.facts.own_number.value if self.facts.own_number else "",
            provider_call_id=self.provider_call_id,
            details=self.details,
            unlinked=self.unlinked,
            ends_work=self._ends_work,
            recording=self.facts.recording.value if self.facts.recording else "",
            summary=self.facts.summary.value if self.facts.summary else "",
        )

    @property
    def _ends_work(self) -> bool:
        """Whether saving completes the work item: only once the agent has finished writing.

        It stays completed; later changes only go into the record.
        """
        if not self.work_id:
            return False
        return self.held_until == 0 or (self.saved is not None and self.saved.fields.ends_work)

    @property
    def is_said(self) -> bool:
        """Whether the record certainly says what it should."""
        return self.saved is not None and self.saved.fields == self.wanted and not self.unsure

    @property
    def may_come_back(self) -> bool:
        """Whether the call went elsewhere and its end has not been reported."""
        ended = self.facts.ended
        return self.passed_on and (ended is None or ended.source is OBSERVED)

    @property
    def is_settled(self) -> bool:
        """Whether nothing more has to be done."""
        return isinstance(self.state, Settled | Closed)

    @property
    def attempt(self) -> Attempt | None:
        """The latest attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def next_due(self) -> int | None:
        """When the sweeper must look at it again; None if it is settled, closed or in the tray."""
        match self.state:
            case Tray() | Settled() | Closed():
                return None
            case _:
                return self.state.due

    def at_state(self, state: LogState) -> CallLog:
        """The same log in another state."""
        return replace(self, state=state)
