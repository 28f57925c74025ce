"""The port of telephony providers; each account has a driver.

A provider reports events by webhooks (`WebhookDriver`) or by a stream (`StreamDriver`). Both become
an `IncomingDelivery`, which is applied in one commit. A driver that steers calls itself commits its
own state of a call (`DriverState`) with the delivery that changes it, and sends its commands after
the commit.

Errors, and what each one means::

        ProviderError            base class; `text` says what went wrong
        ├── Rejected             certainly no call: the provider refused or was never reached
        ├── Unknown              perhaps a call: no answer, half an answer, or a server error
        └── Unsupported          this provider cannot do that; nothing was sent

Only `Rejected` lets an agent dial again at once. After `Unknown` the pending call and its timer
stay. A call is never placed twice, because that would ring a customer twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from msgspec import Struct

from adapter.core.availability import Status
from adapter.telephony.updates import (
    CallUpdate,
    DriverState,
    IncomingDelivery,
    Webhook,
    WebhookRefusal,
)


class ProviderError(Exception):
    """What went wrong at the provider; `request_id` is the provider's, for its support.

    `text` may be shown to the agent and logged; it holds no secrets and no phone numbers.
    """

    def __init__(self, text: str, *, request_id: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.request_id = request_id


class Rejected(ProviderError):
    """Certainly no call. `code` is the provider's or `http-<status>`; `retry_after` is seconds."""

    def __init__(
        self,
        code: str,
        text: str,
        *,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(text, request_id=request_id)
        self.code = code
        self.retry_after = retry_after


class Unknown(ProviderError):
    """The outcome is unknown until an event or the CDR shows it.

    `provider_call_id` is the call's id if it exists; set only where we chose the id.
    """

    def __init__(
        self, text: str, *, request_id: str | None = None, provider_call_id: str | None = None
    ) -> None:
        super().__init__(text, request_id=request_id)
        self.provider_call_id = provider_call_id


class Unsupported(ProviderError):
    """The provider cannot do this; the page should not have offered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The functions of a provider; the page hides all others."""

    transfer: bool = False
    hang_up: bool = False
    hold: bool = False
    mute: bool = False
    digits: bool = False
    answer: bool = False
    ring_profiles: bool = False
    emergency: bool = False
    call_log: bool = False
    sandbox: bool = False
    caller_id: bool = False
    pause_recording: bool = False
    consult: bool = False
    conference: bool = False
    record: bool = False
    browser_phone: bool = False
    do_not_disturb: bool = False
    pause_queues: bool = False
    click_in_silence: bool = False
    """An agent's own click rings their phone while do not disturb is on."""

    @property
    def pauses(self) -> tuple[Status, ...]:
        """The agent states that the provider itself observes."""
        by_status = {Status.AWAY: self.pause_queues, Status.DO_NOT_DISTURB: self.do_not_disturb}
        return tuple(status for status, observed in by_status.items() if observed)


class Action(StrEnum):
    """What an agent can do during a call, besides a transfer."""

    HANG_UP = "hang_up"
    HOLD = "hold"
    RESUME = "resume"
    MUTE = "mute"
    UNMUTE = "unmute"
    DIGITS = "digits"
    ANSWER = "answer"
    DECLINE = "decline"
    PAUSE_RECORDING = "pause_recording"
    RESUME_RECORDING = "resume_recording"
    RECORD = "record"
    STOP_RECORDING = "stop_recording"
    CONSULT = "consult"
    """Call a third party while the other party is on hold."""
    SWAP = "swap"
    """Switch between the two parties."""
    MERGE = "merge"
    """Join all three in a conference."""
    COMPLETE = "complete"
    """Connect both parties and leave the call."""
    CANCEL = "cancel"
    """Drop the third party at any stage and return to the other party."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The provider accepted the call; many providers do not return its id."""

    provider_call_id: str | None
    request_id: str | None


class Cdr(Struct, frozen=True):
    """The provider's own record of one call, which outranks every event of the call.

    `dialed` is the called number, given even if the direction is missing.
    """

    update: CallUpdate
    dialed: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderUser:
    """A user at the provider; agents are matched by e-mail, ignoring case.

    `number` is the extension that colleagues dial, if the provider reports one; `ring_profiles` are
    the keys of other phones that can ring instead.
    """

    user_id: str
    name: str | None
    email: str | None
    do_not_disturb: bool
    number: str | None = None
    ring_profiles: tuple[str, ...] = ()


MOST_USERS = 10_000
"""The most users that a driver lists; others are found only by a search."""


class Driver(Protocol):
    """One account at a telephony provider. Every request may raise `Rejected` or `Unknown`."""

    @property
    def capabilities(self) -> Capabilities:
        """The functions that this account offers."""

    async def place(
        self,
        call_id: str,
        user_id: str,
        dial_string: str,
        *,
        ring_profile: str | None = None,
        caller_id: str | None = None,
    ) -> Placed:
        """Ring the user's devices, then dial. Neither the driver nor its caller retries this.

        `call_id` is ours, for drivers that can name the provider's call after it. `caller_id` is
        the number to show, if `capabilities` has that (None: the account's default).
        """

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """Transfer a connected call blind; the agent leaves the call."""

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Perform `action`; `value` holds the digits, or the number to consult.

        Raises `Unsupported` if the provider cannot do it.
        """

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """List the users, at most `MOST_USERS`.

        With `email`, search for that user; a driver that cannot search returns the list.
        """

    async def fetch_cdr(self, provider_call_id: str) -> Cdr | None:
        """Fetch one call's CDR; None if the provider has none with that id."""

    async def list_cdrs(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """List the user's CDRs from `since_ms` (Unix ms) on, newest first, at most `limit`."""

    def read(self, body: bytes, at: int) -> CallUpdate | None:
        """Read a stored delivery again that arrived `at` (Unix ms); None if it says nothing."""

    async def close(self) -> None:
        """Close the connections; no method may be called afterwards."""


@runtime_checkable
class WebhookDriver(Driver, Protocol):
    """A driver whose provider posts its events to us."""

    @property
    def path(self) -> str:
        """The webhook path, such as `/webhooks/dialstack`; the account's name is appended."""

    def open_webhook(
        self, headers: Mapping[str, str], body: bytes, url: str, now: int
    ) -> IncomingDelivery | WebhookRefusal:
        """Verify and read one delivery; never raises, whatever the input.

        Names of `headers` are in lower case. `url` is the address as the provider knows it, with
        the query, because some providers sign it. `now` is Unix milliseconds.
        """

    async def register_webhook(self, url: str, events: Sequence[str]) -> Webhook:
        """Register `url` for `events`."""


class Silence(StrEnum):
    """Why none of a user's phones will ring."""

    DO_NOT_DISTURB = "do-not-disturb"
    OFFLINE = "phone-offline"


@runtime_checkable
class PresenceDriver(Driver, Protocol):
    """A driver whose provider reports whether a user's phones can ring."""

    async def silence(self, user_id: str) -> Silence | None:
        """The reason why they cannot ring; None if they can, as far as the provider knows."""


@runtime_checkable
class PausingDriver(Driver, Protocol):
    """A driver whose provider can pause a user; `Capabilities.pauses` lists how."""

    async def pause(self, user_id: str, status: Status, on: bool, reason: str = "") -> bool:
        """Set or end a pause. AWAY: queues skip the user; DO_NOT_DISTURB: no phone rings.

        Safe to repeat. False if there is nothing to pause, because the user is in no queue.
        """


class StaleState(Exception):
    """A driver's state of a call has changed since it was read: load it and decide again."""


class NotStored(Exception):
    """The store is unavailable and nothing was stored. Try again in a moment."""


class DriverStates(Protocol):
    """A driver's states of its account's calls, in our store."""

    async def load(self, call_id: str) -> DriverState | None:
        """The state of one call; None if there is none. Raises `NotStored`."""

    async def unfinished(self) -> tuple[DriverState, ...]:
        """The states of all unfinished calls, oldest first. Raises `NotStored`."""

    async def save(self, *states: DriverState) -> None:
        """Store all the states or none, durably. Raises `StaleState` or `NotStored`."""


class Sink(Protocol):
    """Receives the events of a stream's driver."""

    async def deliver(self, delivery: IncomingDelivery) -> bool:
        """Commit the delivery and all that it changes; commands may be sent afterwards.

        False for a repeated delivery, which changes nothing, not even its states. Raises
        `StaleState` or `NotStored`.
        """


@runtime_checkable
class StreamDriver(Driver, Protocol):
    """A driver that listens to a stream of events, in one process at a time."""

    async def run(self, sink: Sink) -> None:
        """Listen until cancelled; if it returns or raises, it is run again later.

        It first compares the provider's calls with `DriverStates`, because events from the time
        when nobody listened are not repeated.
        """
