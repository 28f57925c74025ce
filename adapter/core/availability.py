"""Whether an agent wants calls, what the phone system makes of that, and how it is told."""

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
    """What has become of it at the phone system."""

    NOTHING = ""
    """There was nothing to ask for."""
    SHOWN = "shown"
    """It cannot do that: it is only shown."""
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Availability(Value, frozen=True):
    """The wish (since when, in Unix milliseconds; `reason` is one of the admin's), and its fate.

    While a request is under way, `asked_at` says since when, and `due` until when its answer is
    waited for; `again`: another wish has come meanwhile. `held` is what the phone system may have
    taken so far, to be undone by the next wish.
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
        """Whether the agent's phones will not ring, as far as we have brought that about."""
        return self.status is Status.DO_NOT_DISTURB and self.applied is Applied.DONE


ALWAYS_AVAILABLE = Availability()


class AvailabilityChosen(Struct, frozen=True):
    """The agent wants calls, or wants none; a `reason` counts only if it is one of the admin's."""

    at: int
    status: Status
    reason: str = ""


class AvailabilityAnswered(Struct, frozen=True):
    """What became of the request of that time; `held` is what the phone system holds then."""

    at: int
    asked_at: int
    held: Status
    applied: Applied
