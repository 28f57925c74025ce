"""How long a search of the call history takes: `python -m qa.history [--calls 1000] [--asked 400]`.

A store of each kind holds the agent's calls among those of many colleagues. The program runs the
agents' queries in turn: the first page, the next one, missed calls, a name, a number, a record, and
one without a match. The last line is one JSON object: p50 and p99 in milliseconds by database, the
slowest kind of query, and `ok`, whether each p99 is below 50 ms. The databases' query plans come
before it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from adapter.core.facts import Direction, Outcome
from adapter.core.history import HistoryQuery, Kind, PastCall
from adapter.core.model import Agent, AgentKey
from adapter.storage.history import FIRST, PORTIONS, SELECT
from adapter.storage.migrate import upgrade
from adapter.storage.open import open_store
from adapter.storage.port import AgentChange, CallRow, Commit
from adapter.storage.queries import Fetch
from adapter.storage.rows import to_text
from adapter.storage.sqlstore import SqlStore
from tests.storage.servers import running_postgres

LIMIT_MS = 50.0
COLLEAGUES, THEIR_CALLS = 50, 200
T0 = 1_760_000_000_000
NAMES = ("Zoë Müller", "Ada Lovelace", "李雷", "Grace Hopper", "O'Neill", "Björk")

QUESTIONS = {
    "first page": HistoryQuery(),
    "missed": HistoryQuery(Kind.MISSED),
    "mine": HistoryQuery(Kind.MINE),
    "name": HistoryQuery(text="MÜLLER"),
    "number": HistoryQuery(text="030 9018"),
    "record": HistoryQuery(record="003000000000007AAA"),
    "nothing": HistoryQuery(text="nobody of that name"),
}


def agent(number: int) -> AgentKey:
    """The key of an agent; 0 is the one who queries."""
    return AgentKey("00D000000000001", f"005{number:012}")


def call_row(key: AgentKey, number: int, dice: Random) -> CallRow:
    """The row of a call of some minutes ago."""
    outcome = dice.choice([Outcome.ANSWERED, Outcome.ANSWERED, Outcome.MISSED, Outcome.BUSY])
    missed = outcome is Outcome.MISSED
    at = T0 - number * 300_000
    call = PastCall(
        agent="Ada Agent",
        direction=Direction.INBOUND if missed else Direction.OUTBOUND,
        number=f"+49309018{dice.randrange(10_000):04}",
        record=f"003{dice.randrange(300):012}AAA",
        started=at,
        ended=at + 65_000,
        outcome=outcome,
        talk_seconds=65 if outcome is Outcome.ANSWERED else None,
        name=dice.choice(NAMES),
        record_name=dice.choice(NAMES),
        record_type="Contact",
    )
    name = f"call-{key.user_id[-3:]}-{number:06}"
    return CallRow(("acct", f"p-{name}"), name, key, at, to_text(call))


async def fill(store: SqlStore, calls: int) -> None:
    """Store the agent's calls and everybody else's, in turn."""
    dice = Random(1)
    for number in range(COLLEAGUES + 1):
        key, count = agent(number), THEIR_CALLS if number else calls
        rows = tuple(call_row(key, n, dice) for n in range(count))
        await store.commit(Commit((AgentChange(0, Agent(key), None, calls=rows),)))


async def measured(store: SqlStore, rounds: int) -> dict[str, list[float]]:
    """The duration of each query in milliseconds."""
    took: dict[str, list[float]] = {name: [] for name in (*QUESTIONS, "next pages")}
    for _ in range(rounds):
        for name, query in QUESTIONS.items():
            after, kind = None, name
            for _ in range(3):
                begun = perf_counter()
                page = await store.history(agent(0), query, after, 20)
                took[kind].append((perf_counter() - begun) * 1000)
                after, kind = page.after, "next pages"
                if after is None:
                    break
    return took


def plan(fetch: Fetch, prefix: str) -> list[str]:
    """The database's query plan for a page of rows."""
    key = agent(0)
    values = (key.org_id, key.user_id, FIRST[0], *FIRST, PORTIONS[0])
    return [str(row[-1]) for row in fetch(f"{prefix} {SELECT}", values)]


async def run(url: str, prefix: str, calls: int, rounds: int) -> dict[str, Any]:
    """Fill one database, run the queries, and return the result."""
    upgrade(url)
    store = await open_store(url, clock_ms=lambda: T0)
    await fill(store, calls)
    took = await measured(store, rounds)
    for line in await store.reader.run(plan, prefix):
        print(f"  {line}")
    await store.close()
    every = sorted(ms for times in took.values() for ms in times)
    worst = max(took, key=lambda name: _share(sorted(took[name]), 0.99))
    return {
        "asked": len(every),
        "p50_ms": round(_share(every, 0.5), 2),
        "p99_ms": round(_share(every, 0.99), 2),
        "worst": worst,
        "worst_p99_ms": round(_share(sorted(took[worst]), 0.99), 2),
    }


def _share(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


async def main(calls: int, rounds: int) -> dict[str, Any]:
    """Both databases."""
    result: dict[str, Any] = {"calls": calls}
    with tempfile.TemporaryDirectory() as folder, running_postgres() as server:
        print("SQLite's plan:")
        sqlite = f"sqlite:///{Path(folder) / 'history.db'}"
        result["sqlite"] = await run(sqlite, "EXPLAIN QUERY PLAN", calls, rounds)
        print("PostgreSQL's plan:")
        result["postgres"] = await run(server.database(), "EXPLAIN", calls, rounds)
    result["ok"] = all(result[kind]["worst_p99_ms"] < LIMIT_MS for kind in ("sqlite", "postgres"))
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m qa.history")
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--asked", type=int, default=100)
    options = parser.parse_args()
    result = asyncio.run(main(options.calls, options.asked))
    print(json.dumps(result))
    raise SystemExit(0 if result["ok"] else 1)
