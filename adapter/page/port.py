"""The port of a Salesforce surface: who writes the log, what is shown, who pops.

A surface is a Salesforce product that hosts a softphone page. The packages `page`, `runtime` and
`web` know only this port; the composition root picks the implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from adapter.core.effects import PopScreen
from adapter.core.logs.model import Attempt, CallLog, SaveError
from adapter.core.model import AgentKey
from adapter.core.route import Route
from adapter.page.parts import ErrorIn
from adapter.tenants import Tenants

Frame: TypeAlias = dict[str, Any]


class PageCalls(Protocol):
    """The frames that have a page of this surface call Salesforce's library."""

    def save(self, log: CallLog, attempt: Attempt) -> Frame:
        """The go of an attempt: the exact call, fixed when the page's accept was committed."""

    def complete(self, log: CallLog) -> Frame | None:
        """The follow-up for a record that was saved but never reported; None: nothing."""

    def read_back(self, log_id: str) -> Frame:
        """Asks which records of this call Salesforce has."""

    def found_records(self, value: Any) -> tuple[str, ...] | None:
        """The ids in the answer to `read_back`; None if the value is not an answer."""

    def who_am_i(self, nonce: str) -> Frame:
        """Asks which Salesforce user runs this page."""

    def who_runs(self, value: Any, nonce: str) -> tuple[str, str] | None:
        """Org id and user id, 15 characters each; None if the value is not an answer."""

    def pop(self, effect: PopScreen) -> Frame:
        """The frame for a ringing call."""

    def save_errors(self, errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
        """Salesforce's errors, each marked as transient or permanent; never empty."""


@dataclass(frozen=True, slots=True)
class Written:
    """The record was written; the id is empty if the answer does not contain it."""

    record_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was written. Unless `permanent`, retry after at least `wait_ms` milliseconds."""

    code: str
    message: str
    permanent: bool = False
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """It is unknown whether the record was written."""

    reason: str = ""


WriteOutcome: TypeAlias = Written | Refused | Unknown


class RecordWriter(Protocol):
    """Writes records from the backend, for a surface whose pages write no logs. Never raises."""

    async def open(self, call: IncomingCall) -> WriteOutcome:
        """Create the record of a ringing call. Sends one request."""

    async def write(self, log: CallLog, attempt: Attempt) -> WriteOutcome:
        """Complete a call's record. Safe to repeat."""


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call that rings an agent; `at` is Unix milliseconds."""

    call_id: str
    agent: AgentKey
    caller: str
    called: str
    at: int


class ReadBackFailed(Exception):
    """Salesforce could not be asked, so it is unknown whether the record exists."""


class RecordFinder(Protocol):
    """Asks Salesforce, server to server, which records of a call exist."""

    async def find(self, agent: AgentKey, call_id: str) -> tuple[str, ...]:
        """Ids of the records that the agent created for this call, oldest first.

        Raises ReadBackFailed.
        """


@dataclass(frozen=True, slots=True)
class Surface:
    """One Salesforce product, as one org has it set up.

    `route` says who writes the logs of calls: the pages or this backend. Pages that write logs also
    pop the caller; otherwise Salesforce pops.
    """

    name: str
    route: Route


@dataclass(frozen=True, slots=True)
class SalesforceOrg:
    """An org's Salesforce: its surfaces, and who writes by which route.

    `page_calls` are the calls by which the pages of a route save and pop, `finder` looks up what
    they saved, and `writer` writes what no page writes. None: not set up.
    """

    surfaces: tuple[Surface, ...] = ()
    page_calls: Mapping[Route, PageCalls] = field(default_factory=dict)
    finder: RecordFinder | None = None
    writer: RecordWriter | None = None

    def with_surface(self, other: SalesforceOrg) -> SalesforceOrg:
        """Both merged; where both have a value, this org's wins."""
        return SalesforceOrg(
            self.surfaces + other.surfaces,
            {**other.page_calls, **self.page_calls},
            self.finder or other.finder,
            self.writer or other.writer,
        )

    def surface(self, name: str) -> Surface | None:
        """The surface of that name, if the org has it."""
        return next((surface for surface in self.surfaces if surface.name == name), None)

    def reads_errors(self, route: Route) -> Callable[[Sequence[ErrorIn]], tuple[SaveError, ...]]:
        """How to classify errors that a page of this route reports."""
        calls = self.page_calls.get(route)
        return calls.save_errors if calls is not None else _unclassified


def _unclassified(errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
    return tuple(SaveError(error.code, error.message) for error in errors)


NOBODYS = SalesforceOrg()
"""For agents whose org is no longer set up."""


@dataclass(frozen=True, slots=True)
class SalesforceOrgs:
    """Finds an agent's Salesforce org."""

    tenants: Tenants[SalesforceOrg]

    def of(self, key: AgentKey) -> SalesforceOrg:
        """The agent's org, or NOBODYS."""
        tenant = self.tenants.of_agent(key)
        return tenant.salesforce if tenant else NOBODYS
