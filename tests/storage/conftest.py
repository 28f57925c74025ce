"""What the tests of the store share."""

from __future__ import annotations

import pytest

from adapter.storage.migrate import upgrade
from tests.storage.servers import Postgres


@pytest.fixture
def url(postgres: Postgres) -> str:
    """An empty, migrated database."""
    made = postgres.database()
    upgrade(made)
    return made
