"""The board's reading: one organisation, newest first, with an end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapter.core.logmodel import Settled
from adapter.core.model import AgentKey, TelephonyUser
from adapter.storage.port import CallRow, Commit
from adapter.storage.sqlite import SqliteStore
from adapter.storage.sqlstore import SqlStore
from tests.contracts.stores import ADA, NOW, change, delivery, log

STRANGER = AgentKey("00D2", "0059")
TOLD = '{"outcome":"answered","talk_seconds":7}'


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """Ada with a call and two logs, a webhook, and somebody of another organisation."""
    opened = await SqliteStore.open(tmp_path / "softphone.db", clock_ms=lambda: NOW)
    first = change(0, "Ada", due=NOW + 1)
    ada = replace(
        first,
        agent=replace(first.agent, line=TelephonyUser("acct", "user_ada")),
        logs=(log("open"), log("done", state=Settled(NOW))),
        calls=(
            CallRow("acct", "pc-1", "call-1", ADA, NOW - 10, TOLD),
            CallRow("acct", "pc-2", "call-2", ADA, NOW),
            CallRow("acct", "pc-0", "call-0", ADA, NOW - 5_000, TOLD),
        ),
    )
    await opened.commit(Commit((ada,), delivery=delivery("e1", b'{"id":"e1"}')))
    other = change(0, "Eve", STRANGER, due=NOW + 1)
    row = CallRow("acct2", "pc-9", "call-9", STRANGER, NOW, TOLD)
    await opened.commit(Commit((replace(other, calls=(row,)),)))
    yield opened
    await opened.close()


async def test_the_board_is_of_one_organisation(store: SqlStore) -> None:
    """Agents, open logs, calls since then, and the webhooks of its own account."""
    rows = await store.board(ADA.org_id, NOW - 100, NOW - 100)
    assert [agent.name for agent in rows.busy] == ["Ada"]
    assert rows.agents == 1
    assert [entry.log_id for entry in rows.open_logs] == ["open"]
    assert [(call.call_id, call.told) for call in rows.calls] == [
        ("call-2", {}),
        ("call-1", {"outcome": "answered", "talk_seconds": 7}),
    ]
    assert [(d.at, d.body, d.fate) for d in rows.deliveries] == [(NOW, b'{"id":"e1"}', "taken")]
    assert rows.parked == 0


async def test_an_organisation_without_calls_is_empty(store: SqlStore) -> None:
    """Nothing of the others."""
    rows = await store.board("00D3", 0, 0)
    assert (rows.busy, rows.agents, rows.calls, rows.deliveries) == ((), 0, (), ())


async def test_calls_alone_can_be_had_too(store: SqlStore) -> None:
    """For the export: newest first, since then."""
    calls = await store.board_calls(ADA.org_id, 0)
    assert [call.call_id for call in calls] == ["call-2", "call-1", "call-0"]
