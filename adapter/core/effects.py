"""What to do, in the imperative: performed after the commit; each outcome returns as an event."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from adapter.core.availability import Status
from adapter.core.facts import Direction
from adapter.core.model import TelephonyUser


class PlaceCall(Struct, frozen=True):
    """Ring the agent's phones, then the destination: at most once for each `call_id`, ever.

    `caller_id` is the number to show, if one was chosen.
    """

    call_id: str
    line: TelephonyUser
    dial_string: str
    ring_profile: str = ""
    caller_id: str = ""


class FetchCdr(Struct, frozen=True):
    """Fetch a call's CDR by the provider's ID."""

    call_id: str
    line: TelephonyUser
    provider_call_id: str


class FindCdr(Struct, frozen=True):
    """Find the CDR of a call that we placed, without the provider's ID: by user, number, time."""

    call_id: str
    line: TelephonyUser
    number: str
    since: int


class ControlCall(Struct, frozen=True):
    """Do what the agent wants in a call; `value` holds the digits, or the number to call."""

    request_id: str
    call_id: str
    line: TelephonyUser
    provider_call_id: str
    action: str
    value: str = ""


class PopScreen(Struct, frozen=True):
    """Have this page show itself and open the record that a search for the number finds.

    `number` is empty if the caller withheld it; then there is nothing to search for.
    """

    call_id: str
    page_id: str
    number: str
    direction: Direction = Direction.INBOUND


class SetAvailability(Struct, frozen=True):
    """Have the phone system end the states in `undo`, then set this one unless it is AVAILABLE.

    `asked_at` (Unix milliseconds) identifies the request.
    """

    line: TelephonyUser
    asked_at: int
    held: Status
    reason: str = ""
    undo: tuple[Status, ...] = ()


class OpenRecord(Struct, frozen=True):
    """Have Salesforce create, once, the record of a call ringing since `at` (Unix milliseconds).

    `number` is the caller's, `own_number` the one called; each is empty if unknown.
    """

    call_id: str
    number: str
    at: int
    own_number: str = ""


Effect: TypeAlias = (
    PlaceCall | FetchCdr | FindCdr | ControlCall | PopScreen | SetAvailability | OpenRecord
)
