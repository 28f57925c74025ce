"""Migrating: from nothing, again, at once from many processes, and never by half."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import op

from adapter.storage.filelock import FileLock, StoreLocked
from adapter.storage.migrate import Migration, sqlalchemy_url, upgrade
from adapter.storage.open import open_store
from adapter.storage.port import StorageError
from tests.contracts.stores import ADA, NOW, write
from tests.storage.later import LATER, TABLES, additions, grow
from tests.storage.servers import Postgres

ROOT = Path(__file__).parents[2]
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def tables(path: Path) -> set[str]:
    """The tables of an SQLite file."""
    with closing(sqlite3.connect(path)) as connection, connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    return {name for (name,) in names}


def shape(url: str) -> dict[str, list[object]]:
    """Each table's columns, in order, whether they may be empty, its key, and its indexes."""
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    seen = sa.inspect(engine)
    return {
        name: [
            [(column["name"], column["nullable"]) for column in seen.get_columns(name)],
            seen.get_pk_constraint(name)["constrained_columns"],
            sorted(
                (str(index["name"]), index["column_names"], bool(index["unique"]))
                for index in seen.get_indexes(name)
                if "duplicates_constraint" not in index
            ),
        ]
        for name in sorted(seen.get_table_names())
    }


def test_both_databases_get_the_same_tables(tmp_path: Path, postgres: Postgres) -> None:
    """Columns, keys and indexes, so that one set of statements is for both."""
    file, server = f"sqlite:///{tmp_path}/softphone.db", postgres.database()
    upgrade(file)
    upgrade(server)
    made = shape(file)
    assert made == shape(server)
    assert made.keys() == {*TABLES, "alembic_version"}


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("postgresql://u:p%40@h/d", "postgresql+psycopg://u:p%40@h/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_an_address_gets_our_driver(given: str, used: str) -> None:
    """Psycopg 3 for PostgreSQL, also by its old name; passwords stay as they are."""
    assert sqlalchemy_url(given) == used


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    """The second run finds everything done, and the data where it was."""
    path = tmp_path / "softphone.db"
    upgrade(f"sqlite:///{path}")
    made = tables(path)
    assert {"agents", "call_logs", "deliveries", "meta"} <= made
    upgrade(f"sqlite:///{path}")
    assert tables(path) == made


def test_a_failed_migration_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it or nothing, on SQLite too."""

    def break_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(op, "create_index", break_off)
    path = tmp_path / "softphone.db"
    with pytest.raises(KeyboardInterrupt):
        upgrade(f"sqlite:///{path}")
    assert tables(path) == set()


def test_a_file_in_use_is_not_migrated(tmp_path: Path) -> None:
    """The server that holds it migrates it itself, when it starts."""
    path = tmp_path / "softphone.db"
    with FileLock(path), pytest.raises(StoreLocked):
        upgrade(f"sqlite:///{path}")
    assert not path.exists()


def test_replicas_that_migrate_at_once_wait_for_each_other(postgres: Postgres) -> None:
    """Three at a time on an empty database: none fails."""
    url = postgres.database()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(upgrade, [url] * 3))
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_database_out_of_reach_is_a_storage_error(tmp_path: Path) -> None:
    """Told in one sentence without the address, which may hold a password."""
    with pytest.raises(StorageError) as caught:
        upgrade(f"postgresql://someone:secret@/d?host={tmp_path}")
    assert "secret" not in str(caught.value)


def test_two_simultaneous_migrations_run_once(postgres: Postgres) -> None:
    """As two hosts of a deploy would: both end well, one of them has found everything done."""
    told = {**os.environ, "SOFTPHONE_DATABASE_URL": postgres.database()}
    command = [sys.executable, "-m", "adapter", "migrate", "--json"]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.PIPE) for _ in range(2)
    ]
    ended = [(process.communicate(timeout=60)[0], process.returncode) for process in started]
    assert [status for _, status in ended] == [0, 0]
    steps = sorted(len(json.loads(out)["steps"]) for out, _ in ended)
    assert steps[0] == 0 < steps[1]


def until_somebody_waits(url: str) -> None:
    """Until a connection waits for the lock of those who migrate."""
    with psycopg.connect(url, autocommit=True) as looking:
        while looking.execute(WAITING).fetchone() != (1,):
            continue


async def test_a_replica_that_starts_during_a_migration_waits_for_it(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It neither says that tables are missing nor sees half of them."""
    url, half_done, go_on = postgres.database(), Event(), Event()
    make_index: Callable[..., Any] = op.create_index

    def slowly(*args: Any, **more: Any) -> None:
        half_done.set()
        assert go_on.wait(60)
        make_index(*args, **more)

    monkeypatch.setattr(op, "create_index", slowly)
    migrating = asyncio.create_task(asyncio.to_thread(upgrade, url))
    assert await asyncio.to_thread(half_done.wait, 60)
    opening = asyncio.create_task(open_store(url, clock_ms=lambda: NOW))
    await asyncio.to_thread(until_somebody_waits, url)
    assert not opening.done()
    go_on.set()
    await migrating
    store = await opening
    await store.commit(write(0, "Ada"))
    await store.close()


async def test_a_replica_goes_on_while_a_later_release_adds_to_its_tables(
    postgres: Postgres,
) -> None:
    """It commits and reads the whole time; what it wrote before, meanwhile and after is there."""
    url = postgres.database()
    upgrade(url)
    store = await open_store(url, clock_ms=lambda: NOW)
    with psycopg.connect(url, autocommit=True) as later:
        for version, statement in enumerate(additions()):
            await store.commit(write(version, f"Ada {version}"))
            snapshot = await store.load(ADA)
            assert snapshot is not None
            assert (snapshot.version, snapshot.agent.name) == (version + 1, f"Ada {version}")
            later.execute(statement.encode())
        await store.commit(write(len(additions()), "Ada at last"))
        row = later.execute("SELECT version, later_column FROM agents").fetchone()
    assert row == (len(additions()) + 1, "new")
    await store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_going_back_finds_a_later_releases_tables_and_leaves_them(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A deploy is taken back: the release before migrates nothing, starts, and works."""
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/softphone.db"
    else:
        url = request.getfixturevalue("postgres").database()
    done = upgrade(url)
    assert (done.before, done.after, done.is_later) == (None, done.steps[-1], False)
    assert upgrade(url) == Migration(done.after, done.after)
    grow(url)
    assert upgrade(url) == Migration(LATER, LATER, is_later=True)
    store = await open_store(url, clock_ms=lambda: NOW)
    await store.commit(write(0, "Ada"))
    await store.close()


def test_each_step_is_announced(tmp_path: Path) -> None:
    """Its name, and how many there are."""
    told: list[tuple[str, int, int]] = []
    done = upgrade(f"sqlite:///{tmp_path}/x.db", lambda *step: told.append(step))
    count = len(done.steps)
    assert told == [(name, number, count) for number, name in enumerate(done.steps, start=1)]
    assert count > 0
