"""Deadlines become events, and nobody's trouble delays anybody else's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import stamina
from msgspec.structs import replace
from stamina.instrumentation import set_on_retry_hooks
from structlog.testing import capture_logs

from adapter.core.events import DialRequested, TimePassed
from adapter.core.facts import OUTBOUND
from adapter.core.model import AgentKey, Phase
from adapter.observability import log_retry
from adapter.page.page import Page
from adapter.runtime import sweeper as sweeping
from adapter.runtime.agents import Agents
from adapter.runtime.sweeper import ASK_AGAIN_MS, ASKED_AT_ONCE, FAILED_MS, GRACE_MS
from adapter.storage.port import StorageError
from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.port import Unknown
from adapter.telephony.updates import Moment
from adapter.tenants import Tenants
from tests.fakes.tenants import a_tenant
from tests.runtime.conftest import ADA, BOB, LINE, Bench, HandProvider, incoming, news

ADAS = CdrRow(
    provider_call_id="pc1",
    user_id=LINE.user,
    direction=OUTBOUND,
    to_number="+12025550143",
    live=True,
)
"""The CDR of one of Ada's calls."""


async def dial_both(bench: Bench) -> None:
    """Ada and Bob each place a call whose devices nobody picks up."""
    for key in (ADA, BOB):
        await bench.greet(key)
        click = DialRequested(1_000_000, "r1", f"call-{key.user_id}", "+12025550143", 1_000_000)
        await bench.agents.handle(key, click)
    await bench.settle()


async def unpark(bench: Bench) -> int:
    """Look once, and wait for the answers."""
    begun = await bench.sweeper.unpark()
    await bench.settle()
    return begun


async def test_simultaneous_deadlines_are_all_kept(bench: Bench) -> None:
    """Nobody picked up: both are asked about and then idle."""
    await dial_both(bench)
    assert await bench.sweeper.sweep() == 0
    bench.clock.at += 46_000
    assert await bench.sweeper.sweep() == 2
    await bench.settle()
    for key in (ADA, BOB):
        assert (await bench.agents.snapshot(key)).agent.phase is Phase.IDLE


async def test_a_failing_agent_does_not_delay_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it raises, and though it is due first: others are swept, it is tried again."""
    await dial_both(bench)
    real = Agents.change

    def fails_for_ada(self: Agents, plan: Any, *more: Any) -> None:
        if ADA in plan:
            raise AssertionError("a bug of ours")
        real(self, plan, *more)

    bench.clock.at += 46_000
    with monkeypatch.context() as broken:
        broken.setattr(sweeping, "AT_ONCE", 1)
        broken.setattr(Agents, "change", fails_for_ada)
        for _ in range(2):
            await bench.sweeper.sweep()
            await bench.settle()
    assert (await bench.agents.snapshot(BOB)).agent.phase is Phase.IDLE
    assert await bench.sweeper.sweep() == 0
    bench.clock.at += FAILED_MS
    assert await bench.sweeper.sweep() == 1
    await bench.settle()
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.IDLE


async def test_an_agent_whose_turn_never_ends_does_not_block_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for only so long, and tried again."""
    await dial_both(bench)
    real = Agents.change

    def hangs_for_ada(self: Agents, plan: Any, *more: Any) -> None:
        if ADA not in plan:
            real(self, plan, *more)

    bench.clock.at += 46_000
    with monkeypatch.context() as broken:
        broken.setattr(sweeping, "PATIENCE_SECONDS", 0.2)
        broken.setattr(Agents, "change", hangs_for_ada)
        async with asyncio.timeout(20):
            assert await bench.sweeper.sweep() == 2
    await bench.agents.handle(BOB, TimePassed(bench.clock.at))
    await bench.settle()
    assert (await bench.agents.snapshot(BOB)).agent.phase is Phase.IDLE
    bench.clock.at += FAILED_MS
    assert await bench.sweeper.sweep() == 1
    await bench.settle()
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.IDLE


