"""Counts for the metrics: open call logs by state and age, parked deliveries."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from adapter.storage.queries import Fetch

MOST = 5_000
"""The most open logs to count; more is an alarm whatever the number."""

OPEN = "SELECT value, opened_at FROM call_logs WHERE NOT settled AND substr(org_id, 1, 15)"
OLDEST_FIRST = " ORDER BY opened_at LIMIT ?"
PARKED = "SELECT COUNT(*) FROM parked"

HOUR_MS = 3_600_000
AGES = ((HOUR_MS, "1h"), (24 * HOUR_MS, "1d"))
OLDEST = "older"

NO_ORG = "no-org"
"""The state of all logs of orgs that are not set up: nobody can save them."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The number of logs by (state, age), and of parked deliveries."""

    logs: dict[tuple[str, str], int]
    parked: int


def read(fetch: Fetch, now: int, orgs: Sequence[str]) -> Waiting:
    """The counts at `now` (Unix milliseconds); `orgs` are the ids of the orgs that are set up."""
    logs: Counter[tuple[str, str]] = Counter()
    # Of 18 characters the last three are a checksum.
    known = [org_id[:15] for org_id in orgs] or [""]
    names = ", ".join("?" * len(known))
    for value, opened_at in fetch(f"{OPEN} IN ({names}){OLDEST_FIRST}", (*known, MOST)):
        state = str(json.loads(value)["state"]["is"]).lower()
        logs[state, age(now - opened_at)] += 1
    for _, opened_at in fetch(f"{OPEN} NOT IN ({names}){OLDEST_FIRST}", (*known, MOST)):
        logs[NO_ORG, age(now - opened_at)] += 1
    return Waiting(dict(logs), int(fetch(PARKED, ())[0][0]))


def age(ms: int) -> str:
    """The name of an age in milliseconds: under an hour, under a day, or older."""
    return next((name for limit, name in AGES if ms < limit), OLDEST)
