"""Whoever decides for an agent has them to themselves; afterwards nothing of it is left."""

from __future__ import annotations

import asyncio

import pytest

from adapter.core.model import AgentKey
from adapter.runtime.keyedlocks import KeyedLocks

ADA, BOB = AgentKey("00D1", "0051"), AgentKey("00D1", "0052")


async def test_one_after_the_other_in_the_order_they_came() -> None:
    """Nobody begins before the one before has ended, whatever that waits for."""
    alone, told = KeyedLocks(), list[str]()

    async def work(name: str) -> None:
        async with alone.acquire([ADA]):
            told.append(f"{name} begins")
            await asyncio.sleep(0)
            told.append(f"{name} ends")

    await asyncio.gather(*[work(name) for name in "abc"])
    assert told == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]
    assert len(alone) == 0


async def test_another_agent_does_not_wait() -> None:
    """Two agents, two decisions at once."""
    alone = KeyedLocks()
    async with alone.acquire([ADA]), alone.acquire([BOB]):
        assert len(alone) == 2
    assert len(alone) == 0


async def test_several_at_once_never_wait_for_each_other_in_a_ring() -> None:
    """Each takes its agents in one order, whoever else holds some of them."""
    alone, most, inside = KeyedLocks(), 0, 0

    async def work(keys: list[AgentKey]) -> None:
        nonlocal most, inside
        async with alone.acquire(sorted(keys)):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    async with asyncio.timeout(10):
        await asyncio.gather(*[work(keys) for keys in ([ADA, BOB], [BOB, ADA], [ADA], [BOB]) * 5])
    assert (most <= 2, len(alone)) == (True, 0)


async def test_nobody_at_all_is_no_wait() -> None:
    """A delivery that is no agent's."""
    alone = KeyedLocks()
    async with alone.acquire([]):
        assert len(alone) == 0


async def test_who_gives_up_waiting_is_forgotten() -> None:
    """And whoever waits behind them has their turn."""
    alone, told = KeyedLocks(), list[str]()

    async def work(name: str) -> None:
        async with alone.acquire([ADA]):
            told.append(name)

    async with alone.acquire([ADA]):
        impatient = asyncio.ensure_future(work("impatient"))
        patient = asyncio.ensure_future(work("patient"))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.wait({impatient})
    await patient
    assert (told, len(alone)) == (["patient"], 0)


async def test_an_error_lets_the_next_one_in() -> None:
    """A commit that fails holds nobody up."""
    alone = KeyedLocks()
    with pytest.raises(ValueError, match="failed"):
        async with alone.acquire([ADA]):
            raise ValueError("failed")
    async with asyncio.timeout(10), alone.acquire([ADA]):
        assert len(alone) == 1
