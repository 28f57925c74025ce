"""Finds lists of recent calls that an older version stored in agents' values. Unused now.

Any new write drops them. An agent who has left would keep them forever, so pruning removes them, by
compare-and-set like any change of a value.
"""

from __future__ import annotations

from msgspec import Struct

from adapter.core.model import Agent
from adapter.storage.queries import Fetch
from adapter.storage.rows import AGENT

PAGE_SIZE = 200
"""Agents per read."""

SELECT = (
    "SELECT org_id, user_id, version, value FROM agents WHERE (org_id, user_id) > (?, ?)"
    " ORDER BY org_id, user_id LIMIT ?"
)
FIRST = ("", "")


class Portion(Struct, frozen=True):
    """`stale` are agents to rewrite, with the version read.

    `after` is where the next portion begins, None at the end.
    """

    stale: tuple[tuple[Agent, int], ...]
    after: tuple[str, str] | None


def read(fetch: Fetch, after: tuple[str, str]) -> Portion:
    """The next agents."""
    rows = fetch(SELECT, (*after, PAGE_SIZE))
    stale = tuple(
        (agent, version)
        for _, _, version, text in rows
        if '"recent":' in text
        for agent in AGENT.load_readable([text])
    )
    return Portion(stale, (rows[-1][0], rows[-1][1]) if rows else None)
