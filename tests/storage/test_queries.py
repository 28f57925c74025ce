"""The queries: what they ask, and how they read the rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from adapter.core.model import AgentKey
from adapter.storage import queries, sql
from adapter.storage.batch import Answer, ForRows
from adapter.storage.migrate import upgrade
from adapter.storage.port import Keep, Parked
from adapter.storage.rows import AGENT, CALL_LOG
from adapter.storage.transaction import Database
from tests.contracts.stores import ADA, NOW, agent, log

Asked = list[tuple[str, tuple[object, ...]]]


class Scripted:
    """Answers each statement from a script, and remembers what was asked."""

    def __init__(self, **answers: Sequence[tuple[Any, ...]]) -> None:
        self._answers = {getattr(sql, name): rows for name, rows in answers.items()}
        self.asked: Asked = []

    def __call__(self, statement: str, values: Sequence[object]) -> Sequence[tuple[Any, ...]]:
        """The scripted rows, or none."""
        self.asked.append((statement, tuple(values)))
        return self._answers.get(statement, [])


def test_an_agent_and_its_logs_come_from_one_statement() -> None:
    """So that both are of one moment; without logs the join's row has an empty one."""
    value = AGENT.dump(agent())
    fetch = Scripted(LOAD=[(3, value, CALL_LOG.dump(log(log_id))) for log_id in "ab"])
    snapshot = queries.load(fetch, ADA)
    assert snapshot is not None
    assert (snapshot.version, [entry.log_id for entry in snapshot.logs]) == (3, ["a", "b"])
    assert len(fetch.asked) == 1
    bare = queries.load(Scripted(LOAD=[(3, value, None)]), ADA)
    assert bare is not None
    assert bare.logs == ()


def test_a_route_reads_the_owners_last() -> None:
    """Whoever binds the call in between is then seen as its owner."""
    fetch = Scripted()
    queries.route(fetch, "acct", "pc-1")
    assert [statement for statement, _ in fetch.asked] == [sql.PARKED, sql.OWNERS]


def test_parked_rows_read_alike_from_both_drivers() -> None:
    """A flag may come as 0 or False, a body as bytes or memoryview."""
    expected = (Parked("acct", "pc", "e1", b"x", 1, 2, asked=False),)
    rows: list[tuple[Any, ...]] = [
        ("acct", "pc", "e1", b"x", 1, 2, 0),
        ("acct", "pc", "e1", memoryview(b"x"), 1, 2, False),
    ]
    for row in rows:
        fetch = Scripted(PARKED_ACCOUNTS=[("acct",)], DUE_PARKED=[row])
        assert queries.due_parked(fetch, NOW, 5) == expected


def test_the_cdr_is_looked_up_ten_seconds_after_parking() -> None:
    """The statement gets the moment ten seconds ago, now, and the limit; for each account."""
    fetch = Scripted(PARKED_ACCOUNTS=[("a",), ("b",)])
    queries.due_parked(fetch, NOW, 5)
    values = [(name, NOW - 10_000, 5, name, NOW, 5) for name in "ab"]
    assert fetch.asked[1:] == [(sql.DUE_PARKED, each) for each in values]


def test_a_backlog_makes_no_look_at_what_is_parked_longer(tmp_path: Path) -> None:
    """Of each account only the oldest rows are read: to ask about, and to drop."""
    path = tmp_path / "softphone.db"
    upgrade(f"sqlite:///{path}")
    steps: list[int] = []
    with closing(sqlite3.connect(path)) as connection:

        def look() -> tuple[int, tuple[Parked, ...]]:
            steps.clear()
            connection.set_progress_handler(lambda: steps.append(1), 1)
            found = queries.due_parked(
                lambda statement, values: connection.execute(statement, values).fetchall(),
                NOW + 700_000,
                3,
            )
            connection.set_progress_handler(None, 1)
            return len(steps), found

        def park(begin: int, end: int) -> None:
            for number in range(begin, end):
                name, at, asked = f"e{number:04}", NOW + number, number % 2 == 1
                rows = [(a, f"pc-{name}", name, b"{}", at, at + 600_000, asked) for a in "ab"]
                connection.executemany(sql.PARK, rows)

        park(0, 20)
        few, found = look()
        assert [(row.account, row.event_id) for row in found] == [
            (account, f"e000{number}") for number in range(3) for account in "ab"
        ]
        park(20, 1_000)
        assert look() == (few, found)


def test_versions_of_no_agents_need_no_query() -> None:
    """A replica without pages leaves the database alone."""
    fetch = Scripted()
    assert queries.versions(fetch, ()) == {}
    assert fetch.asked == []


def test_versions_of_many_agents_are_read_in_batches() -> None:
    """Each of them once, at most 128 at a time."""
    fetch = Scripted()
    queries.versions(fetch, tuple(AgentKey("o", str(n)) for n in range(600)))
    assert [len(values) for _, values in fetch.asked] == [256, 256, 256, 256, 128, 32, 16]


class Deleting:
    """Counts as deleted what the script says."""

    def __init__(self, *counts: int) -> None:
        self._counts = list(counts)
        self.asked: Asked = []

    def run(self, statement: ForRows) -> list[Answer]:
        """The next count."""
        text, (values,) = statement
        self.asked.append((text, values))
        return [([], self._counts.pop(0))]


def test_each_table_is_pruned_by_its_own_age() -> None:
    """A thousand rows each at most, so that no commit waits long."""
    deleting = Deleting(1, 2, 3, 4, 5)
    database: Database = deleting  # type: ignore[assignment]
    assert queries.prune_portion(database, Keep(5, 6, 7, 8)) == 15
    assert deleting.asked == [
        (sql.PRUNE_DELIVERIES, (5, 1_000)),
        (sql.PRUNE_CALLS, (6, 1_000)),
        (sql.PRUNE_STATES, (6, 1_000)),
        (sql.PRUNE_LOGS, (7, 1_000)),
        (sql.PRUNE_SESSIONS, (8, 1_000)),
    ]
