"""The agent as a value: identity, live calls, and what the agent's pages show.

Law of this file: structs are frozen, times are Unix milliseconds (int), and each stage of a call
carries only what is known in that stage. Every stage has a `due`: when the sweeper must look again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from msgspec import field
from msgspec.structs import replace

from adapter.core.availability import ALWAYS_AVAILABLE, Availability
from adapter.core.callcenter import NO_CALL_CENTER, CallCenterSettings
from adapter.core.details import NO_DETAILS, CallDetails
from adapter.core.draft import NO_DRAFT, Draft, Record
from adapter.core.facts import NOTHING_KNOWN, OUTBOUND, Direction, Facts
from adapter.core.favorite import Favorite
from adapter.core.incall import NOTHING_IN_CALL, InCall
from adapter.core.route import Route
from adapter.core.values import Member, Value


class AgentKey(Value, frozen=True, order=True):
    """An agent's identity in Salesforce: organization ID and user ID (15 or 18 characters each)."""

    org_id: str
    user_id: str

    def __str__(self) -> str:
        return f"{self.org_id}/{self.user_id}"


class TelephonyUser(Value, frozen=True):
    """An agent's identity at the telephony provider: the account and the user in it."""

    account: str
    user: str


class WorkItem(Value, frozen=True):
    """A Sales Engagement work item that waits for the call to its number."""

    work_id: str
    to: str
    at: int


class Phase(StrEnum):
    """What the softphone is doing, in the agent's words."""

    IDLE = "idle"
    RINGING_USER_DEVICES = "ringing-user-devices"
    DIALING_DESTINATION = "dialing-destination"
    BRIDGED = "bridged"
    RINGING_INBOUND = "ringing-inbound"
    WRAPUP = "wrapup"


class Acceptance(StrEnum):
    """The outcome of the request to the provider to place the call."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    UNCONFIRMED = "unconfirmed"


class Placing(Member, frozen=True):
    """The agent's own phones ring, as far as we know: no event reports it."""

    since: int
    due: int
    acceptance: Acceptance = Acceptance.ASKED
    asked: int = 0


class AgentNoAnswer(Member, frozen=True, tag="Lapsed"):
    """The agent did not pick up in time; until `due`, a late pick-up still matches this placement.

    `asked` counts the last CDR lookups: all events of a late call may have been lost.
    """

    since: int
    due: int
    asked: int = 0


class Dialing(Member, frozen=True):
    """The agent has picked up, and the destination rings. `asked`: CDR lookups without a result."""

    since: int
    due: int
    asked: int = 0
    claimed_over: bool = False


class Bridged(Member, frozen=True):
    """Both parties can talk. `asked` counts CDR lookups without a result."""

    since: int
    due: int
    asked: int = 0
    claimed_over: bool = False


class RingingInbound(Member, frozen=True):
    """An inbound call rings. `popped`: a page was told to open the caller's record."""

    since: int
    due: int
    asked: int = 0
    claimed_over: bool = False
    popped: bool = False


class AwaitingCdr(Member, frozen=True, tag="Ending"):
    """Over, but not certain: the CDR is awaited, until `due` at most.

    `asked` counts repeated lookups while the CDR may show that there is nothing to log;
    `unlisted`: the provider has answered that it knows no such call.
    """

    since: int
    due: int
    asked: int = 0
    unlisted: bool = False


class Wrapup(Member, frozen=True):
    """Over and logged; the agent may write notes until `due`, or until done."""

    since: int
    due: int


Stage: TypeAlias = (
    Placing | AgentNoAnswer | Dialing | Bridged | RingingInbound | AwaitingCdr | Wrapup
)
Live: TypeAlias = Dialing | Bridged | RingingInbound

OVER = (AwaitingCdr, Wrapup)
"""The stages of a call that is over."""

UNDER_WAY = (Placing, Dialing, Bridged, RingingInbound)
"""The stages of a call that occupies the agent: no other call is wrapped up meanwhile."""


class Call(Value, frozen=True):
    """One call of one agent, from the click (or the first event) to the end of its wrap-up.

    `call_id` is ours, is unique, and goes into the record; `request_id` is the click's (empty for a
    call that we did not place). `number` is the other party's, E.164 where known; `dialed` is what
    the provider was asked to dial, if dialing prefixes make that a different text. `opened_at` is
    the time of the click or of the first event; `time_zone` is that of the browser that dialed.
    `matches` are the records found by the number, for the agent to pick from; `host_record` is the
    record that Salesforce has created for a ringing call. `digits_due` are sent once the call is
    connected; `transfer` is the request that has been transferring it since `transfer_at`;
    `in_call` is what happens during it (hold, conference). `unnamed`: the event that reported the
    talk named no user, so it may be a colleague's talk.
    """

    call_id: str
    number: str
    opened_at: int
    stage: Stage
    facts: Facts = NOTHING_KNOWN
    provider_call_id: str | None = None
    request_id: str = ""
    record: Record | None = None
    draft: Draft = NO_DRAFT
    work_id: str = ""
    matches: tuple[Record, ...] = ()
    dialed: str = ""
    details: CallDetails = NO_DETAILS
    time_zone: str = ""
    digits_due: str = ""
    transfer: str = ""
    transfer_at: int = 0
    host_record: str = ""
    in_call: InCall = NOTHING_IN_CALL
    unnamed: bool = False

    @property
    def direction(self) -> Direction:
        """As reported by the provider; until then outbound."""
        return self.facts.direction.value if self.facts.direction else OUTBOUND

    @property
    def is_under_way(self) -> bool:
        """Whether it rings or is connected."""
        return isinstance(self.stage, UNDER_WAY)

    @property
    def phase(self) -> Phase:
        """This call's phase."""
        return PHASES[type(self.stage)]

    def at_stage(self, stage: Stage) -> Call:
        """The same call at another stage."""
        return replace(self, stage=stage)


