"""What a Salesforce surface decides: who writes the log, what may be shown, who pops.

A surface is a product of Salesforce's that hosts a page of ours. The rooms `page`, `runtime` and
`web` know this port only; the composition root picks what is behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from adapter.core.effects import PopScreen
from adapter.core.logmodel import Attempt, CallLog, SaveError
from adapter.core.model import AgentKey
from adapter.core.route import Route
from adapter.page.parts import ErrorIn
from adapter.tenants import Tenants

Frame: TypeAlias = dict[str, Any]


class PageCalls(Protocol):
    """What pages of this surface are asked to do in Salesforce, in the words of its library."""

    def save(self, log: CallLog, attempt: Attempt) -> Frame:
        """The go of an attempt: the exact call, decided when it was accepted and never again."""

    def complete(self, log: CallLog) -> Frame | None:
        """What follows for a record that no page lived to report; None: nothing."""

    def read_back(self, log_id: str) -> Frame:
        """The question which records of this call Salesforce has."""

    def found_records(self, value: Any) -> tuple[str, ...] | None:
        """The ids in its answer; None if it is no answer."""

    def who_am_i(self, nonce: str) -> Frame:
        """The question who runs this page in Salesforce."""

    def who_runs(self, value: Any, nonce: str) -> tuple[str, str] | None:
        """Org and user in its answer, 15 characters each; None if it is no answer."""

    def pop(self, effect: PopScreen) -> Frame:
        """What a page does while a call rings."""

    def save_errors(self, errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
        """What Salesforce said, each marked as transient or permanent; never empty."""


@dataclass(frozen=True, slots=True)
class Written:
    """The record says it now; the id is empty where the answer does not tell it."""

    record_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was written: `permanent`, or to be tried again in `wait_ms` at the soonest."""

    code: str
    message: str
    permanent: bool = False
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was written."""

    reason: str = ""


WriteOutcome: TypeAlias = Written | Refused | Unknown


class RecordWriter(Protocol):
    """Writes records from here, for a surface whose logs no page writes. Never raises."""

    async def open(self, call: IncomingCall) -> WriteOutcome:
        """Make the record of a call that rings; sent once."""

    async def write(self, log: CallLog, attempt: Attempt) -> WriteOutcome:
        """Complete a call's record; may be repeated."""


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call that rings at an agent; `at` Unix milliseconds."""

    call_id: str
    agent: AgentKey
    caller: str
    called: str
    at: int


class ReadBackFailed(Exception):
    """Salesforce could not be asked; that says nothing about the record."""


class RecordFinder(Protocol):
    """Asks Salesforce from server to server which records of a call there are."""

    async def find(self, agent: AgentKey, call_id: str) -> tuple[str, ...]:
        """Ids of the records that the agent made for this call, oldest first.

        Raises ReadBackFailed.
        """


@dataclass(frozen=True, slots=True)
class Surface:
    """One product of Salesforce's, as one org has it set up.

    `route` says who writes the logs of calls in it: its pages, or this backend. Its pages pop the
    caller exactly where they write; else Salesforce does.
    """

    name: str
    route: Route


@dataclass(frozen=True, slots=True)
class SalesforceOrg:
    """An org's Salesforce: its surfaces, and who writes by which route.

    `page_calls` is how the pages of a route save and pop, `finder` who can be asked for what they
    saved; `writer` writes what no page writes. None: not set up.
    """

    surfaces: tuple[Surface, ...] = ()
    page_calls: Mapping[Route, PageCalls] = field(default_factory=dict)
    finder: RecordFinder | None = None
    writer: RecordWriter | None = None

    def with_surface(self, other: SalesforceOrg) -> SalesforceOrg:
        """Both together; what one has not, the other may have."""
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
        """Who reads what Salesforce said to a page of that route; if nobody, as it stands."""
        calls = self.page_calls.get(route)
        return calls.save_errors if calls is not None else _as_it_stands


def _as_it_stands(errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
    return tuple(SaveError(error.code, error.message) for error in errors)


NOBODYS = SalesforceOrg()
"""For an agent whose org is no longer set up here."""


@dataclass(frozen=True, slots=True)
class SalesforceOrgs:
    """Which Salesforce an agent is in."""

    tenants: Tenants[SalesforceOrg]

    def of(self, key: AgentKey) -> SalesforceOrg:
        """The agent's own."""
        tenant = self.tenants.of_agent(key)
        return tenant.salesforce if tenant else NOBODYS
