"""An agent's history on both databases: whose it is, in which order, and with which record."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.facts import Direction, Outcome
from adapter.core.history import HistoryQuery, Kind, PastCall
from adapter.core.model import AgentKey
from adapter.storage.port import AgentChange, CallRow, Commit
from adapter.storage.rows import to_text
from adapter.storage.sqlstore import SqlStore
from tests.contracts.stores import ADA, BEN, NOW, Backend, agent

CALL = PastCall("Ada", Direction.OUTBOUND, "+4930901820", "", None, NOW, Outcome.BUSY, None, "Zoë")


def row(name: str, at: int, call: PastCall | None = CALL, key: AgentKey = ADA) -> CallRow:
    """The row of a call; None: it is not over."""
    return CallRow(("acct", f"p-{name}"), name, key, at, "{}" if call is None else to_text(call))


async def put(store: SqlStore, read: int, *rows: CallRow, key: AgentKey = ADA) -> None:
    """Commit them."""
    await store.commit(Commit((AgentChange(read, agent(key), None, calls=rows),)))


async def names(
    store: SqlStore, query: HistoryQuery, after: tuple[int, str] | None = None, limit: int = 9
) -> list[str]:
    """The ids of what is found."""
    return [row.call_id for row in (await store.history(ADA, query, after, limit)).rows]


async def a_store(backend: Backend) -> SqlStore:
    """An empty one."""
    store = await backend.open()
    assert isinstance(store, SqlStore)
    return store


async def test_agents_see_their_own_ended_calls_newest_first(backend: Backend) -> None:
    """Two of one moment keep their order; a colleague's are nobody's business."""
    store = await a_store(backend)
    calls = [row("a", NOW - 9), row("c", NOW), row("b", NOW), row("live", NOW + 1, None)]
    await put(store, 0, *calls)
    await put(store, 0, row("ben", NOW, key=BEN), key=BEN)
    assert await names(store, HistoryQuery()) == ["c", "b", "a"]
    first = await store.history(ADA, HistoryQuery(), None, 1)
    assert first.after == (NOW, "c")
    assert await names(store, HistoryQuery(), first.after) == ["b", "a"]


async def test_calls_are_found_by_kind_name_number_and_record(backend: Backend) -> None:
    """Alike on every database, whatever its own idea of capitals is."""
    store = await a_store(backend)
    missed = replace(CALL, direction=Direction.INBOUND, outcome=Outcome.MISSED, number="+1212555")
    of_record = replace(CALL, record="003000000000001AAA", record_name="Ärzte", name="")
    await put(store, 0, row("a", NOW), row("b", NOW - 1, missed), row("c", NOW - 2, of_record))
    assert await names(store, HistoryQuery(Kind.MISSED)) == ["b"]
    assert await names(store, HistoryQuery(Kind.MINE)) == ["a", "c"]
    assert await names(store, HistoryQuery(text="ärz")) == ["c"]
    assert await names(store, HistoryQuery(text="ZOË")) == ["a", "b"]
    assert await names(store, HistoryQuery(text="030-90")) == ["a", "c"]
    assert await names(store, HistoryQuery(record="003000000000001")) == ["c"]


async def test_a_row_follows_a_record_that_is_picked_later(backend: Backend) -> None:
    """The same call, written again."""
    store = await a_store(backend)
    await put(store, 0, row("a", NOW))
    await put(store, 1, row("a", NOW, replace(CALL, record="001B", record_name="Picked")))
    (found,) = (await store.history(ADA, HistoryQuery(), None, 9)).rows
    assert (found.call.record, found.call.record_name) == ("001B", "Picked")
