"""The stores that the contract is held against."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.storage.migrate import upgrade
from adapter.storage.port import Store
from tests.contracts.stores import Backend
from tests.storage.later import grow


@pytest.fixture(params=["sqlite", "postgres", "sqlite-grown", "postgres-grown"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """An empty, migrated database of each kind; a grown one has been a later release's already."""
    kind, _, grown = request.param.partition("-")
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/softphone.db"
    else:
        url = request.getfixturevalue("postgres").database()
    upgrade(url)
    if grown:
        grow(url)
    made = Backend(url)
    yield made
    await made.close()


@pytest.fixture
async def store(backend: Backend) -> Store:
    """A store on it."""
    return await backend.open()
