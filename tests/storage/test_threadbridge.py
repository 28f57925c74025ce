"""Between the event loop and its threads: portions, outcomes, an end, and a loop that is gone."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from itertools import chain
from threading import Event, Thread
from typing import Any

import pytest

from adapter.storage.port import Conflict, Done, StorageError
from adapter.storage.threadbridge import ThreadBridge, Waiting, outcome_of

Asked = list["asyncio.Future[Any]"]


def ask(bridge: ThreadBridge[int], *works: int) -> Asked:
    """The outcomes to be."""
    return [asyncio.ensure_future(bridge.submit(work)) for work in works]


async def handed_over() -> None:
    """Let the callers ask, and their round end."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def works_of(taken: list[Waiting[int]]) -> list[int]:
    """What was taken, without who waits for it."""
    return [work for work, *_ in taken]


async def test_nothing_is_handed_over_before_the_loop_iteration_ends() -> None:
    """A thread that waits all the time has all of it in one portion."""
    bridge, portions, took = ThreadBridge[int](10, 10), list[list[int]](), Event()

    def take() -> None:
        while taken := bridge.next_batch():
            portions.append(works_of(taken))
            took.set()
            bridge.resolve(taken, [work * 2 for work in works_of(taken)])

    async def look() -> bool:
        # Holds the loop up on purpose: the thread has all the time to take the first, and must not.
        return took.wait(0.1)

    thread = Thread(target=take)
    thread.start()
    outcomes = await asyncio.gather(bridge.submit(1), look(), bridge.submit(2), bridge.submit(3))
    bridge.end()
    await asyncio.to_thread(thread.join)
    assert list(outcomes) == [2, False, 4, 6]
    assert portions == [[1, 2, 3]]


async def test_threads_share_work_in_limited_batches() -> None:
    """A half for the first of two, rounded up; at most so many for one who is alone."""
    two = ThreadBridge[int](10, 10, threads=2)
    asked = ask(two, *range(7))
    await handed_over()
    assert [works_of(two.next_batch()) for _ in range(2)] == [[0, 1, 2, 3], [4, 5, 6]]
    one = ThreadBridge[int](10, 2)
    asked += ask(one, *range(3))
    await handed_over()
    assert [works_of(one.next_batch()) for _ in range(2)] == [[0, 1], [2]]
    for each in asked:
        each.cancel()


async def test_work_that_arrived_meanwhile_is_one_batch() -> None:
    """Of several rounds of the loop; other threads are left one each."""
    bridges = [ThreadBridge[int](10, 10, threads) for threads in (1, 2)]
    asked = []
    for work in range(3):
        for bridge in bridges:
            asked += ask(bridge, work)
        await handed_over()
    assert works_of(bridges[0].next_batch()) == [0, 1, 2]
    assert [works_of(bridges[1].next_batch()) for _ in range(2)] == [[0, 1], [2]]
    for each in asked:
        each.cancel()


async def test_outcomes_find_their_callers_and_errors_are_raised() -> None:
    """One who gave up is passed over; what comes after it is called when all have their answers."""
    bridge = ThreadBridge[int](10, 10)
    asked = ask(bridge, 1, 2, 3)
    await handed_over()
    asked[0].cancel()
    then = asyncio.Event()
    bridge.resolve(bridge.next_batch(), ["one", Conflict("two"), "three"], then.set)
    async with asyncio.timeout(10):
        await then.wait()
    with pytest.raises(Conflict, match="two"):
        await asked[1]
    assert await asked[2] == "three"


async def test_an_outcome_is_reported_in_its_callers_context() -> None:
    """Log lines and measures know then, too, what it was asked for."""
    bridge, name, told = (
        ThreadBridge[int](10, 10),
        ContextVar("name", default="nobody"),
        list[tuple[str, object]](),
    )
    then = asyncio.Event()
    for who in ("ada", "ben"):
        name.set(who)
        bridge.begin(1, lambda outcome: told.append((name.get(), outcome)))
    name.set("somebody else")
    await handed_over()
    bridge.resolve(bridge.next_batch(), ["one", Conflict("two")], then.set)
    async with asyncio.timeout(10):
        await then.wait()
    assert [(who, str(outcome)) for who, outcome in told] == [("ada", "one"), ("ben", "two")]


