"""Steering over lost connections, a store that is away, and events that are too many."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path

import pytest
import respx

from adapter.telephony.asterisk import ids, pulse
from adapter.telephony.asterisk import steering as module
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.board import CallBoard
from adapter.telephony.asterisk.client import AriClient, ConnectionLost
from adapter.telephony.asterisk.commands import Connect
from adapter.telephony.asterisk.executor import CommandExecutor
from adapter.telephony.asterisk.rest import build_http
from adapter.telephony.asterisk.steering import (
    AGAIN_SECONDS,
    REPLACED_SECONDS,
    Replaced,
    Steering,
    _read_events,
)
from adapter.telephony.asterisk.wire import Channel, Event
from adapter.telephony.port import Unknown
from adapter.telephony.updates import CallUpdate, Moment
from qa.asterisk.bench import Bench, imitated, plans
from qa.asterisk.handset import PICK_UP
from qa.asterisk.standin import StandIn

NUMBER = "+15551230300"


class Stage:
    """A stand-in, a steering, and what it tells; the store can be away."""

    def __init__(self, bench: Bench, steering: Steering, executor: CommandExecutor) -> None:
        assert isinstance(bench.world, StandIn)
        self.bench, self.world, self.steering, self.executor = (
            bench,
            bench.world,
            steering,
            executor,
        )
        self.told: list[CallUpdate] = []
        self.refusals = 0
        self.others: set[str] = set()
        self.changed = asyncio.Event()

    async def tell(self, update: CallUpdate) -> bool:
        """Keep it, or be away; `others` are calls that another process has told of."""
        if self.refusals:
            self.refusals -= 1
            raise OSError("the store is away")
        self.told.append(update)
        self.changed.set()
        return update.provider_call_id not in self.others

    async def until(self, moment: Moment) -> None:
        """Wait until it is told."""
        async with asyncio.timeout(10):
            while moment not in [one.moment for one in self.told]:
                self.changed.clear()
                await self.changed.wait()

    async def until_connected(self, is_so: bool = True) -> None:
        """Wait for the connection (to be gone)."""
        async with asyncio.timeout(10):
            while self.steering.connected is not is_so:  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(0.01)


@asynccontextmanager
async def a_stage(folder: Path) -> AsyncIterator[Stage]:
    """Running, with ada's phone."""
    async with imitated(folder) as bench:
        account = bench.account()
        client = AriClient(build_http(account), account)
        executor = CommandExecutor(client, account)
        now = lambda: time.time_ns() // 1_000_000  # noqa: E731
        steering = Steering(client, executor, account, now=now, users=lambda: ["ada"])
        stage = Stage(bench, steering, executor)
        plans(bench, stage.world.phone("ada"))
        running = asyncio.create_task(steering.run(stage.tell))
        try:
            await stage.until_connected()
            yield stage
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await client.close()


async def test_events_missed_during_a_disconnection_are_recovered(tmp_path: Path) -> None:
    """The phone is picked up while nobody listens: the destination is called all the same."""
    async with a_stage(tmp_path) as stage:
        ada = stage.world.phone("ada")
        await stage.executor.ring("c1", "ada", NUMBER, shown="")
        await stage.world.lose_sockets()
        await ada.until_talks()
        await stage.until(Moment.CONNECTED)
        await stage.world.lose_sockets()
        await ada.calls[-1].hang_up()
        await stage.until(Moment.ENDED)
        await stage.bench.trunk.until_over()
        assert len(stage.bench.trunk.calls) == 1


async def test_nothing_follows_before_it_is_stored(tmp_path: Path) -> None:
    """The store is away for a moment: the destination waits, and is called once."""
    async with a_stage(tmp_path) as stage:
        stage.refusals = 2
        await stage.executor.ring("c1", "ada", NUMBER, shown="")
        await stage.until(Moment.DIALED)
        await stage.until(Moment.CONNECTED)
        assert [one.moment for one in stage.told] == [Moment.DIALED, Moment.CONNECTED]


async def test_the_process_that_reported_a_call_first_dials_its_destination(tmp_path: Path) -> None:
    """It was replaced at that moment, and goes on with what it began: one call, and the talk."""
    async with a_stage(tmp_path) as stage:
        stage.others.add("c1")
        await stage.executor.ring("c1", "ada", NUMBER, shown="")
        await stage.until(Moment.DIALED)
        other = Connect("c1", "ada", ids.device("c1", 0), NUMBER)
        assert await stage.executor.perform(other)
        await stage.until(Moment.CONNECTED)
        assert len(stage.bench.trunk.calls) == 1


