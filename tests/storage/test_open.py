"""Opening a store by its address: to write, to read, to write it anew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adapter.storage.archive import DELIVERIES, Archive
from adapter.storage.filelock import FileLock, StoreLocked
from adapter.storage.migrate import upgrade
from adapter.storage.open import compact, open_reader, open_store
from adapter.storage.port import Commit, Delivery, StorageError
from adapter.storage.postgres import PostgresStore
from adapter.storage.sqlite import SqliteStore
from tests.contracts.stores import NOW
from tests.storage.servers import Postgres
from tests.storage.traces import leave_traces

ROOT = Path(__file__).parents[2]


def all_bytes(folder: Path) -> bytes:
    """Of all its files."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_three_slashes_are_a_relative_file_and_four_an_absolute_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SQLAlchemy and its users have it."""
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///var/relative.db", f"sqlite:///{tmp_path}/absolute.db"):
        store = await open_store(url, clock_ms=lambda: NOW)
        assert isinstance(store, SqliteStore)
        await store.close()
    assert (tmp_path / "var" / "relative.db").is_file()
    assert (tmp_path / "absolute.db").is_file()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
async def test_a_postgresql_address_is_postgresql(postgres: Postgres, scheme: str) -> None:
    """By its name, and by the short one that hosters use."""
    url = postgres.database().replace("postgresql", scheme)
    upgrade(url)
    store = await open_store(url, clock_ms=lambda: NOW)
    assert isinstance(store, PostgresStore)
    await store.close()


@pytest.mark.parametrize("url", ["", "softphone.db", "mysql://h/d", "sqlite:softphone.db"])
async def test_another_address_is_refused_with_the_ones_that_work(url: str) -> None:
    """The message names both forms, and not the address: it may hold a password."""
    with pytest.raises(StorageError, match="sqlite:/// or postgresql://"):
        await open_store(url, clock_ms=lambda: NOW)


def test_sqlite_needs_no_postgresql_driver(tmp_path: Path) -> None:
    """The extra is imported only for an address that asks for it."""
    code = (
        "import asyncio, sys\n"
        "sys.modules['psycopg'] = None\n"
        "from adapter.storage.open import open_store\n"
        "async def main():\n"
        "    store = await open_store('sqlite:///' + sys.argv[1], clock_ms=lambda: 0)\n"
        "    print(await store.epoch())\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "softphone.db")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip()) == 32


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "mysql://x"])
def test_a_missing_database_is_not_created(url: str) -> None:
    """A wrong address is told."""
    with pytest.raises(StorageError):
        open_reader(url)


async def test_a_compacted_file_holds_nothing_of_what_was_erased(tmp_path: Path) -> None:
    """Byte for byte, its log included; without that, unused pages still tell it."""
    url = f"sqlite:///{tmp_path}/test.db"
    store = await open_store(url, clock_ms=lambda: NOW)
    await store.commit(
        Commit(
            delivery=Delivery("acct", "e19", "t", b'{"to_number":"+4930901820145"}', NOW, "applied")
        )
    )
    archive = Archive(store.reader, store.journal)
    async for row in archive.rows(DELIVERIES):
        await archive.erase_delivery(row, b"{}")
    await store.close()
    leave_traces(tmp_path / "test.db", "+4930901820145")
    with FileLock(tmp_path / "test.db"), pytest.raises(StoreLocked):
        compact(url)
    compact(url)
    left = all_bytes(tmp_path)
    assert b"e19" in left
    assert b"30901820145" not in left


def test_postgresql_vacuums_automatically() -> None:
    """Nothing is asked of it."""
    compact("postgresql://nobody@127.0.0.1:1/none")
