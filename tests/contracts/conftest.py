"""The stores that the contract is held against."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.storage.migrate import upgrade
from adapter.storage.port import Store
from tests.contracts.stores import Backend


@pytest.fixture(params=["sqlite", "postgres"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """An empty, migrated database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/softphone.db"
    else:
        url = request.getfixturevalue("postgres").database()
        upgrade(url)
    made = Backend(url)
    yield made
    await made.close()


@pytest.fixture
async def store(backend: Backend) -> Store:
    """A store on it."""
    return await backend.open()
