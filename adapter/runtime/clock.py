"""The only place that reads the time and makes ids; other code gets them as arguments."""

from __future__ import annotations

import secrets
import time
from typing import Protocol

from typeid import TypeID


class Clock(Protocol):
    """The current time and new ids."""

    def now(self) -> int:
        """Unix milliseconds."""

    def fresh_id(self, prefix: str) -> str:
        """A TypeID: sortable by time, globally unique, at most 255 characters."""

    def nonce(self) -> str:
        """An unguessable secret for URLs and frames."""


class SystemClock:
    """The machine's clock and randomness."""

    def now(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def fresh_id(self, prefix: str) -> str:
        """A TypeID with this prefix."""
        return str(TypeID(prefix=prefix))

    def nonce(self) -> str:
        """128 random bits."""
        return secrets.token_urlsafe(16)
