"""The agent as a value: who it is, which calls are live, what its pages show.

Law of this file: frozen structs, times in Unix milliseconds (int), and each stage
of a call carries exactly what it knows. Every stage that is not the end of a call has a `due`:
the moment at which somebody must look again.
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
    """Who an agent is in Salesforce: organization id and user id (15 or 18 characters each)."""

    org_id: str
    user_id: str

    def __str__(self) -> str:
        return f"{self.org_id}/{self.user_id}"


class TelephonyUser(Value, frozen=True):
    """Who an agent is at the telephony provider: the account and the user in it."""

    account: str
    user: str


class WorkItem(Value, frozen=True):
    """A work item of Sales Engagement that waits for the call to its number."""

    work_id: str
    to: str
    at: int


class Phase(StrEnum):
    """What an agent would say that the softphone is doing."""

    IDLE = "idle"
    RINGING_USER_DEVICES = "ringing-user-devices"
    DIALING_DESTINATION = "dialing-destination"
    BRIDGED = "bridged"
    RINGING_INBOUND = "ringing-inbound"
    WRAPUP = "wrapup"


class Acceptance(StrEnum):
    """What became of the request to the provider to place the call."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    UNCONFIRMED = "unconfirmed"


class Placing(Member, frozen=True):
    """The agent's own phones ring, as far as we know; no event tells so."""

    since: int
    due: int
    acceptance: Acceptance = Acceptance.ASKED
    asked: int = 0


class AgentNoAnswer(Member, frozen=True, tag="Lapsed"):
    """Nobody picked up in time; a late pick-up still binds to this placement until `due`.

    `asked` counts the last questions to the call log: every event of a late call may be lost.
    """

    since: int
    due: int
    asked: int = 0


class Dialing(Member, frozen=True):
    """The agent has picked up and the destination rings. `asked` counts fruitless questions."""

    since: int
    due: int
    asked: int = 0
    claimed_over: bool = False


class Bridged(Member, frozen=True):
    """Both parties can talk. `asked` counts fruitless questions to the call log."""

    since: int
    due: int
    asked: int = 0
    claimed_over: bool = False


class RingingInbound(Member, frozen=True):
    """Somebody calls the agent. `popped` once a page was told to pop the caller's record."""

    since: int
    due: int
    asked: int = 0
    claimed_over: bool = False
    popped: bool = False


class AwaitingCdr(Member, frozen=True, tag="Ending"):
    """Over, but not certain: the call log is asked, until `due` at most.

    `asked` counts the questions again, where it may say that there is nothing to log; `unlisted`:
    it has said that it knows no such call.
    """

    since: int
    due: int
    asked: int = 0
    unlisted: bool = False


class Wrapup(Member, frozen=True):
    """Over and logged; the agent writes notes until `due` (or until done)."""

    since: int
    due: int


Stage: TypeAlias = (
    Placing | AgentNoAnswer | Dialing | Bridged | RingingInbound | AwaitingCdr | Wrapup
)
Live: TypeAlias = Dialing | Bridged | RingingInbound

OVER = (AwaitingCdr, Wrapup)
"""The stages of a call that is over."""

UNDER_WAY = (Placing, Dialing, Bridged, RingingInbound)
"""The stages of a call that has the agent's attention: nothing else is written up meanwhile."""


class Call(Value, frozen=True):
    """One call of one agent, from the click (or the first event) to the end of its wrap-up.

    `call_id` is ours, unique, and goes into the record; `request_id` is the click's
    (empty for a call that we did not place); `number` is the other party's, E.164 where known;
    `opened_at` is the click or the first event; `matches` are the records that a search by the
    number found, for the agent to pick from; `dialed` is what the provider was told to dial, where
    the house's dialing prefixes make that another text than `number`; `time_zone` is the one of
    the browser that dialed; `digits_due` are still to be sent, once the call is connected;
    `transfer` is the request whose transfer of this call is under way since `transfer_at`;
    `unnamed`: what told of the talk named nobody, so that it may be a colleague's;
    `host_record` is the record that Salesforce has made of a ringing call for us; `in_call` is what
    goes on in it.
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
        """As told by the provider, else outbound for our own placements and dialed calls."""
        return self.facts.direction.value if self.facts.direction else OUTBOUND

    @property
    def is_under_way(self) -> bool:
        """Whether it rings, or somebody talks."""
        return isinstance(self.stage, UNDER_WAY)

    @property
    def phase(self) -> Phase:
        """What the agent would say of this call."""
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
"""Which call's phase is the agent's, the first that any call is in."""


class Answer(Value, frozen=True):
    """What became of a request: a stable `code`, and the English sentence for it.

    `called`: somebody was called for it, or was to be.
    """

    request_id: str
    code: str
    text: str
    at: int
    called: bool = False


class Notice(Value, frozen=True):
    """Something that the agent should read, keyed by `id` so that it is said once."""

    id: str
    code: str
    text: str
    at: int


NOBODY_CALLED = (0, 0)


class Agent(Value, frozen=True):
    """One agent: everything that decides what happens next, and nothing else.

    `line` is None while the directory knows no provider user for the agent. `dials` are the times
    of the last dials (ms), oldest first, as many as the rate limit needs; `last_called` is
    a mark of the last ended call's number (`phone.mark`), and when that call began. `surface` is
    the product of Salesforce's that the agent works in, by its name, `route` who writes the logs
    of calls that end there; `pinned`: somebody has decided so, and no page's greeting changes it.
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
        """When somebody must look at this agent again at the latest; None if never."""
        dues = [call.stage.due for call in self.calls]
        if self.availability.asked_at:
            dues.append(self.availability.due)
        return min(dues) if dues else None

    def call(self, call_id: str) -> Call | None:
        """The call of that id, if it is among the live ones and those in wrap-up."""
        for call in self.calls:
            if call.call_id == call_id:
                return call
        return None

    def with_call(self, call: Call) -> Agent:
        """The agent with this call put in the place of the one with its id, or added."""
        return replace(self, calls=self.calls_with(call))

    def calls_with(self, call: Call) -> tuple[Call, ...]:
        """The calls with this one put in the place of the one with its id, or added."""
        calls = self.calls
        for place, one in enumerate(calls):
            if one.call_id == call.call_id:
                return (*calls[:place], call, *calls[place + 1 :])
        return (*calls, call)

    def without_call(self, call_id: str) -> Agent:
        """The agent without the call of that id."""
        return replace(self, calls=self.calls_without(call_id))

    def calls_without(self, call_id: str) -> tuple[Call, ...]:
        """The calls but the one of that id."""
        return tuple([call for call in self.calls if call.call_id != call_id])
