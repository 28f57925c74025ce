"""PostgreSQL's own ways to fail, and two replicas on one database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace
from psycopg.conninfo import conninfo_to_dict

from adapter.core.model import AgentKey, TelephonyUser
from adapter.storage import queries
from adapter.storage.migrate import upgrade
from adapter.storage.port import (
    AgentChange,
    Commit,
    Conflict,
    Duplicate,
    RouteRead,
    StorageError,
)
from adapter.storage.postgres import PostgresDatabase, PostgresStore, open_reader
from adapter.storage.sqlite import SqliteDatabase
from adapter.storage.transaction import Work, execute, settle
from tests.contracts.stores import ADA, BEN, NOW, agent, bound, change, delivery, write
from tests.storage.commits import Commits, held
from tests.storage.servers import Postgres, running_postgres


async def opened(url: str) -> PostgresStore:
    """A store on this database."""
    return await PostgresStore.open(url, clock_ms=lambda: NOW)


@pytest.fixture
async def replicas(url: str) -> AsyncIterator[tuple[PostgresStore, PostgresStore]]:
    """Two stores on one database."""
    one, other = await opened(url), await opened(url)
    yield one, other
    await one.close()
    await other.close()


@pytest.fixture
def lone_server() -> Iterator[Postgres]:
    """A server of the test's own, to be stopped and started."""
    with running_postgres() as server:
        yield server


async def test_a_database_without_tables_says_what_to_run(postgres: Postgres) -> None:
    """PostgreSQL is not migrated by itself: replicas of two versions may share it."""
    with pytest.raises(StorageError, match="python -m adapter migrate"):
        await opened(postgres.database())


async def test_a_server_out_of_reach_is_a_storage_error(tmp_path: Path) -> None:
    """Without the address, which may hold a password."""
    with pytest.raises(StorageError) as caught:
        await opened(f"postgresql://someone:secret@/d?host={tmp_path}")
    assert "secret" not in str(caught.value)


async def test_replicas_share_epoch_values_and_deliveries(
    replicas: tuple[PostgresStore, PostgresStore],
) -> None:
    """What one commits the other reads, and a delivery counts once for both."""
    one, other = replicas
    assert await one.epoch() == await other.epoch()
    await one.commit(Commit((change(0),), delivery("e1")))
    snapshot = await other.load(ADA)
    assert snapshot is not None
    assert snapshot.version == 1
    with pytest.raises(Duplicate):
        await other.commit(Commit((change(1),), delivery("e1")))


async def test_racing_replicas_make_one_history(
    replicas: tuple[PostgresStore, PostgresStore],
) -> None:
    """Both commit from the same versions of the same agents, in opposite order: one wins each."""
    for version in range(30):
        works = [
            store.commit(Commit((change(version, key=first), change(version, key=second))))
            for store, first, second in zip(replicas, (ADA, BEN), (BEN, ADA), strict=True)
        ]
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes if outcome) in (
            ["Conflict"],
            ["Raced"],
        )
    assert await replicas[0].versions((ADA, BEN)) == {ADA: 30, BEN: 30}


async def test_replicas_that_get_the_same_delivery_take_it_once(
    replicas: tuple[PostgresStore, PostgresStore],
) -> None:
    """Twenty deliveries, each to both at once: exactly one of the two takes each."""
    works = [
        store.commit(Commit(delivery=delivery(f"e{n}"))) for n in range(20) for store in replicas
    ]
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    pairs = zip(outcomes[::2], outcomes[1::2], strict=True)
    assert all((one is None) != (other is None) for one, other in pairs)
    lost = [outcome for outcome in outcomes if outcome is not None]
    assert all(isinstance(outcome, Duplicate | Conflict) for outcome in lost)


async def test_many_agents_in_opposite_order_do_not_deadlock(
    replicas: tuple[PostgresStore, PostgresStore],
) -> None:
    """Batches lock in the order of keys: every commit wins or has a Conflict."""
    keys = [AgentKey("o", f"{n:02}") for n in range(40)]
    for version in range(5):
        works = [replicas[0].commit(write(version, key=key)) for key in keys]
        works += [replicas[1].commit(write(version, key=key)) for key in reversed(keys)]
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        assert outcomes.count(None) == len(keys)
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == len(keys)


