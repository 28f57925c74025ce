"""The whole adapter on real sockets, with a clock that a test can set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapter.runtime.clock import SystemClock
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import World, a_world


@dataclass
class SetClock:
    """The system's clock, and as much later as a test says (milliseconds)."""

    later: int = 0
    stopped_at: int | None = None
    system: SystemClock = field(default_factory=SystemClock)

    def stop(self) -> None:
        """Stand still: what a minute allows is then the same on a slow machine."""
        self.stopped_at = self.system.now()

    def now(self) -> int:
        """Unix milliseconds."""
        return (self.stopped_at or self.system.now()) + self.later

    def fresh_id(self, prefix: str) -> str:
        """As the system's."""
        return self.system.fresh_id(prefix)

    def nonce(self) -> str:
        """As the system's."""
        return self.system.nonce()


@pytest.fixture
def clock() -> SetClock:
    """A clock to set."""
    return SetClock()


@pytest.fixture
async def world(tmp_path: Path, clock: SetClock) -> AsyncIterator[World]:
    """The adapter, beside a provider that takes every call and tells of none."""
    async with a_world(tmp_path, provider=FakeProvider().app(), clock=clock) as made:
        yield made
