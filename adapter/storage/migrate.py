"""Brings a database's tables to this version: `python -m adapter migrate`, and SQLite's start.

Migrations only add (a column with a default, a table, an index): while a deploy rolls, the version
before works on the new tables, and going back to it needs no way back here. What is no longer
needed is dropped one release later. A new revision is a file in migrations/versions, by hand; a
test compares what they all make with schema.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from adapter.storage.filelock import FileLock
from adapter.storage.port import StorageError
from adapter.storage.schema import is_sqlite, sqlalchemy_url

ADVISORY_LOCK = 0x50F7_9401
"""Any number, the same in all replicas: only one of them migrates at a time."""


def upgrade(url: str) -> None:
    """Make or complete the tables of `sqlite:///…` or `postgresql://…`.

    Raises StoreLocked while another process uses the SQLite file, StorageError when the database
    does not do it.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        upgrade_tables(url)
        return
    with FileLock(Path(parsed.database or "")):
        upgrade_tables(url)


def upgrade_tables(url: str) -> None:
    """The same for a caller that holds the SQLite file's lock already."""
    engine = _engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with engine.begin() as connection:
            if not is_sqlite(connection.dialect):
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        raise StorageError(f"cannot migrate: {type(error).__name__}") from error
    finally:
        engine.dispose()


def _engine(url: str) -> sa.Engine:
    """An engine whose schema changes are all in or all out, on SQLite too."""
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    if is_sqlite(engine.dialect):
        # Left alone, Python's driver commits before each CREATE TABLE; a crash would leave half.
        sa.event.listen(engine, "connect", _leave_transactions_alone)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _leave_transactions_alone(connection: Any, _: object) -> None:
    connection.isolation_level = None


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
