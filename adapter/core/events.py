"""What happened, in the past tense: every event that `machine.decide` handles.

Each event carries its time (`at`, Unix milliseconds) and every ID that handling it may need, so
that deciding again after a lost race uses the same IDs.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from adapter.core.availability import AvailabilityAnswered, AvailabilityChosen
from adapter.core.callcenter import CallCenterSettings
from adapter.core.draft import Draft, Record
from adapter.core.facts import Facts
from adapter.core.favorite import FavoriteChosen
from adapter.core.incall import NOTHING_IN_CALL, InCall
from adapter.core.model import TelephonyUser
from adapter.core.route import Route


class PageGreeted(Struct, frozen=True):
    """A page of the agent said hello: who the agent is in the directory, and which surface it is.

    `ring_profiles` are the keys of the agent's other phones, as the provider lists them.
    """

    at: int
    line: TelephonyUser | None
    name: str
    time_zone: str
    surface: str = ""
    route: Route = Route.PAGE
    ring_profiles: tuple[str, ...] = ()


class SurfaceChosen(Struct, frozen=True):
    """An admin chose the surface that the agent works in; if empty, the pages decide again."""

    at: int
    surface: str
    route: Route


class RecordClaimed(Struct, frozen=True):
    """We are about to create the record of a ringing call: at most once."""

    at: int
    call_id: str


class RecordOpened(Struct, frozen=True):
    """Salesforce has created a record of the call; the ID is empty if it is unknown."""

    at: int
    call_id: str
    record_id: str


class DialRequested(Struct, frozen=True):
    """The agent clicked a number or typed one: `number` as it was, `clicked_at` by our clock.

    `confirmed`: asked whether to call this number again, the agent said yes. `org_dials`: calls
    that the whole org has started in the last minute. `params` are those of the click, for the
    phone system; `time_zone` is the browser's, empty if it is the agent's.
    """

    at: int
    request_id: str
    call_id: str
    number: str
    clicked_at: int
    record: Record | None = None
    work_id: str = ""
    ring_profile: str = ""
    caller_id: str = ""
    confirmed: bool = False
    org_dials: int = 0
    params: str = ""
    time_zone: str = ""


class WorkStarted(Struct, frozen=True):
    """Sales Engagement started a work item for a number; the click may come before or after it."""

    at: int
    work_id: str
    to: str


class CallPlaced(Struct, frozen=True):
    """The provider accepted our request (2xx); some providers return the call's ID."""

    at: int
    call_id: str
    provider_call_id: str | None = None


class PlacingRejected(Struct, frozen=True):
    """The provider refused (4xx): there is certainly no call. `text` is the provider's reason."""

    at: int
    call_id: str
    text: str


class PlacingUnknown(Struct, frozen=True):
    """Time-out, 5xx or a lost connection: there may be a call. It is never placed again.

    `provider_call_id` is the ID that the call would have, if known.
    """

    at: int
    call_id: str
    text: str
    provider_call_id: str | None = None


class PhoneSilent(Struct, frozen=True):
    """The agent's phones will not ring for this placement: `code` is the stable reason."""

    at: int
    call_id: str
    code: str


class CallEvent(Struct, frozen=True):
    """What a provider's event or CDR reports about one call of this agent.

    `call_id` is ours: the call's own if `known`, else a new one in case this is a call that we did
    not place. `elsewhere`: the event is about another user's part in a call that rings at several
    users (a ring group), or that went from one to the next. `unnamed`: it names no user, although
    the call may ring at several.
    """

    at: int
    call_id: str
    known: bool
    provider_call_id: str
    facts: Facts
    elsewhere: bool = False
    unnamed: bool = False


class InboundRinging(CallEvent, frozen=True):
    """An inbound call rings at the agent's phones."""


class DestinationDialed(CallEvent, frozen=True):
    """The agent's own phone was picked up, and the destination is being dialed."""


