"""Deadlines become events, and nobody's trouble delays anybody else's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapter.core.events import DialRequested
from adapter.core.model import AgentKey, Phase
from adapter.runtime.agents import Agents
from adapter.runtime.pages import Page
from adapter.runtime.sweeper import GRACE_MS
from adapter.telephony.news import Moment
from adapter.telephony.port import CallRecord, Unknown
from tests.runtime.conftest import ADA, BOB, LINE, Bench, heard, news


async def dial_both(bench: Bench) -> None:
    """Ada and Bob each place a call whose devices nobody picks up."""
    for key in (ADA, BOB):
        await bench.greet(key)
        click = DialRequested(1_000_000, "r1", f"call-{key.user_id}", "+12025550143", 1_000_000)
        await bench.agents.tell(key, click)
    await bench.settle()


async def test_a_deadline_is_kept_for_everybody_at_once(bench: Bench) -> None:
    """Nobody picked up: both are asked about and then idle."""
    await dial_both(bench)
    assert await bench.sweeper.sweep() == 0
    bench.clock.at += 46_000
    assert await bench.sweeper.sweep() == 2
    await bench.settle()
    for key in (ADA, BOB):
        assert (await bench.agents.snapshot(key)).agent.phase is Phase.IDLE


async def test_one_agent_that_fails_delays_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it raises: the others are swept, and it is tried again."""
    await dial_both(bench)
    real = Agents.change

    async def fails_for_ada(self: Agents, plan: Any, **more: Any) -> Any:
        if ADA in plan:
            raise AssertionError("a bug of ours")
        return await real(self, plan, **more)

    bench.clock.at += 46_000
    with monkeypatch.context() as broken:
        broken.setattr(Agents, "change", fails_for_ada)
        assert await bench.sweeper.sweep() == 2
        await bench.settle()
    assert (await bench.agents.snapshot(BOB)).agent.phase is Phase.IDLE
    assert await bench.sweeper.sweep() == 1
    await bench.settle()
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.IDLE


async def test_the_clock_hand_survives_a_store_that_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on, and sweeps when the store is back."""
    failed, swept = asyncio.Event(), asyncio.Event()
    real = bench.store.due

    async def broken(now: int, limit: int) -> Any:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("gone")
        swept.set()
        return await real(now, limit)

    monkeypatch.setattr(bench.store, "due", broken)
    bench.tasks.start("sweeper", bench.sweeper.run(), endless=True)
    async with asyncio.timeout(20):
        await swept.wait()


async def test_a_strangers_call_is_asked_about_once_and_given_up(bench: Bench) -> None:
    """A user whom no agent has: one question, nothing parked in its turn, dropped at the end."""
    bench.provider.rows = [CallRecord(provider_call_id="pc1", user_id="user_stranger", live=True)]
    await bench.intake.take(heard(news(Moment.DIALED, user="user_stranger"), body=b"dialed"))
    for _ in range(5):
        bench.clock.at += 20_000
        await bench.sweeper.unpark()
    assert bench.provider.asked == [("record", "pc1")]
    assert len((await bench.store.route(LINE.account, "pc1")).parked) == 1
    bench.clock.at += 600_000
    assert await bench.sweeper.unpark() == 1
    assert (await bench.store.route(LINE.account, "pc1")).parked == ()


async def test_the_call_log_tells_whose_a_parked_call_is(bench: Bench) -> None:
    """Events without a user wait for the record, which binds the call and replays them."""
    await bench.greet()
    row = CallRecord(
        provider_call_id="pc1",
        user_id=LINE.user,
        direction="outbound",
        to_number="+12025550143",
        live=True,
    )
    bench.provider.rows = [row]
    await bench.intake.take(heard(news(Moment.CONNECTED, user=None), body=b"connected"))
    bench.clock.at += 20_000
    await bench.sweeper.unpark()
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.BRIDGED


async def test_a_call_log_that_does_not_answer_leaves_the_delivery_parked(bench: Bench) -> None:
    """It is replayed with the next event of its call, or dropped when it has waited too long."""
    bench.provider.fails = Unknown("down")
    await bench.intake.take(heard(news(Moment.CONNECTED, user=None), body=b"connected"))
    bench.clock.at += 20_000
    assert await bench.sweeper.unpark() == 1
    assert len((await bench.store.route(LINE.account, "pc1")).parked) == 1


# --- two replicas -------------------------------------------------------------------------------

Pair = tuple[Bench, Bench]
OVER_MS = 45_000
"""When nobody has picked up: the deadline of what `dial_both` places."""


def sit_down(bench: Bench, key: AgentKey) -> Page:
    """The agent has a page at this replica."""
    page = Page(f"page-{key.user_id}", key, send=lambda _: None, close=lambda _code, _why: None)
    bench.pages.add(page)
    return page


async def phases(bench: Bench) -> list[Phase]:
    """Ada's and Bob's, as the store has them."""
    for key in (ADA, BOB):
        bench.agents.forget(key)
    return [(await bench.agents.snapshot(key)).agent.phase for key in (ADA, BOB)]


async def test_a_deadline_is_first_the_replicas_that_has_the_page(pair: Pair) -> None:
    """Each keeps its own agent's and leaves the other's: nothing is decided twice."""
    here, there = pair
    sit_down(here, ADA)
    sit_down(there, BOB)
    await dial_both(here)
    here.clock.at += OVER_MS
    here.provider.asked.clear()
    assert [await here.sweeper.sweep(), await here.sweeper.sweep()] == [1, 0]
    assert await there.sweeper.sweep() == 1
    for bench in pair:
        await bench.settle()
    assert await phases(here) == [Phase.IDLE, Phase.IDLE]
    assert [asked[0] for asked in here.provider.asked] == ["records", "records"]


async def test_a_deadline_whose_replica_is_gone_is_kept_a_second_later(pair: Pair) -> None:
    """Neither agent has a page here; after the grace, somebody must."""
    here, there = pair
    await dial_both(here)
    here.clock.at += OVER_MS + GRACE_MS - 1
    assert await there.sweeper.sweep() == 0
    here.clock.at += 1
    assert await there.sweeper.sweep() == 2
    await there.settle()
    assert await phases(there) == [Phase.IDLE, Phase.IDLE]


async def test_a_page_that_moves_takes_its_deadlines_along(pair: Pair) -> None:
    """Its old replica leaves them alone from then on; the new one keeps them at once."""
    here, there = pair
    left = sit_down(here, ADA)
    await dial_both(here)
    here.pages.remove(left)
    sit_down(there, ADA)
    here.clock.at += OVER_MS
    assert await here.sweeper.sweep() == 0
    assert await there.sweeper.sweep() == 1