async def test_lost_connections_are_reopened(postgres: Postgres, url: str) -> None:
    """Cut off between two commits: nobody notices, neither writing nor reading."""
    store = await opened(url)
    await store.commit(write(0))
    assert await store.versions((ADA,)) == {ADA: 1}
    postgres.drop_connections(url)
    await store.commit(write(1))
    postgres.drop_connections(url)
    assert await store.versions((ADA,)) == {ADA: 2}
    await store.close()


async def test_a_connection_to_a_standby_is_not_kept(postgres: Postgres, url: str) -> None:
    """After a failover the server's name may lead to the old one for a while, as here."""
    store = await opened(url)
    await store.commit(write(0))
    postgres.set_read_only(url, True)
    postgres.drop_connections(url)
    with pytest.raises(StorageError, match="is it a standby"):
        await store.commit(write(1))
    with pytest.raises(StorageError, match="is it a standby"):
        await store.load(ADA)
    command = open_reader(url)
    assert await command.run(queries.epoch)
    await command.close()
    postgres.set_read_only(url, False)
    await store.commit(write(1))
    assert await store.versions((ADA,)) == {ADA: 2}
    await store.close()


async def test_of_several_servers_the_one_that_can_be_written_is_used(
    postgres: Postgres, lone_server: Postgres
) -> None:
    """By `migrate` and by replicas, in whichever order the address names them."""
    standby = postgres.database()
    primary = lone_server.database(name=conninfo_to_dict(standby)["dbname"])
    postgres.set_read_only(standby, True)
    url = f"{standby},{conninfo_to_dict(primary)['host']}"
    upgrade(url)
    store = await opened(url)
    await store.commit(write(0))
    await store.close()
    with psycopg.connect(primary) as connection:
        assert connection.execute("SELECT version FROM agents").fetchall() == [(1,)]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_a_database_that_cannot_hold_any_text_is_refused(
    postgres: Postgres, encoding: str
) -> None:
    """Otherwise each delivery that names somebody in other letters would fail for good."""
    url = postgres.database(f"TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(StorageError, match=f"encoding is {encoding}"):
        upgrade(url)
    with pytest.raises(StorageError, match=f"encoding is {encoding}"):
        await opened(url)


async def test_a_schema_that_the_address_names_is_the_one_that_is_used(postgres: Postgres) -> None:
    """The tables are made, written and read there, and nothing is in `public`."""
    url = postgres.database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA phone")
    url += "&options=-csearch_path%3Dphone"
    upgrade(url)
    store = await opened(url)
    await store.commit(write(0))
    assert await store.versions((ADA,)) == {ADA: 1}
    await store.close()
    with psycopg.connect(url) as connection:
        tables = "SELECT schemaname FROM pg_tables WHERE tablename = 'agents'"
        assert connection.execute(tables).fetchall() == [("phone",)]


async def test_a_stopped_server_fails_everything_until_it_is_back(lone_server: Postgres) -> None:
    """StorageError meanwhile; what was acknowledged before an immediate stop is there after it."""
    url = lone_server.database()
    upgrade(url)
    store = await opened(url)
    await store.commit(write(0))
    lone_server.stop()
    with pytest.raises(StorageError):
        await store.commit(write(1))
    with pytest.raises(StorageError):
        await store.load(ADA)
    lone_server.start()
    await store.commit(write(1))
    assert await store.versions((ADA,)) == {ADA: 2}
    await store.close()


class AnswerLost(PostgresDatabase):
    """Loses its connection around a COMMIT: after the server did it, or before."""

    def __init__(self, url: str, server: Postgres, *, done: bool) -> None:
        super().__init__(url)
        self._server, self._done, self._address = server, done, url

    def commit(self) -> None:
        """Drop the connection once, and let the real commit find out."""
        if self._done:
            self._open.execute("COMMIT")
        self._server.drop_connections(self._address)
        super().commit()


class Stopping(PostgresDatabase):
    """The server stops just before the first COMMIT."""

    def __init__(self, url: str, server: Postgres) -> None:
        super().__init__(url)
        self._stop = [server.stop]

    def commit(self) -> None:
        """Stop the server, once."""
        while self._stop:
            self._stop.pop()()
        super().commit()


@pytest.mark.parametrize("done", [True, False])
def test_a_commit_whose_answer_was_lost_is_looked_up(
    postgres: Postgres, url: str, done: bool
) -> None:
    """If it took effect, it is a success; if not, a StorageError with nothing in."""
    database = AnswerLost(url, postgres, done=done)
    (outcome,) = settle(database, [write(0)])
    assert (outcome is None) is done
    assert isinstance(outcome, StorageError) is not done
    database.close()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT version FROM agents").fetchall() == [(1,)] * done


def test_an_outcome_that_nobody_can_tell_in_time_is_a_failure(
    lone_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server stops at the COMMIT and stays away: the caller is not kept waiting for ever."""
    monkeypatch.setattr("adapter.storage.postgres.IN_DOUBT_SECONDS", 0.3)
    url = lone_server.database()
    upgrade(url)
    database = Stopping(url, lone_server)
    (outcome,) = settle(database, [write(0)])
    assert isinstance(outcome, StorageError)
    lone_server.start()
    assert settle(database, [write(0)]) == [None]
    database.close()


def test_a_refused_value_fails_alone_and_keeps_the_connection(url: str) -> None:
    """NUL in an id: the commits beside it are in, on the same connection."""
    database = PostgresDatabase(url)
    works = [write(0), Commit(delivery=delivery("\0")), write(1)]
    outcomes = settle(database, works)
    assert [outcomes[0], outcomes[2]] == [None, None]
    assert isinstance(outcomes[1], StorageError)
    database.close()


def test_only_server_failures_are_outages(url: str) -> None:
    """A deadlock is tried again in smaller portions."""
    database = PostgresDatabase(url)
    assert database.is_outage(psycopg.OperationalError())
    assert not database.is_outage(psycopg.errors.DeadlockDetected())
    assert not database.is_outage(psycopg.errors.UniqueViolation())
    assert not database.is_outage(ValueError())
    database.rollback()
    database.close()


async def test_replicas_that_route_the_same_call_differently_make_one_history(
    replicas: tuple[PostgresStore, PostgresStore],
) -> None:
    """Both take deliveries of the same calls to the same agent, each by what it last read."""
    line = TelephonyUser("acct", "user_1")
    await replicas[0].commit(Commit((AgentChange(0, agent(line=line), None),)))
    for n in range(20):
        nobody = RouteRead(("acct", f"pc-{n}"), frozenset(), None, line, frozenset({ADA}))
        rings = replace(bound(n + 1, f"pc-{n}"), agent=agent(line=line))
        works = [
            store.commit(Commit((rings,), delivery(f"e{n}-{who}"), route=nobody))
            for who, store in enumerate(replicas)
        ]
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        assert outcomes.count(None) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    assert await replicas[0].versions((ADA,)) == {ADA: 21}


def test_a_statement_that_takes_too_long_is_not_tried_again(url: str) -> None:
    """Somebody holds the row: the batch fails once the server's patience is over."""
    database = PostgresDatabase(url)
    assert settle(database, [write(0)]) == [None]
    execute(database, "SET statement_timeout = 50")
    with psycopg.connect(url) as other:
        other.execute("UPDATE agents SET version = version")
        (outcome,) = settle(database, [write(1)])
    assert isinstance(outcome, StorageError)
    assert isinstance(outcome.__cause__, psycopg.errors.QueryCanceled)
    assert execute(database, "SHOW statement_timeout")[0] == [("50ms",)]
    assert settle(database, [write(1)]) == [None]
    database.close()


def test_both_databases_decide_alike(url: str, tmp_path: Path) -> None:
    """Batches of commits, most of which are right: the same outcomes, and the same rows."""
    upgrade(f"sqlite:///{tmp_path}/softphone.db")
    one, other = PostgresDatabase(url), SqliteDatabase(tmp_path / "softphone.db")
    made, kinds = Commits(seed=7), set()
    for _ in range(80):
        works: list[Work] = [*made.batch(held(other))]
        outcomes = [type(outcome) for outcome in settle(one, works)]
        assert outcomes == [type(outcome) for outcome in settle(other, works)]
        assert held(one) == held(other)
        kinds.update(outcomes)
    assert kinds == {type(None), Conflict, Duplicate}
    one.close()
    other.close()
