"""What a later release may do to the tables under a replica of this one: add, and only add."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.storage.migrate import sqlalchemy_url

LATER = "9999"
"""A revision that this release does not have."""

TABLES = (
    *("agents", "call_logs", "calls", "deliveries", "directory", "driver_states", "leases"),
    *("meta", "parked", "sessions"),
)
"""What this release has."""


def additions() -> list[str]:
    """A column with a default and an index for every table, and a table of its own."""
    statements = ["CREATE TABLE later_table (name TEXT PRIMARY KEY)"]
    for name in TABLES:
        statements += [
            f"ALTER TABLE {name} ADD COLUMN later_column TEXT DEFAULT 'new' NOT NULL",
            f"CREATE INDEX {name}_later ON {name} (later_column)",
        ]
    return [*statements, f"UPDATE alembic_version SET version_num = '{LATER}'"]


def grow(url: str) -> None:
    """All of it in one transaction, as a migration does it."""
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in additions():
            connection.exec_driver_sql(statement)
