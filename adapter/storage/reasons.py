"""Reasons for store failures in words, from the databases' error codes.

Drivers' messages are left out, because they quote values. Codes: https://sqlite.org/rescode.html
and https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import sqlite3

SQLITE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "another process holds the database's lock",
    sqlite3.SQLITE_LOCKED: "another process holds the database's lock",
    sqlite3.SQLITE_IOERR: "the disk fails",
    sqlite3.SQLITE_READONLY: "the database, or its disk, may only be read",
    sqlite3.SQLITE_CANTOPEN: "the file, or one beside it, cannot be opened",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
}
"""By the primary result code."""

_POSTGRES = {
    "53100": "PostgreSQL's disk is full",
    "53200": "PostgreSQL has no memory left",
    "53300": "PostgreSQL has too many connections",
    "57014": "PostgreSQL cancelled it",
    "57P03": "PostgreSQL is starting",
    "57": "PostgreSQL is going down",
    "55P03": "somebody holds a lock in PostgreSQL",
    "40P01": "somebody holds a lock in PostgreSQL",
    "25006": "PostgreSQL may only be read here: is it a standby?",
    "28": "PostgreSQL refuses our user or its password",
    "3D000": "PostgreSQL has no database of that name",
    "42501": "PostgreSQL forbids it to our user",
    "42P01": "the tables are missing: python -m adapter migrate",
    "58": "PostgreSQL's disk fails",
    "08": "PostgreSQL cannot be reached",
}
"""By the full code, or by its class (the first two characters)."""


_REFUSED = "PostgreSQL refuses the connection: its user, password or database is another"

_SENTENCES = {
    "the database system is": "57P03",
    "too many clients": "53300",
    "too many connections": "53300",
    "connection slots are reserved": "53300",
    "session is read-only": "25006",
    "hot standby": "25006",
}
"""Parts of what libpq says without a session, in English as most servers do, and their codes."""


def reason(error: BaseException) -> str:
    """A few words about an error; its type if its code is unknown."""
    # SQLAlchemy wraps what the driver raised.
    error = getattr(error, "orig", None) or error
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int) and code & 0xFF in SQLITE:
        return SQLITE[code & 0xFF]
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        text = _POSTGRES.get(state) or _POSTGRES.get(state[:2])
        return text or f"PostgreSQL says {state}"
    # Without a session psycopg has no code; only the message shows a refusal.
    if type(error).__name__ == "OperationalError" and not isinstance(error, sqlite3.Error):
        text = str(error)
        for part, code in _SENTENCES.items():
            if part in text:
                return _POSTGRES[code]
        return _REFUSED if "FATAL" in text else "PostgreSQL cannot be reached"
    return type(error).__name__
