"""The board's reading: one organisation, newest first, with an end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapter.core.logs.model import Settled
from adapter.core.model import AgentKey, TelephonyUser
from adapter.storage.board import Window
from adapter.storage.port import CallRow, Commit, Session
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
            CallRow(("acct", "pc-1"), "call-1", ADA, NOW - 10, TOLD),
            CallRow(("acct", "pc-2"), "call-2", ADA, NOW),
            CallRow(("acct", "pc-0"), "call-0", ADA, NOW - 5_000, TOLD),
        ),
    )
    await opened.commit(Commit((ada,), delivery=delivery("e1", b'{"id":"e1"}')))
    other = change(0, "Eve", STRANGER, due=NOW + 1)
    row = CallRow(("acct2", "pc-9"), "call-9", STRANGER, NOW, TOLD)
    await opened.commit(Commit((replace(other, calls=(row,)),)))
    yield opened
    await opened.close()


async def test_the_board_is_of_one_organisation(store: SqlStore) -> None:
    """Agents, open logs, calls since then, and the webhooks of its own account."""
    rows = await store.board(ADA.org_id, Window(NOW - 100, NOW + 1, NOW - 100, NOW))
    assert [agent.name for agent in rows.agents] == ["Ada"]
    assert rows.agents_known == 1
    assert [entry.log_id for entry in rows.open_logs] == ["open"]
    assert [(call.call_id, call.result) for call in rows.calls] == [
        ("call-2", {}),
        ("call-1", {"outcome": "answered", "talk_seconds": 7}),
    ]
    assert [(d.at, d.body, d.fate) for d in rows.deliveries] == [(NOW, b'{"id":"e1"}', "taken")]
    assert rows.parked == 0


async def test_an_organisation_without_calls_is_empty(store: SqlStore) -> None:
    """Nothing of the others."""
    rows = await store.board("00D3", Window(0, NOW + 1, 0, NOW))
    assert (rows.agents, rows.agents_known, rows.calls, rows.deliveries) == ((), 0, (), ())


async def test_calls_can_be_read_without_agents(store: SqlStore) -> None:
    """For the export: newest first, since then."""
    calls = await store.board_calls(ADA.org_id, 0, NOW + 1)
    assert [call.call_id for call in calls] == ["call-2", "call-1", "call-0"]


async def test_agents_with_calls_come_first_and_all_others_after(store: SqlStore) -> None:
    """Who is ready, and who has left, is an agent too."""
    bob = AgentKey(ADA.org_id, "0050")
    await store.commit(Commit((change(0, "Bob", bob),)))
    rows = await store.board(ADA.org_id, Window(0, NOW + 1, 0, NOW))
    assert [agent.name for agent in rows.agents] == ["Ada", "Bob"]


async def test_sign_ins_show_who_is_present(store: SqlStore) -> None:
    """The one that was in use last counts; tickets and expired ones do not."""
    for token, used, expires in (("a", 5, 9), ("b", 7, 9), ("ticket:c", 8, 9), ("d", 9, 1)):
        session = Session(token, ADA, "Ada", "", 0, NOW + used, NOW + expires)
        await store.put_session(session)
    await store.put_session(Session("e", STRANGER, "Eve", "", 0, NOW, NOW + 9))
    rows = await store.board(ADA.org_id, Window(0, NOW + 1, 0, NOW + 2))
    assert rows.signed_in == {ADA.user_id: NOW + 7}
    assert (await store.board(ADA.org_id, Window(0, NOW, 0, NOW + 99))).signed_in == {}


async def test_calls_of_a_day_end_with_the_day(store: SqlStore) -> None:
    """The bound belongs to the next day."""
    calls = await store.board_calls(ADA.org_id, NOW - 5_000, NOW - 10)
    assert [call.call_id for call in calls] == ["call-0"]
