"""Load, decide, commit, tell, perform: also when others are faster, or the store fails."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from adapter.core.draft import Draft
from adapter.core.events import CallEnded, DialRequested, TimePassed, WrapupSubmitted
from adapter.core.facts import Direction, Facts, Known, Source
from adapter.core.favorite import Favorite, FavoriteChosen
from adapter.core.model import Agent, AgentKey, Phase, TelephonyUser
from adapter.core.policy import Policy
from adapter.fanout.port import Value
from adapter.runtime import agents as agents_module
from adapter.runtime.agents import Turns, _change
from adapter.runtime.turn import take_turn
from adapter.storage.port import Snapshot, StorageError
from adapter.storage.rows import snapshot_text
from adapter.storage.threadbridge import outcome_of
from tests.runtime.conftest import ADA, BOB, Bench


def click(number: str = "+12025550143", request: str = "r1") -> DialRequested:
    """A click, just now."""
    return DialRequested(1_000_000, request, f"call-{request}", number, 1_000_000)


def ended(key: AgentKey) -> CallEnded:
    """A talk of that agent's is over."""
    said = Facts(direction=Known(Direction.OUTBOUND, Source.EVENT))
    said = replace(said, connected=Known(900_000, Source.EVENT), ended=Known(990_000, Source.EVENT))
    called = f"p-{key.user_id}"
    return CallEnded(1_000_000, f"c-{key.user_id}", False, called, said)


async def test_changes_are_stored_before_anybody_is_notified(bench: Bench) -> None:
    """The hint names the committed version."""
    await bench.greet()
    stored = await bench.store.load(ADA)
    assert stored is not None
    assert stored.agent.name == "Ada"
    assert bench.told == [(ADA, stored.version)]


async def test_an_event_without_changes_is_not_committed(bench: Bench) -> None:
    """The same greeting again: no version, no hint."""
    await bench.greet()
    await bench.greet()
    assert len(bench.told) == 1


async def test_the_phones_ring_before_the_view_is_rendered(bench: Bench) -> None:
    """The provider has been asked, with a body that goes out a round later, and then pages know."""
    await bench.greet()
    order: list[str] = []

    async def ask() -> None:
        await asyncio.sleep(0)
        order.append("asked")

    def perform(*_: object) -> None:
        bench.agents.tasks.start("ask", ask())

    bench.agents.perform = perform
    bench.hints.listen(lambda *_: order.append("shown"))
    await bench.agents.handle(ADA, click())
    await bench.settle()
    assert order == ["asked", "shown"]


async def test_a_call_is_shown_even_if_its_effects_could_not_be_started(bench: Bench) -> None:
    """It is in the store, so that is what whoever clicked hears, and every page."""
    await bench.greet()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    bench.agents.perform = fail
    bench.told.clear()
    turn = await bench.agents.handle(ADA, click())
    await bench.settle()
    stored = await bench.store.load(ADA)
    assert stored is not None
    assert stored.agent == turn.agent
    assert stored.agent.phase is Phase.RINGING_USER_DEVICES
    assert bench.told == [(ADA, stored.version)]


@pytest.mark.parametrize("part", ["perform", "count", "publish", "spare"])
async def test_after_a_commit_one_agents_failure_affects_no_other(bench: Bench, part: str) -> None:
    """Two agents in one commit, and something fails for the first: the log says for whom."""
    await bench.greet()
    await bench.greet(BOB)
    here: list[AgentKey] = []

    def fail_for_ada(whose: Any, *_: object) -> Any:
        agent = getattr(whose, "agent", whose)
        here.append(getattr(agent, "key", agent))
        if here[-1] == ADA:
            raise ZeroDivisionError
        return False if part == "spare" else None

    agents = bench.agents
    ends = part == "count"
    match part:
        case "perform":
            agents.perform = fail_for_ada
        case "count":
            agents.count = fail_for_ada
        case "publish":
            bench.hints.publish = fail_for_ada  # type: ignore[method-assign, assignment]
        case _:
            agents._shared = True
            agents.is_only_here = fail_for_ada
    plan = {key: [ended(key)] if ends else [click(request=key.user_id)] for key in (ADA, BOB)}
    with capture_logs() as lines:
        turns: Turns = await outcome_of(partial(agents.change, plan))
        await bench.settle()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert set(turns) == {ADA, BOB}
    assert set(here) == {ADA, BOB}
    assert {line["agent"] for line in lines if line["log_level"] == "error"} == {str(ADA)}
    assert len(agents._locks) == 0


