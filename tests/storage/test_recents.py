"""An older version's lists of recent calls go when the store is pruned (also test_retention)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapter.core.model import AgentKey
from adapter.storage import recents
from adapter.storage.rows import AGENT
from tests.contracts.stores import agent

LISTED = AGENT.dump(agent()).replace(',"v":', ',"recent":[{"number":"+14155550100"}],"v":')


def test_agents_without_a_list_are_not_even_read() -> None:
    """Portions go on from the last key to the end; what is written anew has no list."""
    rows: list[tuple[Any, ...]] = [
        ("00D1", "0051", 3, "rubbish that nobody reads"),
        ("00D1", "0052", 4, LISTED),
    ]
    asked: list[Sequence[object]] = []

    def fetch(_: str, values: Sequence[object]) -> Sequence[tuple[Any, ...]]:
        asked.append(values)
        return [row for row in rows if row[:2] > tuple(values[:2])]

    portion = recents.read(fetch, recents.FIRST)
    assert portion == recents.Portion(((agent(), 4),), ("00D1", "0052"))
    assert portion.stale[0][0].key == AgentKey("00D1", "0051")
    assert "recent" not in AGENT.dump(portion.stale[0][0])
    assert recents.read(fetch, ("00D1", "0052")) == recents.Portion((), None)
    assert asked[0] == ("", "", recents.PAGE_SIZE)
