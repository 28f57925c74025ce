"""Old entries of agents' recent calls go with the calls, in either database (test_retention)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from adapter.core.facts import Direction
from adapter.core.model import Agent, AgentKey, Recent
from adapter.storage import recents
from adapter.storage.rows import AGENT
from tests.contracts.stores import NOW, agent


def recent(at: int) -> Recent:
    """A call that began then."""
    return Recent(f"call-{at}", "+14155550100", "", Direction.INBOUND, at, None, "missed")


def listing(*ats: int) -> Agent:
    """An agent with these recent calls."""
    return replace(agent(), recent=tuple(recent(at) for at in ats))


def test_only_what_began_before_goes() -> None:
    """The moment itself is kept; an agent with nothing old is left alone."""
    assert recents.without_old(listing(NOW, NOW - 1, NOW + 1), NOW) == listing(NOW, NOW + 1)
    assert recents.without_old(listing(NOW), NOW) is None
    assert recents.without_old(listing(), NOW) is None


def test_agents_without_a_list_are_not_even_read() -> None:
    """Portions go on from the last key to the end."""
    rows: list[tuple[Any, ...]] = [
        ("00D1", "0051", 3, "rubbish that nobody reads"),
        ("00D1", "0052", 4, AGENT.dump(listing(NOW - 1))),
    ]
    asked: list[Sequence[object]] = []

    def fetch(_: str, values: Sequence[object]) -> Sequence[tuple[Any, ...]]:
        asked.append(values)
        return [row for row in rows if row[:2] > tuple(values[:2])]

    portion = recents.read(fetch, NOW, recents.FIRST)
    assert portion == recents.Portion(((listing(), 4),), ("00D1", "0052"))
    assert portion.stale[0][0].key == AgentKey("00D1", "0051")
    assert recents.read(fetch, NOW, ("00D1", "0052")) == recents.Portion((), None)
    assert asked[0] == ("", "", recents.PAGE_SIZE)
