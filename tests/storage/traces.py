"""What an SQLite without SECURE_DELETE leaves of deleted rows: pages that nobody reads."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def leave_traces(file: Path, number: str) -> None:
    """Rows with this number were here, and are no longer read by anybody."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE gone (text TEXT)")
        connection.execute("INSERT INTO gone VALUES (?)", (number * 2_000,))
        connection.execute("DROP TABLE gone")
    assert number.encode() in file.read_bytes()
