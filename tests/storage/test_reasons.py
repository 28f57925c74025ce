"""Why a store cannot do it is said in words, and never in the driver's own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import OperationalError

from adapter.storage.reasons import reason
from adapter.storage.transaction import failure


def sqlite_error(path: Path, *statements: str) -> sqlite3.Error:
    """What SQLite says to the last of these."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        for statement in statements[:-1]:
            connection.execute(statement)
        with pytest.raises(sqlite3.Error) as raised:
            connection.execute(statements[-1])
    finally:
        connection.close()
    return raised.value


def test_a_full_disk_and_a_held_lock_are_recognized(tmp_path: Path) -> None:
    """As SQLite itself tells them apart."""
    full = (
        "CREATE TABLE t (x)",
        "PRAGMA max_page_count = 2",
        "INSERT INTO t VALUES (zeroblob(9000))",
    )
    assert reason(sqlite_error(tmp_path / "full.db", *full)) == "the disk is full"
    with closing(sqlite3.connect(tmp_path / "held.db", isolation_level=None)) as holder, holder:
        holder.execute("BEGIN IMMEDIATE")
        said = reason(sqlite_error(tmp_path / "held.db", "BEGIN IMMEDIATE"))
        assert said == "another process holds the database's lock"
    holder.close()


def test_other_file_errors_are_recognized(tmp_path: Path) -> None:
    """A folder in its place, noise in it, a connection that may only read."""
    with pytest.raises(sqlite3.Error) as raised:
        sqlite3.connect(tmp_path)
    assert "cannot be opened" in reason(raised.value)
    (tmp_path / "noise.db").write_bytes(b"noise, and no database at all" * 100)
    assert "no SQLite" in reason(sqlite_error(tmp_path / "noise.db", "CREATE TABLE t (x)"))
    read_only = ("CREATE TABLE t (x)", "PRAGMA query_only = ON", "INSERT INTO t VALUES (1)")
    assert "only be read" in reason(sqlite_error(tmp_path / "ro.db", *read_only))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.DiskFull("secret"), "PostgreSQL's disk is full"),
        (errors.LockNotAvailable("secret"), "somebody holds a lock"),
        (errors.AdminShutdown("secret"), "going down"),
        (errors.CannotConnectNow("secret"), "starting"),
        (errors.ReadOnlySqlTransaction("secret"), "standby"),
        (errors.InvalidPassword("secret"), "password"),
        (errors.UndefinedTable("secret"), "adapter migrate"),
        (errors.TooManyConnections("secret"), "too many connections"),
        (errors.DivisionByZero("secret"), "22012"),
        (psycopg.OperationalError("connection to +4930901820145 failed"), "cannot be reached"),
        (psycopg.OperationalError("FATAL:  the database system is starting up"), "is starting"),
        (psycopg.OperationalError("FATAL:  sorry, too many clients already"), "many connections"),
        (psycopg.OperationalError("failed: session is read-only"), "standby"),
        (psycopg.OperationalError('FATAL: no role "secret"'), "refuses the connection"),
        (OperationalError("secret", {}, errors.DiskFull("secret")), "disk is full"),
        (ValueError("secret"), "ValueError"),
    ],
)
def test_postgres_errors_are_named_without_their_text(error: Exception, words: str) -> None:
    """Messages quote values."""
    said = str(failure(error))
    assert words in said
    assert "secret" not in said
    assert "4930" not in said
