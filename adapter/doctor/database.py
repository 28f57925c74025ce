"""Checks that the database exists, has this version, is writable and has room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.storage import migrate
from adapter.storage.reasons import reason

LITTLE_BYTES = 1_000_000_000
FULL_BYTES = 100_000_000

MIGRATE = "Run: python -m adapter migrate"


def database_findings(url: str) -> Iterator[Finding]:
    """Check without creating or changing anything."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        yield from _sqlite(Path(parsed.database or ""))
    else:
        yield from _tables(migrate.sqlalchemy_url(url), "The PostgreSQL database", MIGRATE)


def _sqlite(file: Path) -> Iterator[Finding]:
    folder = _first_there(file.parent)
    if not os.access(folder, os.W_OK | os.X_OK):
        text = f"This user cannot write to {folder}."
        yield fail("database", text, "Make the user that runs the adapter its owner.")
        return
    yield _room(folder)
    if not file.exists():
        yield warn("database", f"{file} does not exist yet.", "The first start creates it.")
        return
    if not os.access(file, os.W_OK):
        text = f"This user cannot write to {file}."
        yield fail("database", text, "Make the user that runs the adapter its owner.")
        return
    # Read-only: creating tables or empty files would hide the problem.
    url = f"sqlite:///file:{file.resolve()}?mode=ro&uri=true"
    yield from _tables(url, str(file), "The next start completes it.")


def _first_there(folder: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    return next(path for path in (folder, *folder.resolve().parents) if path.is_dir())


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{folder} has {free / 1e9:.1f} GB free."
    todo = "Free some space: without it no call can be logged."
    if free < FULL_BYTES:
        return fail("disk", text, todo)
    return warn("disk", text, todo) if free < LITTLE_BYTES else ok("disk", text)


def _tables(url: str, name: str, todo: str) -> Iterator[Finding]:
    wanted = _newest_revision()
    try:
        found = _revision(url)
    except (SQLAlchemyError, ImportError) as error:
        text = f"{name} cannot be read: {reason(error)}."
        yield fail(
            "database", text, "Check SOFTPHONE_DATABASE_URL, and that the server is running."
        )
        return
    if found == wanted:
        yield ok("database", f"{name} has the tables of this version.")
    elif found is None:
        yield fail("database", f"{name} does not have the adapter's tables.", MIGRATE)
    else:
        yield warn("database", f"{name} has the tables of revision {found}, not {wanted}.", todo)


def _newest_revision() -> str | None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head()


def _revision(url: str) -> str | None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
