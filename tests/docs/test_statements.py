"""The SQL that the operators' page offers, typed into real databases."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from adapter.storage.migrate import upgrade
from adapter.storage.open import open_store
from adapter.storage.sqlstore import SqlStore
from tests.storage.servers import Postgres

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
NEW_EPOCH = {
    name: sql for sql, name in re.findall(r"^ +(UPDATE meta .*;) +-- (\w+)$", PAGE, re.MULTILINE)
}
"""What gives a restored store a new epoch, by database."""

QUERIES = re.findall(r"`(SELECT [^`]* FROM [a-z_]+ [^`]*)`", PAGE)


async def opened(url: str) -> SqlStore:
    """The store there, with its tables."""
    return await open_store(url, clock_ms=lambda: 1)


async def epoch(url: str) -> str:
    """The store's epoch, as pages get it."""
    store = await opened(url)
    try:
        return await store.epoch()
    finally:
        await store.close()


async def test_a_restored_file_gets_a_new_epoch(tmp_path: Path) -> None:
    """Open pages would take no view from it otherwise."""
    url = f"sqlite:///{tmp_path}/softphone.db"
    before = await epoch(url)
    with closing(sqlite3.connect(tmp_path / "softphone.db", isolation_level=None)) as shell:
        assert shell.execute(NEW_EPOCH["SQLite"]).rowcount == 1
        assert [shell.execute(query).fetchall() for query in QUERIES] == [[]]
    assert len(await epoch(url)) == len(before) == 32
    assert await epoch(url) != before


async def test_a_restored_database_gets_a_new_epoch(postgres: Postgres) -> None:
    """The same on a server."""
    url = postgres.database()
    upgrade(url)
    before = await epoch(url)
    with psycopg.connect(url, autocommit=True) as shell:
        assert shell.execute(NEW_EPOCH["PostgreSQL"].encode()).rowcount == 1
        assert [shell.execute(query.encode()).fetchall() for query in QUERIES] == [[]]
    assert len(await epoch(url)) == len(before) == 32
    assert await epoch(url) != before
