"""What is no longer needed is removed, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.core.model import AgentKey
from adapter.runtime.clock import SystemClock
from adapter.runtime.retention import DAY_MS, Retention
from adapter.storage.open import open_store
from adapter.storage.port import Commit, Delivery, Duplicate, Keep, Session, StorageError, Store

KEY = AgentKey("00D000000000001", "005000000000001")
NOW = 1_760_000_000_000


class StoppedClock(SystemClock):
    """A clock that a test sets."""

    at = NOW

    def now(self) -> int:
        """Unix milliseconds."""
        return self.at


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store on disk."""
    made = await open_store(f"sqlite:///{tmp_path}/kept.db", clock_ms=lambda: NOW)
    yield made
    await made.close()


async def deliver(store: Store, event_id: str, at: int) -> bool:
    """Whether a delivery is new."""
    try:
        await store.commit(Commit(delivery=Delivery("acct", event_id, "t", b"{}", at, "applied")))
    except Duplicate:
        return False
    return True


async def test_each_kind_is_kept_as_long_as_its_setting_says(store: Store) -> None:
    """Deliveries by their days, so that a repetition within them is still known as one."""
    clock = StoppedClock()
    retention = Retention(store, clock, delivery_days=7, call_days=90)
    assert await deliver(store, "old", NOW - 7 * DAY_MS - 1)
    assert await deliver(store, "young", NOW - 7 * DAY_MS + 1)
    await store.put_session(Session("over", KEY, "", "", 0, 0, NOW - 1))
    await store.put_session(Session("live", KEY, "", "", 0, 0, NOW + 1))
    assert await retention.prune() == 2
    assert await store.session("over") is None
    assert await store.session("live") is not None
    assert await deliver(store, "old", NOW)
    assert not await deliver(store, "young", NOW)


def test_sessions_alone_are_looked_at_each_minute() -> None:
    """Strangers begin sign-ins, so those are not kept beyond their end; all else has an hour."""
    failing: Store = None  # type: ignore[assignment]  # nothing is asked of it
    keep = Retention(failing, StoppedClock(), delivery_days=7, call_days=7).keep_unless_expired()
    assert keep == Keep(0, 0, 0, NOW)


@pytest.mark.parametrize("error", [StorageError("full"), ZeroDivisionError("a bug")])
async def test_a_failing_store_is_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job outlives an error, and says so."""
    asked = asyncio.Event()

    class Failing:
        """A store that is full, then well."""

        count = 0

        async def prune(self, keep: Keep) -> int:
            """Fail once."""
            self.count += 1
            if self.count == 1:
                raise error
            asked.set()
            return 0

    monkeypatch.setattr("adapter.runtime.retention.MINUTE_SECONDS", 0.001)
    failing: Store = Failing()  # type: ignore[assignment]  # only prune is asked for
    retention = Retention(failing, StoppedClock(), delivery_days=7, call_days=7)
    running = asyncio.create_task(retention.run())
    await asyncio.wait_for(asked.wait(), 20)
    running.cancel()
    await asyncio.wait({running})
