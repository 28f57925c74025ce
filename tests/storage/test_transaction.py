"""A batch as one transaction: the bad commit sinks alone, an outage fails all at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapter.core.model import AgentKey
from adapter.storage import sql
from adapter.storage.batch import Prepared, Row, prepare
from adapter.storage.migrate import upgrade_tables
from adapter.storage.port import Commit, Conflict, StorageError
from adapter.storage.sqlite import SqliteDatabase
from adapter.storage.transaction import Job, Work, failure, settle
from tests.contracts.stores import ADA, delivery, waiting, write

UNSTORABLE = prepare(Commit(delivery=delivery("\ud800")))
"""A lone surrogate in an id, which no database takes as text."""


class Counting(SqliteDatabase):
    """SQLite that counts, and that breaks when it is told to."""

    begun = 0
    broken: Exception | None = None
    stolen = False

    def begin(self) -> None:
        """Count it."""
        self.begun += 1
        super().begin()
        if self.broken is not None:
            raise self.broken

    def write(self, statement: str, rows: Sequence[Row]) -> int:
        """Another replica may have been quicker with a new agent."""
        changed = super().write(statement, rows)
        return changed - 1 if self.stolen and statement == sql.INSERT_AGENT else changed


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
    return [
        str(user) for (user,) in database.execute("SELECT user_id FROM agents ORDER BY 1", ())[0]
    ]


def new_agents(count: int) -> list[Work]:
    """A commit for each of so many new agents."""
    return [prepare(write(0, key=AgentKey("o", f"{n:03}"))) for n in range(count)]


def test_a_batch_is_one_transaction(database: Counting) -> None:
    """However many commits it has."""
    assert settle(database, new_agents(200)) == [None] * 200
    assert database.begun == 1
    assert len(users(database)) == 200


def test_only_the_commit_that_cannot_be_stored_fails(database: Counting) -> None:
    """The batch is halved until it is alone; each of the others is in, once."""
    works = new_agents(20)
    works.insert(7, UNSTORABLE)
    outcomes = settle(database, works)
    assert [n for n, outcome in enumerate(outcomes) if outcome is not None] == [7]
    assert isinstance(outcomes[7], StorageError)
    assert len(users(database)) == 20
    assert database.begun < 20


def test_commits_that_chain_survive_the_halving(database: Counting) -> None:
    """What one half made is what the other half reads."""
    chain: list[Work] = [prepare(write(version)) for version in range(8)]
    outcomes = settle(database, [*chain[:4], UNSTORABLE, *chain[4:]])
    assert outcomes[:4] + outcomes[5:] == [None] * 8
    assert database.versions([(ADA.org_id, ADA.user_id)]) == [("00D1", "0051", 8)]


def test_an_outage_fails_all_at_once(database: Counting) -> None:
    """With the disk full or the file locked, nobody fares better alone."""
    database.broken = sqlite3.OperationalError("database or disk is full")
    database.broken.sqlite_errorcode = sqlite3.SQLITE_FULL
    outcomes = settle(database, new_agents(9))
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 9
    assert database.begun == 1
    database.broken = None
    assert settle(database, new_agents(9)) == [None] * 9


def test_whoever_lost_a_race_for_a_new_row_has_a_conflict(database: Counting) -> None:
    """Another replica made the agent between our look and our write."""
    database.stolen = True
    works = [*new_agents(1), prepare(Commit(delivery=delivery("e1")))]
    lost, other = settle(database, works)
    assert isinstance(lost, Conflict)
    assert other is None
    assert users(database) == []


def test_a_job_answers_and_a_failing_job_sinks_alone(database: Counting) -> None:
    """Small changes share the transaction of the commits around them."""

    def fail(_: Any) -> None:
        raise ValueError("a bug")

    counted = Job(lambda found: found.execute("SELECT 41 + 1", ())[0][0][0])
    outcomes = settle(database, [*new_agents(2), counted, Job(fail)])
    assert outcomes[:3] == [None, None, 42]
    assert isinstance(outcomes[3], StorageError)
    assert len(users(database)) == 2


def test_every_kind_of_row_is_looked_up_in_portions(database: Counting) -> None:
    """More deliveries, agents and parked calls than one statement asks for."""

    def full(n: int) -> Prepared:
        parked = waiting(f"e{n}", provider_call_id=f"pc-{n}")
        key = AgentKey("o", f"{n:03}")
        return prepare(Commit(write(0, key=key).changes, delivery(f"e{n}"), (parked,)))

    works = [full(n) for n in range(300)]
    assert settle(database, works) == [None] * 300
    repeated = settle(database, works)
    assert {type(outcome).__name__ for outcome in repeated} == {"Duplicate"}


def test_an_error_of_the_port_stays_what_it_is() -> None:
    """Others become StorageErrors which name their kind and keep what drivers say to themselves."""
    conflict = Conflict("a newer version was committed")
    assert failure(conflict) is conflict
    secret = ValueError("DETAIL: number=+14155550100")
    assert str(failure(secret)) == "the store failed: ValueError"
    assert failure(secret).__cause__ is secret
