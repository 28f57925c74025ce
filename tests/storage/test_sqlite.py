"""SQLite's own ways to fail, and how it keeps its promises."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from adapter.core.model import AgentKey
from adapter.storage import sql, sqlite
from adapter.storage.batch import Row
from adapter.storage.filelock import StoreLocked
from adapter.storage.migrate import upgrade_tables
from adapter.storage.port import Commit, StorageError
from adapter.storage.sqlite import CACHE_KIB, SqliteDatabase, SqliteStore
from adapter.storage.transaction import Database, execute
from tests.contracts.stores import ADA, NOW, change, delivery, write


async def opened(path: Path) -> SqliteStore:
    """A store on this file."""
    return await SqliteStore.open(path, clock_ms=lambda: NOW)


def pragma(store: SqliteStore, text: str) -> Callable[[Database], object]:
    """Ask or tell the writing connection."""

    def run(database: Database) -> object:
        rows, _ = execute(database, f"PRAGMA {text}")
        return rows[0][0]

    return run


def written(database: Database, statement: str, rows: Sequence[Row]) -> int:
    """The number of rows changed."""
    return database.run((statement, rows))[0][1]


async def test_commits_are_written_ahead_and_synced_in_full(tmp_path: Path) -> None:
    """WAL with synchronous=FULL (2): a power cut loses nothing that was acknowledged."""
    store = await opened(tmp_path / "softphone.db")
    assert await store.journal.submit(pragma(store, "journal_mode")) == "wal"
    assert await store.journal.submit(pragma(store, "synchronous")) == 2
    await store.close()


async def test_a_commit_reads_and_writes_no_file_but_the_log(tmp_path: Path) -> None:
    """Busy pages stay in memory, and so does what would undo half a statement."""
    store = await opened(tmp_path / "softphone.db")
    assert await store.journal.submit(pragma(store, "temp_store")) == 2
    assert await store.journal.submit(pragma(store, "cache_size")) == -CACHE_KIB
    await store.close()


async def test_the_files_are_private(tmp_path: Path) -> None:
    """Numbers and notes are in them: the file, its log and its lock are 0600."""
    umask = os.umask(0o022)
    try:
        store = await opened(tmp_path / "var" / "softphone.db")
        await store.commit(write(0))
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "var").iterdir()
        }
        await store.close()
    finally:
        os.umask(umask)
    assert set(modes) >= {"softphone.db", "softphone.db-wal", "softphone.db.lock"}
    assert set(modes.values()) == {0o600}


async def test_a_readable_file_is_made_private(tmp_path: Path) -> None:
    """An older release, or a restored backup, may have left it open."""
    path = tmp_path / "softphone.db"
    await (await opened(path)).close()
    for one in (path, tmp_path / "softphone.db-wal"):
        one.touch()
        one.chmod(0o644)
    store = await opened(path)
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (path, path.with_name("softphone.db-wal"))]
    await store.close()
    assert modes == [0o600, 0o600]


async def test_a_second_process_gets_a_clear_error(tmp_path: Path) -> None:
    """The file and the process id are named; after close() the file is free."""
    first = await opened(tmp_path / "softphone.db")
    with pytest.raises(StoreLocked, match=f"process {os.getpid()}"):
        await opened(tmp_path / "softphone.db")
    await first.close()
    await (await opened(tmp_path / "softphone.db")).close()


async def test_a_folder_without_a_name_in_utf_8_gets_a_clear_error(tmp_path: Path) -> None:
    """SQLAlchemy writes the path as UTF-8; nothing stays locked."""
    for _ in range(2):
        with pytest.raises(StorageError, match="cannot open"):
            await opened(tmp_path / "\udcff" / "softphone.db")


async def test_a_new_file_has_a_new_epoch(tmp_path: Path) -> None:
    """Versions start anew there, and pages must see it."""
    epochs = []
    for name in ("a.db", "b.db"):
        store = await opened(tmp_path / name)
        epochs.append(await store.epoch())
        await store.close()
    assert epochs[0] != epochs[1]


async def test_a_file_that_is_not_a_database_is_refused_and_unlocked(tmp_path: Path) -> None:
    """Nothing is written into it, and its lock is free again."""
    path = tmp_path / "softphone.db"
    path.write_bytes(b"a letter to a friend" * 100)
    for _ in range(2):
        with pytest.raises(StorageError) as caught:
            await opened(path)
        assert not isinstance(caught.value, StoreLocked)
    assert path.read_bytes() == b"a letter to a friend" * 100


async def test_a_directory_in_the_files_place_is_refused(tmp_path: Path) -> None:
    """With the path and the system's reason."""
    (tmp_path / "softphone.db").mkdir()
    with pytest.raises(StorageError, match=r"softphone\.db.*directory"):
        await opened(tmp_path / "softphone.db")


