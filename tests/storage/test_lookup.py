"""What the store has of one call, agent or log, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapter.core.model import AgentKey
from adapter.storage.lookup import KINDS, LookupRows
from adapter.storage.migrate import upgrade
from adapter.storage.open import open_reader
from adapter.storage.port import Commit
from tests.contracts.stores import ADA, BEN, NOW, Backend, bound, delivery, log, waiting, write

CAROL = AgentKey("00D000000000001", "005Hp00000gxyZqIAI")


@pytest.fixture(params=["sqlite", "postgres"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """Ada and Ben know the provider's call pc-1, Ada has a log; deliveries of it and of others."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/softphone.db"
    else:
        url = request.getfixturevalue("postgres").database()
    upgrade(url)
    made = Backend(url)
    store = await made.open()
    ada = replace(bound(0, "pc-1"), logs=(log("call-1"),))
    await store.commit(
        Commit((ada, bound(0, "pc-1", BEN)), delivery=delivery("e1", b'{"call_id":"pc-1"}'))
    )
    await store.commit(Commit(delivery=delivery("e2", b"no JSON, but of pc-1 \xff")))
    await store.commit(Commit(delivery=delivery("e3", b'{"call_id":"pc-2"}')))
    await store.commit(Commit(delivery=delivery("e4"), park=(waiting("e4", NOW, "pc-9"),)))
    await store.commit(write(0, key=CAROL))
    yield made
    await made.close()


async def look(backend: Backend, kind: str, name: str) -> LookupRows:
    """As the command does, beside the store."""
    reader = open_reader(backend.url)
    try:
        return await reader.run(KINDS[kind], name)
    finally:
        await reader.close()


@pytest.mark.parametrize("name", ["call-1", "pc-1"])
async def test_a_call_is_found_by_our_id_and_by_the_providers(backend: Backend, name: str) -> None:
    """Who has it, how it stands, its log, and what came of it: of no other call."""
    found = await look(backend, "call", name)
    assert {row["user_id"] for row in found["calls"]} == {ADA.user_id, BEN.user_id}
    assert {row["user_id"] for row in found["live"]} == {ADA.user_id, BEN.user_id}
    assert found["live"][0]["number"] == "+14155550100"
    (made,) = found["call_logs"]
    assert (made["log_id"], made["settled"], made["value"]["number"]) == (
        "call-1",
        False,
        "+14155550100",
    )
    assert sorted(row["event_id"] for row in found["deliveries"]) == ["e1", "e2"]
    assert {str(row["body"])[:7] for row in found["deliveries"]} == {"{'call_", "no JSON"}


async def test_an_unclaimed_call_is_found_by_its_parked_deliveries(backend: Backend) -> None:
    """Parked: no agent has it yet."""
    found = await look(backend, "call", "pc-9")
    assert [row["event_id"] for row in found["parked"]] == ["e4"]
    assert found["parked"][0]["asked"] is False
    assert not found["calls"]


@pytest.mark.parametrize("name", [str(ADA), ADA.user_id])
async def test_an_agent_is_found_by_the_key_in_log_lines(backend: Backend, name: str) -> None:
    """Or by the user's id alone; with the logs that are open."""
    found = await look(backend, "agent", name)
    assert [row["user_id"] for row in found["agents"]] == [ADA.user_id]
    assert [row["log_id"] for row in found["call_logs"]] == ["call-1"]


@pytest.mark.parametrize("org", ["", "00D000000000001/", "00D000000000001AAA/"])
@pytest.mark.parametrize("user", ["005Hp00000gxyZq", "005Hp00000gxyZqIAI"])
async def test_an_agent_is_found_by_ids_of_15_or_18_characters(
    backend: Backend, org: str, user: str
) -> None:
    """Setup shows the short ones."""
    found = await look(backend, "agent", f"{org}{user}")
    assert [row["user_id"] for row in found["agents"]] == [CAROL.user_id]


async def test_a_log_is_found_by_its_id(backend: Backend) -> None:
    """Which is the call's."""
    assert len((await look(backend, "log", "call-1"))["call_logs"]) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_missing_key_finds_nothing(backend: Backend, kind: str) -> None:
    """No row of anybody else's; an org that the agent is not of is another agent."""
    for name in ("nobody", "", f"00D9/{ADA.user_id}", "%"):
        assert not any((await look(backend, kind, name)).values()), name
