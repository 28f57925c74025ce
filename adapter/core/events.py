"""What happened, in the past tense: everything that `machine.decide` may be told.

Each event carries its time (`at`, Unix milliseconds) and every id that handling it may need, so
that deciding again (after a lost race) makes the same ids.
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
    """A page of the agent said hello: who the agent is by the directory, and where it sits.

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
    """An admin decided where the agent works; without a `surface`, pages decide again."""

    at: int
    surface: str
    route: Route


class RecordClaimed(Struct, frozen=True):
    """We are about to make the record of a call that rings: at most once."""

    at: int
    call_id: str


class RecordOpened(Struct, frozen=True):
    """Salesforce has made a record of the call; no id where nobody knows."""

    at: int
    call_id: str
    record_id: str


class DialRequested(Struct, frozen=True):
    """The agent clicked a number, or typed one. `clicked_at` by our clock; `number` as it was.

    `confirmed`: the agent was asked whether to call this number again, and said yes. `org_dials`:
    calls that the whole org has started within the last minute; `params` are the click's own, for
    the phone system; `time_zone` the browser's, empty if it is the agent's.
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
    """Sales Engagement started a work item for a number; its click may come before or after it."""

    at: int
    work_id: str
    to: str


class CallPlaced(Struct, frozen=True):
    """The provider took our request (2xx); some tell the call's id with it."""

    at: int
    call_id: str
    provider_call_id: str | None = None


class PlacingRejected(Struct, frozen=True):
    """The provider refused (4xx): there is surely no call. `text` is the provider's reason."""

    at: int
    call_id: str
    text: str


class PlacingUnknown(Struct, frozen=True):
    """Time-out, 5xx or a lost connection: perhaps there is a call. Never placed again.

    `provider_call_id` is the id that it would have, where that is known.
    """

    at: int
    call_id: str
    text: str
    provider_call_id: str | None = None


class PhoneSilent(Struct, frozen=True):
    """The agent's phones will not ring for this placement: `code` says why, stably."""

    at: int
    call_id: str
    code: str


class CallEvent(Struct, frozen=True):
    """What a provider's event (or its call log) tells of one call of this agent.

    `call_id` is ours: the one that the call is known by if `known`, else a fresh one for the case
    that this is a call which we did not place. `elsewhere`: it tells of another user's part in the
    call, which rings at several (a ring group) or went from one to the next. `unnamed`: it names
    nobody, of a call that may ring at several.
    """

    at: int
    call_id: str
    known: bool
    provider_call_id: str
    facts: Facts
    elsewhere: bool = False
    unnamed: bool = False


class InboundRinging(CallEvent, frozen=True):
    """Somebody's call rings at the agent's phones."""


class DestinationDialed(CallEvent, frozen=True):
    """The agent's own phone was picked up, and the destination is being dialed."""


class Connected(CallEvent, frozen=True):
    """Both parties can talk."""


class CallEnded(CallEvent, frozen=True):
    """The call is over."""


class Transferred(CallEvent, frozen=True):
    """The call goes on without this agent."""


class AnsweredElsewhere(CallEvent, frozen=True):
    """A call that rang here was taken by somebody else: no missed call."""


class RingingElsewhere(CallEvent, frozen=True):
    """A call that may ring here rings at another user now."""


class InCallChanged(CallEvent, frozen=True):
    """Somebody was called in, put on hold, taken back: the call goes on with this agent."""

    in_call: InCall = NOTHING_IN_CALL


class CdrFound(CallEvent, frozen=True):
    """The call log, asked by us, has this call."""


class CdrMissing(Struct, frozen=True):
    """The call log, asked by us, has no such call."""

    at: int
    call_id: str


class CdrUnavailable(Struct, frozen=True):
    """The call log could not be asked (provider down, or it has none)."""

    at: int
    call_id: str


class OverClaimed(Struct, frozen=True):
    """The agent says that a call is over: the provider is asked."""

    at: int
    request_id: str
    call_id: str


class ControlRequested(Struct, frozen=True):
    """The agent wants something done in a call: `action` as in the page protocol.

    `org_dials`: how many calls the org has started in the last minute, of which a transfer is one.
    """

    at: int
    request_id: str
    call_id: str
    action: str
    value: str = ""
    org_dials: int = 0


class ControlAnswered(Struct, frozen=True):
    """What became of it: `code` and sentence as the page shows them; `action` is what was asked."""

    at: int
    request_id: str
    code: str
    text: str
    call_id: str = ""
    action: str = ""


class WrapupSubmitted(Struct, frozen=True):
    """The agent entered something about a call (live, in wrap-up or long over); `done` ends it."""

    at: int
    call_id: str
    draft: Draft
    done: bool


class PopClaimed(Struct, frozen=True):
    """A page is ready to pop the caller's record for a ringing call: at most one may."""

    at: int
    call_id: str
    page_id: str


class RecordViewed(Struct, frozen=True):
    """The agent picked the record that a call is about; None for "none of them"."""

    at: int
    call_id: str
    record: Record | None


class MatchesFound(Struct, frozen=True):
    """A page searched the other party's number: the records that Salesforce has of it."""

    at: int
    call_id: str
    records: tuple[Record, ...]


class CallCenterRead(Struct, frozen=True):
    """A page read the definition of the agent's call center."""

    at: int
    call_center: CallCenterSettings


class NoticeDismissed(Struct, frozen=True):
    """The agent has read a notice."""

    at: int
    notice_id: str


class TimePassed(Struct, frozen=True):
    """The sweeper looked: every deadline up to `at` is due."""

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
"""Everything the provider tells of a call."""

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
"""Everything that agents and their pages tell."""

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
