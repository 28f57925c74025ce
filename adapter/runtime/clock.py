"""The one place where time is read and ids are made; everybody else takes them as arguments."""

from __future__ import annotations

import secrets
import time
from typing import Protocol

from typeid import TypeID


class Clock(Protocol):
    """Now, and fresh ids."""

    def now(self) -> int:
        """Unix milliseconds."""

    def fresh_id(self, prefix: str) -> str:
        """A TypeID: sortable by time, unique everywhere, at most 255 characters."""

    def nonce(self) -> str:
        """A secret that cannot be guessed, for URLs and frames."""


class SystemClock:
    """The machine's own clock and randomness."""

    def now(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def fresh_id(self, prefix: str) -> str:
        """A TypeID with this prefix."""
        return str(TypeID(prefix=prefix))

    def nonce(self) -> str:
        """128 random bits."""
        return secrets.token_urlsafe(16)
