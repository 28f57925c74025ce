"""Whoever decides for an agent has them to themselves; afterwards nothing of it is left."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

from adapter.core.model import AgentKey
from adapter.runtime.keyedlocks import KeyedLocks

ADA, BOB = AgentKey("00D1", "0051"), AgentKey("00D1", "0052")


async def rounds(count: int) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_nobody_waits_for_an_agent_who_is_free() -> None:
    """The call comes before `take` returns, for nobody at all as well."""
    locks, told = KeyedLocks(), list[str]()
    locks.take([ADA], lambda: told.append("ada"))
    locks.take([BOB], lambda: told.append("bob"))
    locks.take([], lambda: told.append("nobody"))
    assert (told, len(locks)) == (["ada", "bob", "nobody"], 2)
    locks.release([ADA])
    locks.release([BOB])
    locks.release([])
    assert len(locks) == 0


async def test_one_after_the_other_in_the_order_they_came() -> None:
    """Nobody begins before the one before has released."""
    locks, told = KeyedLocks(), list[str]()
    for name in "abc":
        locks.take([ADA], lambda name=name: told.append(name))  # type: ignore[misc]
    await rounds(3)
    assert told == ["a"]
    for expected in (["a", "b"], ["a", "b", "c"]):
        locks.release([ADA])
        await rounds(1)
        assert told == expected
    locks.release([ADA])
    assert len(locks) == 0


async def test_acquiring_several_locks_never_deadlocks() -> None:
    """Each takes its agents in one order, whoever else holds some of them; all have their turn."""
    locks, holding, done = KeyedLocks(), set[AgentKey](), list[int]()

    def begin(number: int, keys: Sequence[AgentKey]) -> None:
        assert not holding & set(keys)
        holding.update(keys)
        asyncio.get_running_loop().call_soon(end, number, keys)

    def end(number: int, keys: Sequence[AgentKey]) -> None:
        holding.difference_update(keys)
        done.append(number)
        locks.release(keys)

    for number in range(40):
        keys = ([ADA], [BOB], [ADA, BOB])[number % 3]
        locks.take(keys, lambda number=number, keys=keys: begin(number, keys))  # type: ignore[misc]
    await rounds(200)
    assert (sorted(done), len(locks)) == (list(range(40)), 0)


async def test_a_long_queue_does_not_grow_the_stack() -> None:
    """Each turn comes in a round of its own, also where it is over at once."""
    locks, done = KeyedLocks(), list[int]()

    def once(number: int) -> None:
        done.append(number)
        locks.release([ADA])

    locks.take([ADA], lambda: None)
    for number in range(5_000):
        locks.take([ADA], lambda number=number: once(number))  # type: ignore[misc]
    locks.release([ADA])
    await rounds(5_001)
    assert (done, len(locks)) == (list(range(5_000)), 0)


async def test_a_waiter_resumes_in_its_own_context() -> None:
    """Not in that of whoever they waited for: log lines and measures would be another's."""
    name, told, locks = ContextVar("name", default="nobody"), list[str](), KeyedLocks()
    locks.take([ADA], lambda: None)
    name.set("waiting")
    locks.take([ADA], lambda: told.append(name.get()))
    name.set("releasing")
    locks.release([ADA])
    await rounds(1)
    assert told == ["waiting"]
