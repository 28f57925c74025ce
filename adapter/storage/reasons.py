"""Why a store cannot do it, in words, from the codes that databases give their errors.

Messages of drivers stay out: they quote values. Codes: https://sqlite.org/rescode.html and
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import sqlite3

_SQLITE = {
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
"""By the whole code, or by the class of codes that it begins with."""


_REFUSED = "PostgreSQL refuses the connection: its user, password or database is another"

_STARTING = "the database system is"
"""… starting up, or in recovery: no user can mend that. In English, as most servers say it."""


def reason(error: BaseException) -> str:
    """A few words; the error's kind where it has no code that says more."""
    # SQLAlchemy wraps what the driver raised.
    error = getattr(error, "orig", None) or error
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int) and code & 0xFF in _SQLITE:
        return _SQLITE[code & 0xFF]
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        said = _POSTGRES.get(state) or _POSTGRES.get(state[:2])
        return said or f"PostgreSQL says {state}"
    # psycopg has no code where it did not even get to ask: only its words tell a refusal apart.
    if type(error).__name__ == "OperationalError" and not isinstance(error, sqlite3.Error):
        said = str(error)
        if _STARTING in said:
            return _POSTGRES["57P03"]
        return _REFUSED if "FATAL" in said else "PostgreSQL cannot be reached"
    return type(error).__name__