class Connected(CallEvent, frozen=True):
    """Both parties can talk."""


class CallEnded(CallEvent, frozen=True):
    """The call is over."""


class Transferred(CallEvent, frozen=True):
    """The call goes on without this agent."""


class AnsweredElsewhere(CallEvent, frozen=True):
    """A call that rang here was answered by somebody else: not a missed call."""


class RingingElsewhere(CallEvent, frozen=True):
    """A call that may have rung here now rings at another user."""


class InCallChanged(CallEvent, frozen=True):
    """Somebody was added, put on hold or taken off hold: the call goes on with this agent."""

    in_call: InCall = NOTHING_IN_CALL


class CdrFound(CallEvent, frozen=True):
    """The provider has a CDR of this call: the answer to a lookup."""


class CdrMissing(Struct, frozen=True):
    """The provider has no CDR of this call: the answer to a lookup."""

    at: int
    call_id: str


class CdrUnavailable(Struct, frozen=True):
    """The CDR could not be looked up: the provider is down, or keeps no CDRs."""

    at: int
    call_id: str


class OverClaimed(Struct, frozen=True):
    """The agent says that a call is over: its CDR is looked up."""

    at: int
    request_id: str
    call_id: str


class ControlRequested(Struct, frozen=True):
    """The agent wants something done in a call: `action` as in the page protocol.

    `org_dials`: calls that the org has started in the last minute; a transfer counts as one.
    """

    at: int
    request_id: str
    call_id: str
    action: str
    value: str = ""
    org_dials: int = 0


class ControlAnswered(Struct, frozen=True):
    """Its outcome: `code` and sentence as the page shows them; `action` is what was requested."""

    at: int
    request_id: str
    code: str
    text: str
    call_id: str = ""
    action: str = ""


class WrapupSubmitted(Struct, frozen=True):
    """The agent entered something about a call, live or over; `done` ends the wrap-up."""

    at: int
    call_id: str
    draft: Draft
    done: bool


class PopClaimed(Struct, frozen=True):
    """A page is ready to open the caller's record for a ringing call: at most one page may."""

    at: int
    call_id: str
    page_id: str


class RecordViewed(Struct, frozen=True):
    """The agent picked the record that a call is about; None means "none of them"."""

    at: int
    call_id: str
    record: Record | None


class MatchesFound(Struct, frozen=True):
    """A page searched for the other party's number: the records that Salesforce found."""

    at: int
    call_id: str
    records: tuple[Record, ...]


class CallCenterRead(Struct, frozen=True):
    """A page read the definition of the agent's call center."""

    at: int
    call_center: CallCenterSettings


class NoticeDismissed(Struct, frozen=True):
    """The agent dismissed a notice."""

    at: int
    notice_id: str


class TimePassed(Struct, frozen=True):
    """The sweeper's tick: every deadline up to `at` is due."""

    at: int


Report: TypeAlias = (
    InboundRinging
    | DestinationDialed
    | Connected
    | CallEnded
    | Transferred
    | AnsweredElsewhere
    | RingingElsewhere
    | InCallChanged
    | CdrFound
)
"""Everything that the provider reports about a call."""

PageEvent: TypeAlias = (
    PageGreeted
    | DialRequested
    | WorkStarted
    | ControlRequested
    | WrapupSubmitted
    | PopClaimed
    | SurfaceChosen
    | RecordClaimed
    | RecordOpened
    | RecordViewed
    | MatchesFound
    | CallCenterRead
    | AvailabilityChosen
    | FavoriteChosen
    | NoticeDismissed
)
"""Everything that agents and their pages send."""

Event: TypeAlias = (
    PageEvent
    | Report
    | CallPlaced
    | PlacingRejected
    | PlacingUnknown
    | PhoneSilent
    | CdrMissing
    | CdrUnavailable
    | OverClaimed
    | ControlAnswered
    | AvailabilityAnswered
    | TimePassed
)
