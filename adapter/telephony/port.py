"""What the adapter asks of a telephony provider, whichever it is: one driver for each account.

A provider tells its events by webhooks (`WebhookDriver`) or by a stream (`StreamDriver`); both end
in an `IncomingDelivery`, and so in one commit. A driver that steers calls itself commits its own
state of a call (`DriverState`) with the delivery that changes it, and sends its commands when that
is durable.

Errors, and what each says about the world::

    ProviderError            something about the provider, told in `text`
    ├── Rejected             surely no call: it said no, or was never reached
    ├── Unknown              perhaps a call: no answer, half an answer, or "my fault"
    └── Unsupported          this provider cannot do that; nothing was sent

Only `Rejected` lets an agent dial again at once. After `Unknown` the pending call and
its timer stay, and nothing is ever placed a second time: that would ring a customer twice.
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
    """What went wrong at the provider; `request_id` is theirs, for their support.

    `text` may be shown to the agent and logged: it holds no secret and no number of ours.
    """

    def __init__(self, text: str, *, request_id: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.request_id = request_id


class Rejected(ProviderError):
    """Surely no call. `code` is the provider's or `http-<status>`; `retry_after` in seconds."""

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
    """Perhaps it was done, perhaps not: only an event or the call log can tell.

    `provider_call_id` is the id that the call has if it exists, where we chose it.
    """

    def __init__(
        self, text: str, *, request_id: str | None = None, provider_call_id: str | None = None
    ) -> None:
        super().__init__(text, request_id=request_id)
        self.provider_call_id = provider_call_id


class Unsupported(ProviderError):
    """The provider has no such function; the page should not have offered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do; the page hides the rest."""

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
        """The states of an agent that it heeds itself."""
        can = {Status.AWAY: self.pause_queues, Status.DO_NOT_DISTURB: self.do_not_disturb}
        return tuple(status for status, heeded in can.items() if heeded)


class Action(StrEnum):
    """What an agent may want done to a live call, beside a transfer."""

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
    """Call a third while the other party waits; the agent's own part goes on."""
    SWAP = "swap"
    """Talk with the other one of both."""
    MERGE = "merge"
    """Let all three talk."""
    COMPLETE = "complete"
    """Leave both to each other: the agent's part ends."""
    CANCEL = "cancel"
    """Let the third go, in whatever stage, and talk with the other party again."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The provider took the call on; many do not say under which id."""

    provider_call_id: str | None
    request_id: str | None


class Cdr(Struct, frozen=True):
    """The provider's own record of one call, which outranks every event of it.

    `dialed` is the number that it says was called, also where it names no direction.
    """

    update: CallUpdate
    dialed: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderUser:
    """A person at the provider; agents are matched by email, case aside.

    `number` is what colleagues dial: an extension, where the provider tells one; `ring_profiles`
    are the keys of other phones that may ring instead.
    """

    user_id: str
    name: str | None
    email: str | None
    do_not_disturb: bool
    number: str | None = None
    ring_profiles: tuple[str, ...] = ()


MOST_USERS = 10_000
"""So many users a driver lists at most: who is not among these must be searched for."""


class Driver(Protocol):
    """One account at a telephony provider. Every request may raise `Rejected` or `Unknown`."""

    @property
    def capabilities(self) -> Capabilities:
        """Tell what may be asked of it."""

    async def place(
        self,
        call_id: str,
        user_id: str,
        dial_string: str,
        *,
        ring_profile: str | None = None,
        caller_id: str | None = None,
    ) -> Placed:
        """Ring the user's devices, then dial: never retried, here or by a caller.

        `call_id` is ours, for whoever can name the provider's side of the call after it;
        `caller_id` the number to show, where `capabilities` has it (None: as the account says).
        """

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """Hand a connected call over, unannounced; the agent's part ends."""

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Do `action`; `value` holds the digits, or whom to consult.

        Raises `Unsupported` where it cannot.
        """

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """Read everyone who may be given a phone, `MOST_USERS` at most.

        With an `email` only who has it, however many there are; who cannot search gives the list.
        """

    async def fetch_cdr(self, provider_call_id: str) -> Cdr | None:
        """Read one call; None if the provider knows none by that id."""

    async def list_cdrs(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """Read the user's calls begun at or after `since_ms`, newest first, at most `limit`."""

    def read(self, body: bytes, at: int) -> CallUpdate | None:
        """Read a delivery again that was stored as it came in at `at`; None if it tells nothing."""

    async def close(self) -> None:
        """Let go of connections; no method may be called after it."""


@runtime_checkable
class WebhookDriver(Driver, Protocol):
    """A driver whose provider posts its events to us."""

    @property
    def path(self) -> str:
        """Where, such as `/webhooks/dialstack`; the account's own address has its name behind."""

    def open_webhook(
        self, headers: Mapping[str, str], body: bytes, url: str, now: int
    ) -> IncomingDelivery | WebhookRefusal:
        """Prove and read one delivery; raises nothing, whatever comes in.

        Names of `headers` are in lower case; `url` is the address as the provider knows it, the
        query included (some sign it); `now` is in Unix milliseconds.
        """

    async def register_webhook(self, url: str, events: Sequence[str]) -> Webhook:
        """Ask for `events` to be sent to `url`."""


class Silence(StrEnum):
    """Why a user's phones will not ring, whoever calls."""

    DO_NOT_DISTURB = "do-not-disturb"
    OFFLINE = "phone-offline"


@runtime_checkable
class PresenceDriver(Driver, Protocol):
    """A driver whose provider tells whether a user's phones can ring."""

    async def silence(self, user_id: str) -> Silence | None:
        """Read why they cannot; None if they can, as far as it knows."""


@runtime_checkable
class PausingDriver(Driver, Protocol):
    """A driver whose provider can keep calls from a user, as `Capabilities.pauses` tells."""

    async def pause(self, user_id: str, status: Status, on: bool, reason: str = "") -> bool:
        """AWAY: queues pass the user over; DO_NOT_DISTURB: no phone of theirs rings.

        May be asked again. False where there is nothing to pause (nobody's queue).
        """


class StaleState(Exception):
    """A driver's state of a call is another by now: load it, decide again, deliver again."""


class NotStored(Exception):
    """The store could not take it; nothing is in. Try again in a moment."""


class DriverStates(Protocol):
    """What a driver keeps of its account's calls, in our store; given to it when it is made."""

    async def load(self, call_id: str) -> DriverState | None:
        """One call's; None if there is none. Raises `NotStored`."""

    async def unfinished(self) -> tuple[DriverState, ...]:
        """All that are not over, oldest first. Raises `NotStored`."""

    async def save(self, *states: DriverState) -> None:
        """Durable when it returns, all of them or none. Raises `StaleState`, `NotStored`."""


class Sink(Protocol):
    """Where the driver of a stream puts its events."""

    async def deliver(self, delivery: IncomingDelivery) -> bool:
        """Durable when it returns, with all that it changed: commands may go out now.

        False for one that was taken before: nothing is changed, its states neither. Raises
        `StaleState`, `NotStored`.
        """


@runtime_checkable
class StreamDriver(Driver, Protocol):
    """A driver that listens to a stream of events; one process at a time does so."""

    async def run(self, sink: Sink) -> None:
        """Listen until cancelled; when it returns or raises, it is run again after a while.

        First of all it compares what the provider says exists with what `DriverStates` say should:
        events of the time when nobody listened do not come again.
        """