async def test_nobody_completes_what_the_first_process_left_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it had called the destination nobody knows: the agent is let go, and told."""
    monkeypatch.setattr(module, "OTHERS_SECONDS", 0.05)
    async with a_stage(tmp_path) as stage:
        stage.others.add("c1")
        await stage.executor.ring("c1", "ada", NUMBER, shown="")
        await stage.until(Moment.ENDED)
        await stage.world.phone("ada").until_over()
        assert stage.bench.trunk.calls == []


async def test_hanging_up_waits_for_no_store(tmp_path: Path) -> None:
    """Nobody is left in silence because a database is away."""
    async with a_stage(tmp_path) as stage:
        ada = stage.world.phone("ada")
        await stage.executor.ring("c1", "ada", NUMBER, shown="")
        await stage.until(Moment.CONNECTED)
        stage.refusals = 1_000
        await ada.calls[-1].hang_up()
        await stage.bench.trunk.until_over()
        stage.refusals = 0
        await stage.until(Moment.ENDED)


@pytest.mark.parametrize("rings", [True, False], ids=["talked to", "made in part"])
async def test_a_failed_request_strands_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rings: bool
) -> None:
    """The customer's leg could not be hung up at first: it is asked for again until it is gone."""
    real = AriClient.dial
    hang_up, failures = AriClient.hang_up, [Unknown("it did not answer in time")] * 3

    async def sometimes(client: AriClient, channel: str, reason: int | None = None) -> None:
        if channel == ids.destination("c1") and failures:
            raise failures.pop()
        await hang_up(client, channel, reason)

    async def dial(client: AriClient, channel: str, seconds: int, caller: str = "") -> None:
        if channel == ids.destination("c1") and not rings:
            raise Unknown("it did not answer in time")
        await real(client, channel, seconds, caller)

    monkeypatch.setattr(module, "LET_GO_SECONDS", (0.01,) * 4)
    monkeypatch.setattr(AriClient, "hang_up", sometimes)
    monkeypatch.setattr(AriClient, "dial", dial)
    async with a_stage(tmp_path) as stage:
        await stage.executor.ring("c1", "ada", NUMBER, shown="")
        if rings:
            await stage.until(Moment.CONNECTED)
            await stage.world.phone("ada").calls[-1].hang_up()
        await stage.until(Moment.ENDED)
        async with asyncio.timeout(10):
            while ids.destination("c1") in stage.world.exchange.channels:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert failures == []


async def test_a_replaced_process_stops_steering(tmp_path: Path) -> None:
    """Its run returns; it does not fight for the application."""
    async with a_stage(tmp_path) as stage:
        account = stage.bench.account()
        other = AriClient(build_http(account), account)
        async with other.events():
            await stage.until_connected(False)
            await asyncio.sleep(0.2)
            assert not stage.steering.connected
        await other.close()


async def test_two_that_take_the_application_from_each_other_do_so_ever_more_seldom(
    monkeypatch: pytest.MonkeyPatch, client: AriClient
) -> None:
    """As two adapters do with two databases; after a quiet time it is taken back at once."""
    account, waits, lasting = client.account, list[float](), iter((0, 0, 0, 0, 0, 1_000))
    steering = Steering(client, CommandExecutor(client, account), account, now=lambda: 0)
    loop = asyncio.get_running_loop()
    real, shift = loop.time, [0.0]

    async def serve(*_: object) -> None:
        shift[0] += next(lasting)
        raise Replaced

    async def tell(_: CallUpdate) -> bool:
        return True

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(steering, "_serve", serve)
    monkeypatch.setattr("asyncio.sleep", sleep)
    monkeypatch.setattr(loop, "time", lambda: real() + shift[0])
    for _ in range(6):
        await steering.run(tell)
    assert waits == [*REPLACED_SECONDS, REPLACED_SECONDS[-1], REPLACED_SECONDS[0]]


