"""Whether an agent wants calls, and what the phone system does about it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from adapter.core.values import Value


class Status(StrEnum):
    """What an agent has chosen."""

    AVAILABLE = "available"
    AWAY = "away"
    DO_NOT_DISTURB = "do-not-disturb"


class Applied(StrEnum):
    """What the phone system has done about it."""

    NOTHING = ""
    """Nothing had to be requested."""
    SHOWN = "shown"
    """The phone system does not support it: it is only shown."""
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Availability(Value, frozen=True):
    """The agent's choice (`since` in Unix milliseconds; `reason` is one of the admin's).

    While a request is under way, `asked_at` is when it was sent and `due` when it times out;
    `again`: the agent has chosen something else meanwhile. `held` are the states that may be set at
    the phone system, which the next choice undoes.
    """

    status: Status = Status.AVAILABLE
    reason: str = ""
    since: int = 0
    applied: Applied = Applied.NOTHING
    asked_at: int = 0
    due: int = 0
    again: bool = False
    held: tuple[Status, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether we have stopped the agent's phones from ringing."""
        return self.status is Status.DO_NOT_DISTURB and self.applied is Applied.DONE


ALWAYS_AVAILABLE = Availability()


class AvailabilityChosen(Struct, frozen=True):
    """The agent chose a state; a `reason` counts only if it is one of the admin's."""

    at: int
    status: Status
    reason: str = ""


class AvailabilityAnswered(Struct, frozen=True):
    """The outcome of the request sent at `asked_at`; `held` is the state that is set now."""

    at: int
    asked_at: int
    held: Status
    applied: Applied
