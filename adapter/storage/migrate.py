"""Brings a database's tables to this version: `python -m adapter migrate`, and SQLite's start.

Migrations only add (a column with a default, a table, an index). So the previous version works on
the new tables during a rolling deploy and after a rollback, which needs no downgrade: it finds
tables of a later release and leaves them alone. Unused parts are dropped one release later. A new
revision is a handwritten file in migrations/versions. Tests check that both databases get the same
tables, and that revisions only add.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from adapter.storage.filelock import FileLock
from adapter.storage.port import StorageError
from adapter.storage.reasons import reason
from adapter.storage.sql import MIGRATION_LOCK

OnStep = Callable[[str, int, int], None]
"""Called before each revision with its name, its number from 1, and the total."""


@dataclass(frozen=True, slots=True)
class Migration:
    """The result: the database's revision before (None: it was empty) and after.

    `is_later`: the tables belong to a later release and were left alone.
    """

    before: str | None
    after: str
    steps: tuple[str, ...] = ()
    is_later: bool = False


def upgrade(url: str, on_step: OnStep = lambda *_: None) -> Migration:
    """Create or update the tables of `sqlite:///…` or `postgresql://…`.

    Raises StoreLocked while another process uses the SQLite file, and StorageError if the database
    fails.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        from adapter.storage.dialect import demand_utf8  # noqa: PLC0415 - SQLite needs no psycopg

        demand_utf8(url)
        return upgrade_tables(url, on_step)
    with FileLock(Path(parsed.database or "")):
        return upgrade_tables(url, on_step)


def upgrade_tables(url: str, on_step: OnStep = lambda *_: None) -> Migration:
    """Like `upgrade`, for a caller that holds the SQLite file's lock."""
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name != "sqlite":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            return _upgrade(connection, on_step)
    except SQLAlchemyError as error:
        raise StorageError(f"cannot migrate: {reason(error)}") from error
    finally:
        engine.dispose()


def _upgrade(connection: sa.Connection, on_step: OnStep) -> Migration:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    ours = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    ours.reverse()
    if before is not None and before not in ours:
        return Migration(before, before, is_later=True)
    steps = tuple(ours[ours.index(before) + 1 :] if before else ours)
    for number, revision in enumerate(steps, start=1):
        on_step(revision, number, len(steps))
        command.upgrade(config, revision)
    return Migration(before, ours[-1], steps)


def sqlalchemy_url(url: str) -> str:
    """The SQLAlchemy URL with our driver: psycopg 3 for PostgreSQL, sqlite3 for SQLite."""
    parsed = make_url(url)
    if parsed.get_backend_name() in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def _engine(url: str) -> sa.Engine:
    """An engine with transactional schema changes, on SQLite too."""
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    if engine.dialect.name != "sqlite":
        sa.event.listen(engine, "do_connect", _only_to_a_primary)
    else:
        # By default Python's driver commits before each CREATE TABLE, so a crash would leave half.
        sa.event.listen(engine, "connect", _leave_transactions_alone)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _only_to_a_primary(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
    parameters["target_session_attrs"] = "read-write"


def _leave_transactions_alone(connection: Any, _: object) -> None:
    connection.isolation_level = None


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
