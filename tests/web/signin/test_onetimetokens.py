"""What is good once and for seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.core.model import AgentKey
from adapter.storage.open import open_store
from adapter.storage.port import Store
from adapter.web.signin.onetimetokens import OneTimeTokens
from tests.web.conftest import SetClock

KEY = AgentKey("00D000000000001", "005000000000001")


@pytest.fixture
async def store(tmp_path: Path, clock: SetClock) -> AsyncIterator[Store]:
    """A store on disk."""
    made = await open_store(f"sqlite:///{tmp_path}/once.db", clock_ms=clock.now)
    yield made
    await made.close()


async def test_a_token_is_redeemed_once(store: Store, clock: SetClock) -> None:
    """By whoever brings the secret first, also at another replica."""
    await OneTimeTokens(store, clock).put("code", "secret", KEY, 1_000, name="Ada")
    here, there = OneTimeTokens(store, clock), OneTimeTokens(store, clock)
    taken = await asyncio.gather(here.take("code", "secret"), there.take("code", "secret"))
    assert sorted(taken, key=str) == [(KEY, {"name": "Ada"}), None]


async def test_a_token_is_valid_only_for_its_kind(store: Store, clock: SetClock) -> None:
    """The same secret of another kind is unknown."""
    once = OneTimeTokens(store, clock)
    await once.put("code", "secret", KEY, 1_000)
    assert await once.take("ticket", "secret") is None
    assert await once.take("code", "secret") == (KEY, {})


async def test_a_token_expires(store: Store, clock: SetClock) -> None:
    """And is gone with the attempt."""
    once = OneTimeTokens(store, clock)
    await once.put("code", "secret", KEY, 60_000)
    clock.later = 60_000
    assert await once.take("code", "secret") is None
    clock.later = 0
    assert await once.take("code", "secret") is None
