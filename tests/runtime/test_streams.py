"""One process listens, another takes over, and never two that both know that they may."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from structlog.contextvars import get_contextvars

from adapter.runtime.streams import LEASE_MS, Stream
from adapter.storage.port import StorageError
from tests.runtime.conftest import Bench


class Listener:
    """A driver that only listens: `on` while it does; ends when `ends` is set, and breaks then."""

    def __init__(self) -> None:
        self.on = asyncio.Event()
        self.off = asyncio.Event()
        self.ends = asyncio.Event()
        self.times = 0
        self.bound: dict[str, Any] = {}

    async def run(self, sink: Any) -> None:
        """Until cancelled or told to break."""
        self.times += 1
        self.bound = get_contextvars()
        self.off.clear()
        self.on.set()
        try:
            await self.ends.wait()
            self.ends.clear()
            raise ConnectionResetError("the stream broke")
        finally:
            self.on.clear()
            self.off.set()


def stream(bench: Bench, listener: Listener, holder: str) -> Stream:
    """That process' part, with little patience."""
    return Stream(
        account="acct",
        driver=listener,  # type: ignore[arg-type]  # only run() is asked for
        sink=None,  # type: ignore[arg-type]
        store=bench.store,
        clock=bench.clock,
        tasks=bench.tasks,
        holder=holder,
        renew_seconds=0.02,
        again_seconds=0.01,
    )


async def until(event: asyncio.Event) -> None:
    """It happens."""
    async with asyncio.timeout(20):
        await event.wait()


async def test_only_one_process_listens_until_it_leaves(bench: Bench) -> None:
    """The next one begins at once when the first one goes in order."""
    first, second = Listener(), Listener()
    one = bench.tasks.start("one", stream(bench, first, "one").run())
    await until(first.on)
    bench.tasks.start("two", stream(bench, second, "two").run())
    for _ in range(10):
        await asyncio.sleep(0.01)
        assert first.on.is_set()
        assert not second.on.is_set()
    one.cancel()
    with suppress(asyncio.CancelledError):
        await one
    await until(second.on)
    assert not first.on.is_set()


async def test_a_drivers_log_lines_name_the_account(bench: Bench) -> None:
    """With several orgs, a lost connection is one phone system's."""
    listener = Listener()
    bench.tasks.start("one", stream(bench, listener, "one").run())
    await until(listener.on)
    assert listener.bound == {"account": "acct"}


async def test_another_process_follows_when_a_dead_ones_lease_expires(bench: Bench) -> None:
    """It could not say that it went."""
    assert await bench.store.take_lease("stream acct", "dead", bench.clock.at, bench.clock.at + 9)
    listener = Listener()
    bench.tasks.start("two", stream(bench, listener, "two").run())
    await asyncio.sleep(0.05)
    assert not listener.on.is_set()
    bench.clock.at += 9
    await until(listener.on)


async def test_a_process_that_lost_the_lease_stops_listening(bench: Bench) -> None:
    """It was asleep for longer than the lease: somebody else has it."""
    listener = Listener()
    bench.tasks.start("one", stream(bench, listener, "one").run())
    await until(listener.on)
    bench.clock.at += LEASE_MS
    while not await bench.store.take_lease(
        "stream acct", "two", bench.clock.at, bench.clock.at + 9 * LEASE_MS
    ):
        bench.clock.at += LEASE_MS
    await until(listener.off)
    assert not listener.on.is_set()


async def test_a_process_that_cannot_renew_its_lease_stops_before_it_expires(bench: Bench) -> None:
    """While the store is away nobody knows who may listen."""
    listener = Listener()
    bench.tasks.start("one", stream(bench, listener, "one").run())
    await until(listener.on)

    async def away(*_: object, **__: object) -> bool:
        raise StorageError("away")

    bench.store.take_lease = away  # type: ignore[method-assign]
    await asyncio.sleep(0.1)
    assert listener.on.is_set()
    bench.clock.at += LEASE_MS
    await until(listener.off)


async def test_a_broken_stream_is_reconnected(bench: Bench) -> None:
    """By the same process, which still has the lease."""
    listener = Listener()
    bench.tasks.start("one", stream(bench, listener, "one").run())
    for times in (1, 2, 3):
        await until(listener.on)
        assert listener.times == times
        listener.ends.set()
        await until(listener.off)


async def test_a_lease_is_requested_again_after_any_failure(bench: Bench) -> None:
    """A process that gave up for good would leave the account without anybody who listens."""
    listener, take = Listener(), bench.store.take_lease
    failures = [ZeroDivisionError("a bug")] * 3

    async def odd(name: str, holder: str, now: int, until: int) -> bool:
        if failures:
            raise failures.pop()
        return await take(name, holder, now, until)

    bench.store.take_lease = odd  # type: ignore[method-assign]
    bench.tasks.start("one", stream(bench, listener, "one").run())
    await until(listener.on)
    assert not failures