async def test_a_connection_that_brings_no_more_events_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands, and Asterisk has forgotten whom its events are for: nobody stays in silence."""
    monkeypatch.setattr(pulse, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(pulse, "ANSWER_SECONDS", 0.05)
    async with a_stage(tmp_path) as stage:
        await stage.executor.ring("c1", "ada", NUMBER, shown="")
        await stage.until(Moment.CONNECTED)
        stage.world.exchange.served = None
        await stage.world.phone("ada").calls[-1].hang_up()
        await stage.bench.trunk.until_over()
        await stage.until(Moment.ENDED)


async def test_too_many_queued_events_count_as_a_lost_connection() -> None:
    """Then all is compared anew."""
    queue: asyncio.Queue[Event | None] = asyncio.Queue(2)

    async def many() -> AsyncIterator[Event]:
        for _ in range(5):
            yield Event("ChannelVarset")

    await _read_events(queue, many())
    assert [queue.get_nowait() for _ in range(queue.qsize())][-1] is None


async def test_a_killed_asterisk_is_reconnected(tmp_path: Path) -> None:
    """Its calls are over; the next one works."""
    async with a_stage(tmp_path) as stage:
        await stage.executor.ring("c1", "ada", NUMBER, shown="")
        await stage.until(Moment.CONNECTED)
        await stage.world.kill()
        await stage.world.start()
        await stage.until(Moment.ENDED)
        stage.told.clear()
        plans(stage.bench, stage.world.phone("ada"), PICK_UP)
        await stage.until_connected()
        await stage.executor.ring("c2", "ada", NUMBER, shown="")
        await stage.until(Moment.CONNECTED)


@pytest.mark.parametrize(("wrong_ms", "told_ms"), [(600_000, 0), (-600_000, 0), (60_000, 60_000)])
async def test_a_pick_up_has_the_time_of_asterisks_clock(
    net: respx.MockRouter, client: AriClient, wrong_ms: int, told_ms: int
) -> None:
    """A clock that is minutes wrong is wrong for both: else a talk would be as much too long."""
    now, picked_up = 1_795_967_613_000, 1_795_967_548_000
    account = client.account
    steering = Steering(client, CommandExecutor(client, account), account, now=lambda: now)
    date = formatdate((now - wrong_ms) / 1000, usegmt=True)
    value = {"value": f"{(picked_up - wrong_ms) / 1000:.6f}"}
    net.get(path__startswith="/ari/").respond(200, json=value, headers={"Date": date})
    found = await steering.answered([Channel("c1-d0", state="Up")])
    assert found == {"c1-d0": picked_up - told_ms}


async def test_failed_connections_are_retried_with_growing_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each time everything is asked anew: an exchange in trouble is not asked all the time."""
    waits, enough = list[float](), asyncio.Event()
    account = AsteriskAccount("http://127.0.0.1:1", "softphone", "secret")
    client = AriClient(build_http(account), account)
    steering = Steering(client, CommandExecutor(client, account), account, now=lambda: 0)

    async def serve(*_: object) -> None:
        steering.connected = True
        raise ConnectionLost("closed")

    async def tell(_: CallUpdate) -> bool:
        return True

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > len(AGAIN_SECONDS):
            enough.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(steering, "_serve", serve)
    monkeypatch.setattr("asyncio.sleep", sleep)
    running = asyncio.create_task(steering.run(tell))
    await asyncio.wait_for(enough.wait(), 20)
    running.cancel()
    await asyncio.wait([running])
    await client.close()
    assert waits == [*AGAIN_SECONDS, AGAIN_SECONDS[-1]]


async def test_a_bug_in_one_event_does_not_affect_other_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is skipped: the connection stays, and a call goes its way."""
    take, odd = CallBoard.take, ["StasisStart"]

    def sometimes(board: CallBoard, event: Event) -> object:
        if event.type in odd:
            odd.clear()
            raise KeyError("a bug")
        return take(board, event)

    async with a_stage(tmp_path) as stage:
        monkeypatch.setattr(CallBoard, "take", sometimes)
        await stage.executor.ring("c1", "ada", NUMBER, shown="")
        async with asyncio.timeout(20):
            while odd:  # noqa: ASYNC110 - the bug's own moment
                await asyncio.sleep(0.01)
        await stage.executor.ring("c2", "ada", NUMBER, shown="")
        await stage.until(Moment.CONNECTED)
        assert stage.steering.connected
