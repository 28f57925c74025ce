"""A batch as one transaction: the bad commit sinks alone, an outage fails all at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.storage import sql
from adapter.storage.batch import Answer, ForRows, Row
from adapter.storage.migrate import upgrade_tables
from adapter.storage.port import (
    AgentChange,
    CallRow,
    Commit,
    Conflict,
    Duplicate,
    RouteRead,
    StorageError,
)
from adapter.storage.sqlite import SqliteDatabase
from adapter.storage.transaction import Database, Work, _settle_checked, execute, failure, settle
from tests.contracts.stores import ADA, BEN, NOW, bound, delivery, waiting, write
from tests.storage.commits import Commits, held

UNSTORABLE = Commit(delivery=delivery("\ud800"))
"""A lone surrogate in an id, which no database takes as text."""

UNWRITABLE = Commit((AgentChange(0, Agent(ADA, name=object()), None),))  # type: ignore[arg-type]
"""A value that cannot be made text."""


class Counting(SqliteDatabase):
    """SQLite that counts, and that breaks when it is told to."""

    begun = 0
    broken: Exception | None = None
    stolen = 0

    def begin(self, *statements: ForRows) -> list[Answer]:
        """Count it."""
        self.begun += 1
        answers = super().begin(*statements)
        if self.broken is not None:
            raise self.broken
        return answers

    def _run_for_rows(self, statement: str, rows: Sequence[Row]) -> Answer:
        """Another replica may have been quicker with a new agent, so many times."""
        found, changed = super()._run_for_rows(statement, rows)
        if self.stolen and statement.startswith("INSERT INTO agents"):
            self.stolen -= 1
            changed -= 1
        return found, changed


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Counting]:
    """An empty, migrated file."""
    path = tmp_path / "softphone.db"
    upgrade_tables(f"sqlite:///{path}")
    made = Counting(path)
    yield made
    made.close()


def users(database: SqliteDatabase) -> list[str]:
    """The users of all agents that are there."""
    return [str(user) for (user,) in execute(database, "SELECT user_id FROM agents ORDER BY 1")[0]]


def versions(database: SqliteDatabase, keys: Sequence[Row]) -> Sequence[Row]:
    """(org, user, version) of these agents."""
    return database.run((sql.VERSIONS, keys))[0][0]


def new_agents(count: int) -> list[Work]:
    """A commit for each of so many new agents."""
    return [write(0, key=AgentKey("o", f"{n:03}")) for n in range(count)]


def test_a_batch_is_one_transaction(database: Counting) -> None:
    """However many commits it has."""
    assert settle(database, new_agents(200)) == [None] * 200
    assert database.begun == 1
    assert len(users(database)) == 200


@pytest.mark.parametrize("bad", [UNSTORABLE, UNWRITABLE], ids=["id", "value"])
def test_only_the_commit_that_cannot_be_stored_fails(database: Counting, bad: Commit) -> None:
    """The batch is halved until it is alone; each of the others is in, once."""
    works = new_agents(20)
    works.insert(7, bad)
    outcomes = settle(database, works)
    assert [n for n, outcome in enumerate(outcomes) if outcome is not None] == [7]
    assert isinstance(outcomes[7], StorageError)
    assert len(users(database)) == 20
    assert database.begun < 20


def test_commits_that_chain_survive_the_halving(database: Counting) -> None:
    """What one half made is what the other half reads."""
    chain: list[Work] = [write(version) for version in range(8)]
    outcomes = settle(database, [*chain[:4], UNSTORABLE, *chain[4:]])
    assert outcomes[:4] + outcomes[5:] == [None] * 8
    assert versions(database, [(ADA.org_id, ADA.user_id)]) == [("00D1", "0051", 8)]


def test_an_outage_fails_all_at_once(database: Counting) -> None:
    """With the disk full or the file locked, nobody fares better alone."""
    database.broken = sqlite3.OperationalError("database or disk is full")
    database.broken.sqlite_errorcode = sqlite3.SQLITE_FULL
    outcomes = settle(database, new_agents(9))
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 9
    assert database.begun == 1
    database.broken = None
    assert settle(database, new_agents(9)) == [None] * 9


def test_losing_a_race_for_a_new_row_is_a_conflict(database: Counting) -> None:
    """Another replica made the agent between our look and our write."""
    database.stolen = 3
    works = [*new_agents(1), Commit(delivery=delivery("e1"))]
    lost, other = settle(database, works)
    assert isinstance(lost, Conflict)
    assert other is None
    assert users(database) == []


def test_a_job_answers_and_a_failing_job_fails_alone(database: Counting) -> None:
    """Small changes share the transaction of the commits around them."""

    def fail(_: Any) -> None:
        raise ValueError("a bug")

    def count(found: Database) -> object:
        return execute(found, "SELECT 41 + 1")[0][0][0]

    outcomes = settle(database, [*new_agents(2), count, fail])
    assert outcomes[:3] == [None, None, 42]
    assert isinstance(outcomes[3], StorageError)
    assert len(users(database)) == 2


def test_every_kind_of_row_is_read_in_batches(database: Counting) -> None:
    """More deliveries, agents and parked calls than one statement asks for."""

    def full(n: int) -> Commit:
        parked = waiting(f"e{n}", provider_call_id=f"pc-{n}")
        key = AgentKey("o", f"{n:03}")
        return Commit(write(0, key=key).changes, delivery(f"e{n}"), (parked,))

    works = [full(n) for n in range(300)]
    assert settle(database, works) == [None] * 300
    repeated = settle(database, works)
    assert {type(outcome).__name__ for outcome in repeated} == {"Duplicate"}


def test_a_port_error_is_passed_on_unchanged() -> None:
    """Others become StorageErrors which name their kind and keep what drivers say to themselves."""
    conflict = Conflict("a newer version was committed")
    assert failure(conflict) is conflict
    secret = ValueError("DETAIL: number=+14155550100")
    assert str(failure(secret)) == "the store failed: ValueError"
    assert failure(secret).__cause__ is secret


def traced(database: SqliteDatabase) -> list[str]:
    """The statements that are run from now on."""
    seen: list[str] = []
    database._connection.set_trace_callback(seen.append)
    return seen


def ringing(n: int, version: int) -> Commit:
    """A call of which nobody knew yet reaches an agent, who is alone on the line."""
    key, line = AgentKey("o", f"{n:03}"), TelephonyUser("acct", f"user_{n}")
    row = CallRow(("acct", f"pc-{n}-{version}"), "call-1", key, NOW)
    change = AgentChange(version, Agent(key, line), None, calls=(row,))
    route = RouteRead(row.call, frozenset(), frozenset(), line, frozenset({key}))
    return Commit((change,), delivery(f"e-{n}-{version}"), route=route)


def lined(n: int) -> Commit:
    """The agent is there, with a line."""
    key, line = AgentKey("o", f"{n:03}"), TelephonyUser("acct", f"user_{n}")
    return Commit((AgentChange(0, Agent(key, line), None),))


@pytest.mark.parametrize("count", [1, 12])
def test_an_unchanged_batch_of_deliveries_needs_six_statements(
    database: Counting, count: int
) -> None:
    """Begin, the routes, the agents, the deliveries, the calls, commit; however many they are."""
    assert settle(database, [lined(n) for n in range(count)]) == [None] * count
    seen = traced(database)
    assert settle(database, [ringing(n, 1) for n in range(count)]) == [None] * count
    assert [statement.split()[0] for statement in seen] == [
        "BEGIN",
        "WITH",
        "UPDATE",
        "INSERT",
        "INSERT",
        "COMMIT",
    ]


def test_a_batch_that_fails_its_checks_is_decided_commit_by_commit(
    database: Counting,
) -> None:
    """A delivery that came before, an old version, a call that has an agent: the others win."""
    agents = [lined(n) for n in range(4)]
    first = ringing(0, 1)
    assert settle(database, [*agents, Commit((bound(0, "pc-3-1", BEN),))]) == [None] * 5
    assert settle(database, [first]) == [None]
    again = replace(ringing(2, 1), delivery=delivery("e-0-1"))
    works = [again, ringing(1, 7), ringing(3, 1), write(0)]
    outcomes = settle(database, works)
    assert [type(outcome) for outcome in outcomes] == [Duplicate, Conflict, Conflict, type(None)]
    found = set(versions(database, [("o", f"{n:03}") for n in range(4)]))
    assert found == {("o", "000", 2), ("o", "001", 1), ("o", "002", 1), ("o", "003", 1)}
    assert settle(database, [ringing(1, 1), ringing(2, 1)]) == [None, None]


def test_a_delivery_twice_in_one_batch_counts_once(database: Counting) -> None:
    """The one that came first wins."""
    twice = [Commit(delivery=delivery("e1")), Commit(delivery=delivery("e1"))]
    assert [type(outcome) for outcome in settle(database, [*new_agents(1), *twice])] == [
        type(None),
        type(None),
        Duplicate,
    ]


def test_an_outage_at_the_commit_fails_all_at_once(database: Counting) -> None:
    """Nothing is tried a second time, and nothing is in."""
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    with patch.object(database, "commit", side_effect=full):
        outcomes = settle(database, new_agents(3))
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 3
    assert database.begun == 1
    assert users(database) == []


@pytest.mark.parametrize("seed", range(4))
def test_the_optimistic_path_gives_the_same_outcomes_and_rows(
    database: Counting, tmp_path: Path, seed: int
) -> None:
    """Batches of commits, most of which are right, against a store that looks at each first."""
    upgrade_tables(f"sqlite:///{tmp_path}/other.db")
    looking = SqliteDatabase(tmp_path / "other.db")
    made, kinds, judged = Commits(seed), set(), 0
    for _ in range(150):
        works: list[Work] = [*made.batch(held(database))]
        begun = database.begun
        outcomes = [type(outcome) for outcome in settle(database, works)]
        judged += database.begun - begun > 1
        assert outcomes == [type(outcome) for outcome in _settle_checked(looking, works)]
        assert held(database) == held(looking)
        kinds.update(outcomes)
    assert kinds == {type(None), Conflict, Duplicate}
    assert 10 < judged < 100
    looking.close()
