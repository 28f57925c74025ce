"""Migrating: from nothing, again, at once from many processes, and never by half."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic import op

from adapter.storage.filelock import FileLock, StoreLocked
from adapter.storage.migrate import upgrade
from adapter.storage.port import StorageError
from tests.storage.servers import Postgres


def tables(path: Path) -> set[str]:
    """The tables of an SQLite file."""
    with sqlite3.connect(path) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    return {name for (name,) in names}


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    """The second run finds everything done, and the data where it was."""
    path = tmp_path / "softphone.db"
    upgrade(f"sqlite:///{path}")
    made = tables(path)
    assert {"agents", "call_logs", "deliveries", "meta"} <= made
    upgrade(f"sqlite:///{path}")
    assert tables(path) == made


def test_a_migration_that_fails_leaves_nothing(
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