async def test_the_sweeper_survives_a_failing_store(
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


async def test_an_unavailable_store_is_logged_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several looks a second, for an hour perhaps; its next outage is another line."""
    away = StorageError("PostgreSQL cannot be reached")
    outcomes: list[StorageError | None] = [away, away, away, None, away, away]
    over, real = asyncio.Event(), bench.store.due

    async def due(now: int, limit: int) -> Any:
        if not outcomes:
            over.set()
        elif (error := outcomes.pop(0)) is not None:
            raise error
        return await real(now, limit)

    monkeypatch.setattr(bench.store, "due", due)
    with capture_logs() as lines:
        bench.tasks.start("sweeper", bench.sweeper.run(), endless=True)
        async with asyncio.timeout(20):
            await over.wait()
    told = [line for line in lines if line["log_level"] == "error"]
    assert [line["event"] for line in told] == ["sweep.store_unavailable"] * 2
    assert {line["reason"] for line in told} == {str(away)}


async def test_a_delivery_for_an_unknown_user_is_looked_up_once_and_dropped(bench: Bench) -> None:
    """A user whom no agent has: one question, nothing parked in its turn, dropped at the end."""
    bench.provider.rows = [CdrRow(provider_call_id="pc1", user_id="user_stranger", live=True)]
    await bench.intake.take(incoming(news(Moment.DIALED, user="user_stranger"), body=b"dialed"))
    for _ in range(5):
        bench.clock.at += 20_000
        await unpark(bench)
    assert bench.provider.asked == [("cdr", "pc1")]
    assert len((await bench.store.route(LINE.account, "pc1")).parked) == 1
    bench.clock.at += 600_000
    assert await unpark(bench) == 1
    assert (await bench.store.route(LINE.account, "pc1")).parked == ()


async def test_the_cdr_says_whose_a_parked_call_is(bench: Bench) -> None:
    """Events without a user wait for the record, which binds the call and replays them."""
    await bench.greet()
    bench.provider.rows = [ADAS]
    await bench.intake.take(incoming(news(Moment.CONNECTED, user=None), body=b"connected"))
    bench.clock.at += 20_000
    await unpark(bench)
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.BRIDGED


async def test_an_unanswered_cdr_request_is_repeated_with_growing_waits(bench: Bench) -> None:
    """While it is down the delivery waits; when it is back, the call is found."""
    await bench.greet()
    bench.provider.fails = Unknown("down")
    await bench.intake.take(incoming(news(Moment.CONNECTED, user=None), body=b"connected"))
    bench.clock.at += 10_000
    assert await unpark(bench) == 1
    for wait in ASK_AGAIN_MS[:3]:
        bench.clock.at += wait - 1
        assert await unpark(bench) == 0
        bench.clock.at += 1
        assert await unpark(bench) == 1
    assert bench.provider.asked == [("cdr", "pc1")] * 4
    assert len((await bench.store.route(LINE.account, "pc1")).parked) == 1
    bench.provider.fails = None
    bench.provider.rows = [ADAS]
    bench.clock.at += ASK_AGAIN_MS[3]
    assert await unpark(bench) == 1
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.BRIDGED
    assert (await bench.store.route(LINE.account, "pc1")).parked == ()


async def test_a_request_that_died_with_its_process_is_sent_by_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store knows it as asked only when its answer is there."""
    await bench.greet()
    hangs = asyncio.Event()

    async def never(call_id: str) -> Any:
        hangs.set()
        await asyncio.Event().wait()

    await bench.intake.take(incoming(news(Moment.CONNECTED, user=None), body=b"connected"))
    bench.clock.at += 20_000
    with monkeypatch.context() as hanging:
        hanging.setattr(bench.provider, "fetch_cdr", never)
        await bench.sweeper.unpark()
        await hangs.wait()
        await bench.tasks.close()
    bench.provider.rows = [ADAS]
    assert await unpark(bench) == 1
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.BRIDGED


async def test_an_answer_that_could_not_be_stored_is_requested_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever failed: the question is not lost."""
    await bench.greet()
    bench.provider.rows = [ADAS]
    await bench.intake.take(incoming(news(Moment.CONNECTED, user=None), body=b"connected"))
    bench.clock.at += 10_000

    def locked(_: Any) -> None:
        raise StorageError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(bench.store, "begin", locked)
        assert await unpark(bench) == 1
    bench.clock.at += ASK_AGAIN_MS[0]
    assert await unpark(bench) == 1
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.BRIDGED


async def test_an_account_that_is_down_does_not_block_others(bench: Bench) -> None:
    """However many questions wait for another try, new ones are asked."""
    await bench.greet()
    bench.provider.fails = Unknown("down")
    for number in range(ASKED_AT_ONCE):
        told = news(Moment.CONNECTED, user=None, call=f"lost{number}")
        await bench.intake.take(incoming(told, event_id=f"lost{number}", body=b"connected"))
    bench.clock.at += 4_000
    await bench.intake.take(incoming(news(Moment.CONNECTED, user=None), "late", b"connected"))
    bench.clock.at += 6_000
    assert await unpark(bench) == ASKED_AT_ONCE
    bench.provider.fails = None
    bench.provider.rows = [ADAS]
    bench.clock.at += 4_000
    assert await unpark(bench) == 1
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.BRIDGED


async def test_a_hanging_cdr_request_does_not_block_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question counts as one without an answer: it is asked again."""

    async def hangs(_: str) -> None:
        await asyncio.Event().wait()

    await bench.greet()
    await bench.intake.take(incoming(news(Moment.CONNECTED, user=None), body=b"connected"))
    bench.clock.at += 10_000
    with monkeypatch.context() as broken:
        broken.setattr(sweeping, "PATIENCE_SECONDS", 0.05)
        broken.setattr(bench.provider, "fetch_cdr", hangs)
        async with asyncio.timeout(20):
            assert await unpark(bench) == 1
    bench.provider.rows = [ADAS]
    bench.clock.at += ASK_AGAIN_MS[0]
    assert await unpark(bench) == 1
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.BRIDGED


async def test_a_hanging_account_does_not_delay_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many wait there, and while it hangs: the others' are asked, of its own so many."""
    other, hangs = HandProvider(), asyncio.Event()
    asked = list[str]()

    async def never(call_id: str) -> Any:
        asked.append(call_id)
        if len(asked) == ASKED_AT_ONCE:
            hangs.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(other, "fetch_cdr", never)
    both = Tenants([a_tenant(bench.provider, LINE.account), a_tenant(other, "slow", org_id="00D2")])
    bench.sweeper.tenants = both
    await bench.greet()
    for number in range(2 * ASKED_AT_ONCE):
        told = news(Moment.CONNECTED, user=None, call=f"lost{number}")
        delivery = incoming(told, f"lost{number}", b"connected")
        await bench.intake.take(replace(delivery, account="slow"))
    bench.clock.at += 1
    bench.provider.rows = [ADAS]
    await bench.intake.take(incoming(news(Moment.CONNECTED, user=None), body=b"connected"))
    bench.clock.at += 10_000
    bound = asyncio.Event()
    bench.hints.listen(lambda key, version: bound.set())
    async with asyncio.timeout(20):
        assert await bench.sweeper.unpark() == ASKED_AT_ONCE + 1
        await hangs.wait()
        await bound.wait()
        assert await bench.sweeper.unpark() == 0
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.BRIDGED
    assert len(asked) == ASKED_AT_ONCE


async def test_a_hanging_call_does_not_block_others_of_its_account(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked about once; the next one, that comes meanwhile, is found."""
    await bench.greet()
    fetch, over, asked = bench.provider.fetch_cdr, asyncio.Event(), list[str]()

    async def hang_for_one(call_id: str) -> Any:
        asked.append(call_id)
        if call_id == "odd":
            await over.wait()
        return await fetch(call_id)

    monkeypatch.setattr(bench.provider, "fetch_cdr", hang_for_one)
    bench.provider.rows = [ADAS]
    unnamed = news(Moment.CONNECTED, user=None, call="odd")
    await bench.intake.take(incoming(unnamed, "evt_odd", b"connected"))
    bench.clock.at += 10_000
    assert await bench.sweeper.unpark() == 1
    await bench.intake.take(incoming(news(Moment.CONNECTED, user=None), body=b"connected"))
    bench.clock.at += 10_000
    bound = asyncio.Event()
    bench.hints.listen(lambda key, version: bound.set())
    async with asyncio.timeout(20):
        assert await bench.sweeper.unpark() == 1
        await bound.wait()
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.BRIDGED
    over.set()
    await bench.settle()
    assert (sorted(asked), await unpark(bench)) == (["odd", "pc1"], 0)


async def test_too_many_questions_without_an_answer_are_given_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory has an end: of further ones only the next event of their call is waited for."""
    monkeypatch.setattr("adapter.runtime.sweeper.UNANSWERED_KEPT", 1)
    bench.provider.fails = Unknown("down")
    for number in range(2):
        told = news(Moment.CONNECTED, user=None, call=f"pc{number}")
        await bench.intake.take(incoming(told, event_id=f"e{number}", body=b"connected"))
    bench.clock.at += 10_000
    assert await unpark(bench) == 2
    bench.clock.at += ASK_AGAIN_MS[0]
    assert await unpark(bench) == 1


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


async def test_a_deadline_belongs_first_to_the_replica_with_the_page(pair: Pair) -> None:
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
    assert [asked[0] for asked in here.provider.asked] == ["cdrs", "cdrs"]


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


async def test_a_retry_is_logged_with_the_call_that_it_is_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent's call, or only the provider's id if no agent has the call yet."""

    async def fails(*_: object) -> None:
        async for attempt in stamina.retry_context(on=Unknown, attempts=2):
            with attempt:
                raise Unknown("away")

    click = DialRequested(1_000_000, "r1", "ours", "+12025550143", 1_000_000)
    for name in ("fetch_cdr", "list_cdrs"):
        monkeypatch.setattr(bench.provider, name, fails)
    await bench.greet()
    set_on_retry_hooks((log_retry,))
    try:
        with capture_logs() as lines, stamina.set_testing(True, attempts=2, cap=True):
            await bench.agents.handle(ADA, click)
            await bench.intake.take(
                incoming(news(Moment.CONNECTED, "pc9", None), body=b"connected")
            )
            bench.clock.at += 60_000
            await unpark(bench)
            await bench.sweeper.sweep()
            await bench.settle()
    finally:
        set_on_retry_hooks(None)
    retries = [line for line in lines if line["event"] == "stamina.retry_scheduled"]
    told = {(line.get("agent"), line.get("call"), line.get("provider_call")) for line in retries}
    assert told == {(str(ADA), "ours", None), (None, None, "pc9")}
