"""What the adapter asks of a telephony provider, whichever it is.

Errors, and what each says about the world::

    ProviderError            something about the provider, told in `text`
    ├── Rejected             surely no call: it said no, or was never reached
    ├── Unknown              perhaps a call: no answer, half an answer, or "my fault"
    └── Unsupported          this provider cannot do that; nothing was sent

Only `Rejected` lets an agent dial again at once. After `Unknown` the pending call and
its timer stay, and nothing is ever placed a second time: that would ring a customer twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from msgspec import Struct


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
    """Perhaps it was done, perhaps not: only a webhook or the call log can tell."""


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


@dataclass(frozen=True, slots=True)
class Placed:
    """The provider took the call on; many do not say under which id."""

    provider_call_id: str | None
    request_id: str | None


class Cdr(Struct, frozen=True):
    """One row of the provider's call log; times in Unix ms, None where it does not say.

    `status` is the provider's own word, `cause` a Q.850 number; `live` says that the
    provider has not closed the row.
    """

    provider_call_id: str
    user_id: str | None = None
    direction: str | None = None
    from_number: str | None = None
    to_number: str | None = None
    from_name: str | None = None
    started_at: int | None = None
    answered_at: int | None = None
    connected_at: int | None = None
    ended_at: int | None = None
    status: str | None = None
    cause: int | None = None
    live: bool = False


@dataclass(frozen=True, slots=True)
class ProviderUser:
    """A person at the provider; agents are matched by email, case aside."""

    user_id: str
    name: str | None
    email: str | None
    do_not_disturb: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    """A registered endpoint; the secret is told this once and never again."""

    endpoint_id: str
    secret: str = field(repr=False)


class Provider(Protocol):
    """A telephony provider. Every method may raise `Rejected` or `Unknown`."""

    @property
    def capabilities(self) -> Capabilities:
        """Tell what may be asked of it."""
        ...

    async def place(
        self, user_id: str, dial_string: str, *, ring_profile: str | None = None
    ) -> Placed:
        """Ring the user's devices, then dial: never retried, here or by a caller."""
        ...

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """Hand a connected call over, unannounced; the agent's part ends."""
        ...

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Do `action`; `value` holds the digits. Raises `Unsupported` where it cannot."""
        ...

    async def record(self, provider_call_id: str) -> Cdr | None:
        """Read one call; None if the provider knows none by that id."""
        ...

    async def records(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """Read the user's calls begun at or after `since_ms`, newest first, at most `limit`."""
        ...

    async def users(self) -> tuple[ProviderUser, ...]:
        """Read everyone who may be given a phone."""
        ...

    async def register_webhook(self, url: str, events: Sequence[str]) -> Webhook:
        """Ask for `events` to be sent to `url`."""
        ...

    async def close(self) -> None:
        """Let go of connections; no method may be called after it."""
        ...
