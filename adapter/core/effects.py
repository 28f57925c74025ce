"""What should be done, in the imperative: performed after the commit, each outcome an event."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from adapter.core.availability import Status
from adapter.core.facts import Direction
from adapter.core.model import TelephonyUser


class PlaceCall(Struct, frozen=True):
    """Ring the agent's phones, then the destination. At most once per `call_id`, ever.

    `caller_id` is the number to show, where the click said one.
    """

    call_id: str
    line: TelephonyUser
    dial_string: str
    ring_profile: str = ""
    caller_id: str = ""


class FetchCdr(Struct, frozen=True):
    """Ask the call log for a call by the provider's id."""

    call_id: str
    line: TelephonyUser
    provider_call_id: str


class FindCdr(Struct, frozen=True):
    """Ask the call log for a call that we placed but have no id of: by user, number and time."""

    call_id: str
    line: TelephonyUser
    number: str
    since: int


class ControlCall(Struct, frozen=True):
    """What the agent wants done in a call; `value` holds digits, or whom to call."""

    request_id: str
    call_id: str
    line: TelephonyUser
    provider_call_id: str
    action: str
    value: str = ""


class PopScreen(Struct, frozen=True):
    """Tell this page to come up, and to pop what a search for the caller's number finds.

    `number` is empty where the caller withheld it: then there is nothing to search.
    """

    call_id: str
    page_id: str
    number: str
    direction: Direction = Direction.INBOUND


class SetAvailability(Struct, frozen=True):
    """Have the phone system give up what `undo` names, then hold this, where it is not AVAILABLE.

    `asked_at` (Unix milliseconds) names the request.
    """

    line: TelephonyUser
    asked_at: int
    held: Status
    reason: str = ""
    undo: tuple[Status, ...] = ()


class OpenRecord(Struct, frozen=True):
    """Have Salesforce make the record of a call that rings since `at` (Unix milliseconds). Once.

    `number` calls, `own_number` is called; each is empty where nobody told it.
    """

    call_id: str
    number: str
    at: int
    own_number: str = ""


Effect: TypeAlias = (
    PlaceCall | FetchCdr | FindCdr | ControlCall | PopScreen | SetAvailability | OpenRecord
)
