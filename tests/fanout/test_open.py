"""The fan-out follows from the database's address."""

from __future__ import annotations

import pytest

from adapter.fanout.local import LocalHints
from adapter.fanout.open import is_shared, open_hints
from adapter.fanout.postgres import PostgresHints


@pytest.mark.parametrize(
    ("url", "shared"),
    [
        ("sqlite:///var/softphone.db", False),
        ("postgresql://postgres@/softphone", True),
        ("postgres://postgres@/softphone", True),
    ],
)
async def test_only_a_postgresql_may_have_other_replicas(url: str, shared: bool) -> None:
    """SQLite's file belongs to one process, which needs no server between its threads."""
    assert is_shared(url) is shared
    assert isinstance(open_hints(url), PostgresHints if shared else LocalHints)