async def test_a_failing_caller_does_not_affect_others() -> None:
    """Its bug is reported where the loop reports what nobody caught."""
    bridge, told, reported = ThreadBridge[int](10, 10), list[object](), list[str]()
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: reported.append(context["message"])
    )

    def fail(outcome: object) -> None:
        raise ValueError("a bug")

    then = asyncio.Event()
    bridge.begin(1, fail)
    bridge.begin(2, told.append)
    await handed_over()
    bridge.resolve(bridge.next_batch(), ["one", "two"], then.set)
    async with asyncio.timeout(10):
        await then.wait()
    assert (told, reported) == (["two"], ["the callback of an outcome failed"])


async def test_unanswered_work_counts_toward_the_limit() -> None:
    """Gathered, waiting or taken: beyond that it refuses at once, until some are answered."""
    bridge, then = ThreadBridge[int](2, 1), asyncio.Event()
    asked = ask(bridge, 1)
    await handed_over()
    asked += ask(bridge, 2)
    await asyncio.sleep(0)
    taken = bridge.next_batch()
    with pytest.raises(StorageError, match="overloaded"):
        await bridge.submit(3)
    bridge.resolve(taken, ["one"], then.set)
    async with asyncio.timeout(10):
        await then.wait()
    asked += ask(bridge, 3)
    await handed_over()
    assert [works_of(bridge.next_batch()) for _ in range(2)] == [[2], [3]]
    for one in asked[1:]:
        one.cancel()


async def test_closing_hands_out_the_rest_and_then_stops_every_thread() -> None:
    """What was asked before is done; what comes later is refused."""
    bridge, taken = ThreadBridge[int](10, 10, threads=8), list[list[int]]()

    def take_all() -> None:
        while portion := bridge.next_batch():
            taken.append(works_of(portion))
            bridge.resolve(portion, works_of(portion))

    threads = [Thread(target=take_all, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    asked = ask(bridge, 1, 2)
    await asyncio.sleep(0)
    bridge.end()
    with pytest.raises(StorageError, match="closed"):
        await bridge.submit(3)
    assert await asyncio.gather(*asked) == [1, 2]
    for thread in threads:
        await asyncio.to_thread(thread.join, 10)
    assert not any(thread.is_alive() for thread in threads)
    assert sorted(chain.from_iterable(taken)) == [1, 2]


def test_outcomes_for_a_loop_that_is_gone_are_dropped() -> None:
    """Nobody waits for them, and the thread lives on."""
    bridge = ThreadBridge[int](10, 10)

    async def forget() -> list[Waiting[int]]:
        (asked,) = ask(bridge, 1)
        await handed_over()
        asked.cancel()
        return bridge.next_batch()

    bridge.resolve(asyncio.run(forget()), ["late"])


async def test_an_outcome_is_awaited() -> None:
    """Also one that is told at once."""

    def at_once(done: Done[int]) -> None:
        done(5)

    def later(done: Done[int]) -> None:
        asyncio.get_running_loop().call_soon(done, 6)

    assert (await outcome_of(at_once), await outcome_of(later)) == (5, 6)


async def test_an_error_is_raised() -> None:
    """Whatever kind it is of."""

    def fail(done: Done[int]) -> None:
        done(ValueError("no"))

    with pytest.raises(ValueError, match="no"):
        await outcome_of(fail)


async def test_canceled_callers_are_skipped() -> None:
    """The work is done all the same."""
    told: list[Done[int]] = []
    waiting = asyncio.ensure_future(outcome_of(told.append))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    told[0](5)
    assert waiting.cancelled()
