"""Agents' lists of recent calls: entries that are older than calls are kept.

An agent who calls every day pushes them out; one who has left would keep them for ever. They stand
in the agents' values, so that they go by compare-and-set, as all that changes a value does.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from adapter.core.model import Agent
from adapter.storage.queries import Fetch
from adapter.storage.rows import AGENT

PAGE_SIZE = 200
"""Agents of one reading."""

SELECT = (
    "SELECT org_id, user_id, version, value FROM agents WHERE (org_id, user_id) > (?, ?)"
    " ORDER BY org_id, user_id LIMIT ?"
)
FIRST = ("", "")


@dataclass(frozen=True, slots=True)
class Portion:
    """`stale` are agents without their old entries, with the version that they were read from.

    `after` is where the next portion begins, None at the end.
    """

    stale: tuple[tuple[Agent, int], ...]
    after: tuple[str, str] | None


def read(fetch: Fetch, since: int, after: tuple[str, str]) -> Portion:
    """The next agents; `since` (Unix milliseconds) is when the oldest call that is kept began."""
    rows = fetch(SELECT, (*after, PAGE_SIZE))
    # A list that is empty is left out of the text.
    texts = [(value, version) for _, _, version, value in rows if '"recent":' in value]
    found = ((without_old(AGENT.load(text), since), version) for text, version in texts)
    stale = tuple((agent, version) for agent, version in found if agent is not None)
    return Portion(stale, (rows[-1][0], rows[-1][1]) if rows else None)


def without_old(agent: Agent, since: int) -> Agent | None:
    """The agent without entries of calls that began before; None if there are none."""
    young = tuple(recent for recent in agent.recent if recent.started_at >= since)
    return None if young == agent.recent else replace(agent, recent=young)
