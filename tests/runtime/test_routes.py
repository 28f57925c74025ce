"""Where a delivery goes, by memory; the store has the last word (contracts, test_intake)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.model import TelephonyUser
from adapter.runtime import routes as module
from adapter.runtime.routes import Routes
from adapter.storage.port import AgentChange, CallRow, Commit, Snapshot
from tests.contracts.stores import agent, log
from tests.runtime.conftest import ADA, BOB, LINE, Bench

ROW = CallRow((LINE.account, "pc1"), "call_1", ADA, 5)


def test_an_unknown_call_belongs_to_nobody() -> None:
    """A guess, for the commit to check; without a user no line is in question."""
    way = Routes().remembered(LINE.account, "pc1", None)
    assert way is not None
    assert (way.agents, way.parked, way.read.parked) == (frozenset(), (), frozenset())


def test_an_unknown_user_must_be_read_from_the_store() -> None:
    """Guessing nobody would park the first delivery of everybody's first call."""
    assert Routes().remembered(LINE.account, "pc1", LINE) is None


def test_the_cache_learns_from_commits() -> None:
    """One row after the other; each owner with our own id of the call."""
    routes = Routes()
    routes.learn([ROW])
    routes.learn([CallRow((LINE.account, "pc1"), "call_2", BOB, 5)])
    way = routes.remembered(LINE.account, "pc1", None)
    assert way is not None
    assert way.owners == {ADA: "call_1", BOB: "call_2"}
    assert way.agents == way.read.owners == {ADA, BOB}


def test_the_cache_learns_from_other_replicas_commits() -> None:
    """Calls and logs alike; without a line, or an id of the provider's, there is nothing to say."""
    routes = Routes()
    hers = agent(ADA, line=LINE)
    (call,) = hers.calls
    called, logged = (
        replace(call, provider_call_id="pc1"),
        replace(log("l2"), provider_call_id="pc2"),
    )
    for _ in range(2):
        routes.learn_from(Snapshot(replace(hers, calls=(called, call)), 5, (logged,)))
    routes.learn_from(Snapshot(replace(agent(BOB), calls=(called,)), 1, ()))
    for provider_call_id, call_id in (("pc1", call.call_id), ("pc2", "l2")):
        way = routes.remembered(LINE.account, provider_call_id, None)
        assert way is not None
        assert way.owners == {ADA: call_id}


async def test_read_routes_are_cached(bench: Bench) -> None:
    """The agents of the line, and the owners of the call."""
    hers = AgentChange(0, agent(ADA, line=LINE), None, calls=(ROW,))
    await bench.store.commit(Commit((hers,)))
    routes = Routes()
    read = await routes.read(bench.store, LINE.account, "pc1", LINE)
    assert (read.owners, read.read.line_agents) == ({ADA: "call_1"}, frozenset({ADA}))
    assert routes.remembered(LINE.account, "pc1", LINE) == read
    other = await routes.read(bench.store, LINE.account, "pc1", TelephonyUser("other", "user"))
    assert (other.owners, other.read.line_agents) == ({ADA: "call_1"}, frozenset())


async def test_memory_is_limited(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was learned first is forgotten first, of calls and of lines."""
    monkeypatch.setattr(module, "REMEMBERED", 1)
    routes = Routes()
    routes.learn([ROW, CallRow((LINE.account, "pc2"), "call_2", ADA, 5)])
    way = routes.remembered(LINE.account, "pc1", None)
    assert way is not None
    assert way.owners == {}
    for user in ("user_1", "user_2"):
        await routes.read(bench.store, LINE.account, "pc1", TelephonyUser(LINE.account, user))
    assert routes.remembered(LINE.account, "pc1", TelephonyUser(LINE.account, "user_1")) is None
    assert routes.remembered(LINE.account, "pc1", TelephonyUser(LINE.account, "user_2")) is not None