async def test_a_full_disk_fails_commits_until_there_is_room(tmp_path: Path) -> None:
    """StorageError, nothing of the batch is in, and the writer lives on."""
    store = await opened(tmp_path / "softphone.db")
    await store.commit(write(0))
    pages = await store.journal.submit(pragma(store, "page_count"))
    await store.journal.submit(pragma(store, f"max_page_count = {pages}"))
    keys = [AgentKey("o", str(n)) for n in range(10)]
    big = [write(0, name="x" * 20_000, key=key) for key in keys]
    outcomes = await asyncio.gather(*map(store.commit, big), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 10
    assert await store.versions((ADA, *keys)) == {ADA: 1}
    await store.journal.submit(pragma(store, "max_page_count = 100000"))
    await asyncio.gather(*map(store.commit, big))
    assert await store.versions(tuple(keys)) == dict.fromkeys(keys, 1)
    await store.close()


async def test_a_file_that_somebody_else_writes_to_fails_commits_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell that holds a transaction: StorageError after the patience, reading goes on."""
    monkeypatch.setattr(sqlite, "BUSY_MS", 20)
    store = await opened(tmp_path / "softphone.db")
    await store.commit(write(0))
    shell = sqlite3.connect(tmp_path / "softphone.db", isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    outcomes = await asyncio.gather(
        *(store.commit(write(1, name=str(n))) for n in range(3)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 3
    assert await store.versions((ADA,)) == {ADA: 1}
    shell.execute("ROLLBACK")
    shell.close()
    await store.commit(write(1))
    await store.close()


async def test_reading_does_not_wait_for_writing(tmp_path: Path) -> None:
    """While a transaction is open, load() answers with what was committed before it."""
    store = await opened(tmp_path / "softphone.db")
    await store.commit(write(0))
    shell = sqlite3.connect(tmp_path / "softphone.db", isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    shell.execute("UPDATE agents SET version = 99")
    assert await store.versions((ADA,)) == {ADA: 1}
    shell.execute("ROLLBACK")
    shell.close()
    await store.close()


async def test_the_reading_connection_cannot_write(tmp_path: Path) -> None:
    """Only the journal writes, even if a query should try."""
    store = await opened(tmp_path / "softphone.db")
    with pytest.raises(StorageError):
        await store.reader.run(lambda fetch: fetch("DELETE FROM meta", ()))
    assert await store.epoch()
    await store.close()


@pytest.mark.parametrize(
    ("code", "outage"),
    [
        (sqlite3.SQLITE_BUSY, True),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, True),
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_IOERR_FSYNC, True),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, False),
        (sqlite3.SQLITE_TOOBIG, False),
    ],
)
def test_disk_errors_are_distinguished_from_value_errors(
    tmp_path: Path, code: int, outage: bool
) -> None:
    """By the primary result code; extended codes belong to their primary one."""
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code
    database = SqliteDatabase(tmp_path / "x.db")
    assert database.is_outage(error) is outage
    assert not database.is_outage(ValueError())
    database.close()


SWEEPS = {
    "agents_due": "SELECT 1 FROM agents WHERE next_due <= 5",
    "call_logs_due": "SELECT 1 FROM call_logs WHERE next_due <= 5",
    "call_logs_open": "SELECT 1 FROM call_logs WHERE org_id = 'o' AND NOT settled",
    "call_logs_settled": "SELECT 1 FROM call_logs WHERE settled AND settled_at < 5",
    "agents_line": "SELECT 1 FROM agents WHERE account = 'a' AND provider_user = 'u'",
    "parked_call": "SELECT 1 FROM parked WHERE account = 'a' AND provider_call_id = 'p'",
}


@pytest.mark.parametrize("index", SWEEPS)
async def test_sweeps_and_routing_use_their_index(tmp_path: Path, index: str) -> None:
    """Their cost does not grow with the number of agents and old calls."""
    store = await opened(tmp_path / "softphone.db")
    plan = await store.reader.run(lambda fetch: fetch(f"EXPLAIN QUERY PLAN {SWEEPS[index]}", ()))
    await store.close()
    assert [row[3] for row in plan if index in row[3]]


async def test_a_delivery_is_kept_as_it_came(tmp_path: Path) -> None:
    """Raw bytes, type, time and fate: what became of a webhook can be looked up."""
    store = await opened(tmp_path / "softphone.db")
    taken = delivery("e1", b"\x00\xff raw")
    await store.commit(Commit((change(0),), taken))
    (row,) = await store.reader.run(lambda fetch: fetch("SELECT * FROM deliveries", ()))
    assert row == ("acct", "e1", "call.ended", b"\x00\xff raw", NOW, "taken")
    await store.close()


def test_many_rows_need_few_statements(tmp_path: Path) -> None:
    """Between two rows of one statement nobody has to wait for the interpreter."""
    upgrade_tables(f"sqlite:///{tmp_path}/softphone.db")
    database = SqliteDatabase(tmp_path / "softphone.db")
    connection = database._connection
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    new = [("00D1", f"{number:04}", 1, "{}", None, None, None) for number in range(300)]
    assert written(database, sql.INSERT_AGENT, new) == 300
    changed = [("00D1", f"{number:04}", 2, "{}", None, None, None, 1) for number in range(300)]
    assert written(database, sql.UPDATE_AGENT, changed) == 300
    assert len(seen) < 20
    database.close()


@pytest.mark.parametrize("count", [1, 2, 9, 300])
async def test_many_rows_are_written_as_single_ones_would_be(tmp_path: Path, count: int) -> None:
    """New agents, their next version, and nothing where another version is there or a row is."""
    store = await opened(tmp_path / "softphone.db")
    await store.close()
    database = SqliteDatabase(tmp_path / "softphone.db")
    users = [f"{number:04}" for number in range(count)]
    new = [("00D1", user, 1, f"v1-{user}", None, "acct", user) for user in users]
    next_rows = [("00D1", user, 2, f"v2-{user}", 5, None, None, 1) for user in users]
    database.begin()
    assert written(database, sql.INSERT_AGENT, new) == count
    assert written(database, sql.INSERT_AGENT, [*new, ("00D2", "u", 1, "x", None, None, None)]) == 1
    assert written(database, sql.UPDATE_AGENT, next_rows[1:]) == count - 1
    assert written(database, sql.UPDATE_AGENT, next_rows) == 1
    database.commit()
    rows, _ = execute(
        database,
        "SELECT user_id, version, value, next_due, account FROM agents WHERE org_id = '00D1'"
        " ORDER BY user_id",
    )
    assert rows == [(user, 2, f"v2-{user}", 5, None) for user in users]
    deliveries = [("acct", user, "call.end", b"\0{}", 7, "applied") for user in users]
    database.begin()
    assert written(database, sql.INSERT_DELIVERY, deliveries) == count
    assert written(database, sql.UNPARK, [("acct", user) for user in users]) == 0
    database.commit()
    rows, _ = execute(database, "SELECT DISTINCT body, at, fate FROM deliveries")
    assert rows == [(b"\0{}", 7, "applied")]
    database.close()


async def test_a_call_began_when_its_row_was_first_written(tmp_path: Path) -> None:
    """What is learned later changes the rest of the row."""
    await (await opened(tmp_path / "softphone.db")).close()
    database = SqliteDatabase(tmp_path / "softphone.db")
    call = ("acct", "pc-1", "o", "1")
    puts = [("call-1", NOW, "{}"), ("call-2", NOW + 1, "x")]
    assert [written(database, sql.PUT_CALL, [(*call, *put)]) for put in puts] == [1, 1]
    rows, _ = execute(database, "SELECT call_id, at, value FROM calls")
    assert rows == [("call-2", NOW, "x")]
    database.close()


async def test_an_agent_who_changes_users_is_not_updated_in_place(tmp_path: Path) -> None:
    """The count is too low, and the batch is judged: a line is how others' calls are routed."""
    await (await opened(tmp_path / "softphone.db")).close()
    database = SqliteDatabase(tmp_path / "softphone.db")
    lines = (("acct", "user_1"), (None, None))
    new = [("o", str(n), 1, "{}", None, *line) for n, line in enumerate(lines)]
    assert written(database, sql.INSERT_AGENT, new) == 2
    moved = [("o", str(n), 2, "{}", 5, "acct", "user_2", 1) for n in range(2)]
    assert written(database, sql.UPDATE_AGENT_IN_PLACE, moved) == 0
    stayed = [("o", str(n), 2, "x", 5, *line, 1) for n, line in enumerate(lines)]
    assert written(database, sql.UPDATE_AGENT_IN_PLACE, stayed) == 2
    rows, _ = execute(database, "SELECT version, value, next_due FROM agents")
    assert rows == [(2, "x", 5)] * 2
    database.close()