PHASES: dict[type, Phase] = {
    Placing: Phase.RINGING_USER_DEVICES,
    AgentNoAnswer: Phase.IDLE,
    Dialing: Phase.DIALING_DESTINATION,
    Bridged: Phase.BRIDGED,
    RingingInbound: Phase.RINGING_INBOUND,
    AwaitingCdr: Phase.WRAPUP,
    Wrapup: Phase.WRAPUP,
}

_IDLE = Phase.IDLE

FOREGROUND = (
    Phase.BRIDGED,
    Phase.DIALING_DESTINATION,
    Phase.RINGING_USER_DEVICES,
    Phase.RINGING_INBOUND,
    Phase.WRAPUP,
)
"""The agent's phase is the first of these that any call is in."""


class Answer(Value, frozen=True):
    """The answer to a request: a stable `code`, and its English sentence.

    `called`: the request called somebody, or tried to.
    """

    request_id: str
    code: str
    text: str
    at: int
    called: bool = False


class Notice(Value, frozen=True):
    """Something for the agent to read; the same `id` is shown once."""

    id: str
    code: str
    text: str
    at: int


NOBODY_CALLED = (0, 0)


class Agent(Value, frozen=True):
    """One agent: everything that decides what happens next, and nothing else.

    `line` is None while the directory has no provider user for the agent. `dials` are the times of
    recent dials (ms), oldest first, as many as the rate limit needs; `last_called` is a mark of the
    number of the last call that ended (`phone.mark`), and when that call began. `surface` names the
    Salesforce product that the agent works in; `route` says who writes the logs of calls that end
    there. `pinned`: an admin chose the surface, so a page's hello does not change it.
    """

    key: AgentKey
    line: TelephonyUser | None = None
    name: str = ""
    time_zone: str = "UTC"
    calls: tuple[Call, ...] = ()
    answers: tuple[Answer, ...] = ()
    notices: tuple[Notice, ...] = ()
    dials: tuple[int, ...] = ()
    last_called: tuple[int, int] = NOBODY_CALLED
    call_center: CallCenterSettings = field(default=NO_CALL_CENTER, name="centre")
    works: tuple[WorkItem, ...] = ()
    surface: str = ""
    route: Route = Route.PAGE
    pinned: bool = False
    availability: Availability = ALWAYS_AVAILABLE
    favorites: tuple[Favorite, ...] = ()
    ring_profiles: tuple[str, ...] = ()

    @property
    def phase(self) -> Phase:
        """The foreground call's phase, or idle."""
        match self.calls:
            case ():
                return _IDLE
            case (call,):
                return PHASES[type(call.stage)]
            case several:
                phases = {PHASES[type(call.stage)] for call in several}
                return next((phase for phase in FOREGROUND if phase in phases), _IDLE)

    @property
    def next_due(self) -> int | None:
        """When the sweeper must look at this agent again at the latest; None if never."""
        dues = [call.stage.due for call in self.calls]
        if self.availability.asked_at:
            dues.append(self.availability.due)
        return min(dues) if dues else None

    def call(self, call_id: str) -> Call | None:
        """The call with that ID, if it is live or in wrap-up."""
        for call in self.calls:
            if call.call_id == call_id:
                return call
        return None

    def with_call(self, call: Call) -> Agent:
        """The agent with this call added, or replacing the one with the same ID."""
        return replace(self, calls=self.calls_with(call))

    def calls_with(self, call: Call) -> tuple[Call, ...]:
        """The calls with this one added, or replacing the one with the same ID."""
        calls = self.calls
        for index, present in enumerate(calls):
            if present.call_id == call.call_id:
                return (*calls[:index], call, *calls[index + 1 :])
        return (*calls, call)

    def without_call(self, call_id: str) -> Agent:
        """The agent without the call with that ID."""
        return replace(self, calls=self.calls_without(call_id))

    def calls_without(self, call_id: str) -> tuple[Call, ...]:
        """The calls without the one with that ID."""
        return tuple([call for call in self.calls if call.call_id != call_id])