@pytest.mark.interpreted
async def test_one_agents_fault_does_not_affect_the_others_of_a_group(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who meets it stays as they were; whoever is alone in a change is told of it."""
    await bench.greet()
    await bench.greet(BOB)
    before = await bench.agents.snapshot(ADA)

    def fails_for_ada(agent: Agent, *more: Any) -> Any:
        if agent.key == ADA and more[1]:
            raise ZeroDivisionError
        return take_turn(agent, *more)

    monkeypatch.setattr(agents_module, "take_turn", fails_for_ada)
    plan = {key: [click(request=key.user_id)] for key in (ADA, BOB)}
    with capture_logs() as lines:
        turns: Turns = await outcome_of(partial(bench.agents.change, plan))
        await bench.settle()
    assert turns[ADA].agent == before.agent
    assert turns[BOB].agent.phase is Phase.RINGING_USER_DEVICES
    told = [line["agent"] for line in lines if line["event"] == "agent.not_decided"]
    assert told == [str(ADA)]
    with pytest.raises(ZeroDivisionError):
        await bench.agents.handle(ADA, click())


async def test_many_at_once_lose_nothing(bench: Bench) -> None:
    """Twenty clicks of two agents race: each agent has one call, every click its answer."""
    await bench.greet()
    await bench.greet(BOB)
    clicks = [(key, f"r{n}") for n in range(10) for key in (ADA, BOB)]
    await asyncio.gather(
        *(bench.agents.handle(k, click(request=f"{k.user_id}{r}")) for k, r in clicks)
    )
    await bench.settle()
    for key in (ADA, BOB):
        agent = (await bench.agents.snapshot(key)).agent
        codes = sorted(answer.code for answer in agent.answers)
        assert codes == ["busy"] * 9 + ["placed"]
    assert [what[0] for what in bench.provider.asked] == ["place", "place"]


async def test_a_stale_cache_is_only_a_second_decision(bench: Bench) -> None:
    """Somebody else committed meanwhile: reload, decide again, perform once."""
    await bench.greet()
    old = await bench.agents.snapshot(ADA)
    await bench.agents.handle(ADA, click("nonsense", "r0"))
    bench.agents._remember(ADA, old)
    await bench.agents.handle(ADA, click())
    await bench.settle()
    agent = (await bench.agents.snapshot(ADA)).agent
    assert [answer.request_id for answer in agent.answers] == ["r0", "r1"]
    assert len(bench.provider.asked) == 1


async def test_a_read_that_a_commit_overtakes_does_not_undo_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that connects just then would show the agent as of before, until the next change."""
    await bench.greet()
    load = bench.store.load

    async def overtaken(key: AgentKey) -> Snapshot | None:
        monkeypatch.undo()
        read = await load(key)
        await bench.agents.handle(ADA, FavoriteChosen(1, Favorite("+1202", "Grace"), on=True))
        return read

    bench.agents.forget(ADA)
    monkeypatch.setattr(bench.store, "load", overtaken)
    shown = await bench.agents.snapshot(ADA)
    assert [favorite.name for favorite in shown.agent.favorites] == ["Grace"]
    assert shown == bench.agents.cached(ADA) == await bench.store.load(ADA)


async def test_another_replicas_value_is_taken_where_it_is_newer(bench: Bench) -> None:
    """What is old or broken is not, and whoever is not known here is no news."""
    await bench.greet()
    known = await bench.agents.snapshot(ADA)
    newer = replace(known, version=known.version + 2, agent=replace(known.agent, name="Ada L"))
    bench.agents.learn(ADA, known.version, snapshot_text(newer))
    bench.agents.learn(ADA, known.version + 1, b"[]")
    bench.agents.learn(ADA, known.version + 1, b'[{"v":1}]')
    assert bench.agents.cached(ADA) is known
    bench.agents.learn(ADA, newer.version, snapshot_text(newer))
    bench.agents.learn(BOB, 1, snapshot_text(newer))
    assert bench.agents.cached(ADA) == newer
    assert bench.agents.cached(BOB) is None


async def test_other_replicas_get_no_value_without_the_logs_that_cannot_be_read_here(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica of a newer release reads them from the store, and must not forget them."""
    shared: list[bool] = []

    def publish(_key: AgentKey, _version: int, value: Value | None) -> None:
        shared.append(value is not None)

    await bench.greet()
    bench.agents._shared = True
    monkeypatch.setattr(bench.hints, "publish", publish)
    await bench.agents.handle(ADA, click())
    await bench.settle()
    assert set(shared) == {True}
    shared.clear()
    known = await bench.agents.snapshot(ADA)
    bench.agents._remember(ADA, replace(known, whole=False))
    await bench.agents.handle(ADA, ended(ADA))
    await bench.agents.handle(ADA, click(request="r2"))
    await bench.settle()
    assert set(shared) == {False}
    assert len(shared) > 1


async def test_nothing_is_performed_when_the_store_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No POST without its commit; afterwards the agent is as the store says."""
    await bench.greet()

    def full(*_: object) -> None:
        raise StorageError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(bench.store, "begin", full)
        with pytest.raises(StorageError):
            await bench.agents.handle(ADA, click())
    assert bench.provider.asked == []
    assert bench.agents.cached(ADA) is None
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.IDLE


async def test_an_event_for_a_missing_log_changes_nothing(bench: Bench) -> None:
    """The log is looked for in the store, once, and its absence is said."""
    await bench.greet()
    turn = await bench.agents.handle(
        ADA, WrapupSubmitted(1_000_000, "no-call", Draft(notes="x"), True)
    )
    assert turn.ignored == ["no such log"]
    assert len(bench.told) == 1


def test_a_call_that_ends_at_once_is_still_found_by_its_id() -> None:
    """Without a wrap-up only its log is left; a late event must find that (found by simulation)."""
    agent = Agent(ADA, TelephonyUser("acct", "user"))
    heard = CallEnded(1_000, "call-1", known=False, provider_call_id="p1", facts=Facts())
    policy = Policy(wrapup_ms=0, cdr_wait_ms=0)
    turn = take_turn(agent, (), [heard, TimePassed(1_001)], policy)
    assert turn.agent.calls == ()
    change = _change(Snapshot(agent, 1, ()), turn)
    assert change is not None
    assert [(row.call[1], row.call_id) for row in change.calls] == [("p1", "call-1")]
