"""What both stores share beyond the contract: portions, and values that cannot be written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapter.storage.port import Commit, Keep, StorageError, Store
from adapter.storage.queries import PRUNE_PORTION
from adapter.storage.sqlite import SqliteStore
from adapter.storage.sqlstore import SqlStore
from tests.contracts.stores import ADA, NOW, agent, delivery, write


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """An empty store in a file."""
    opened = await SqliteStore.open(tmp_path / "softphone.db", clock_ms=lambda: NOW)
    yield opened
    await opened.close()


async def test_the_sql_store_implements_the_port(store: SqlStore) -> None:
    """The type checker holds it against the port; this line makes it."""
    port: Store = store
    assert await port.load(ADA) is None


async def test_pruning_goes_on_until_nothing_is_left(store: SqlStore) -> None:
    """More rows than one portion."""
    old = (delivery(f"e{n}") for n in range(PRUNE_PORTION + 7))
    await asyncio.gather(*(store.commit(Commit(delivery=entry)) for entry in old))
    assert await store.prune(Keep(NOW + 1, 0, 0, 0)) == PRUNE_PORTION + 7


async def test_an_invalid_json_value_affects_no_other_row(store: SqlStore) -> None:
    """A bug of ours shows at the commit that has it; one beside it in the batch is in."""
    broken = replace(agent(), name=object())
    bad = write(0)
    failing = store.commit(Commit((replace(bad.changes[0], agent=broken),)))
    outcomes = await asyncio.gather(failing, store.commit(write(0)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageError, type(None)]
    assert "TypeError" in str(outcomes[0])
