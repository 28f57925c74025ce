"""Alembic's entry: runs the revisions on the connection that migrate.py hands over."""

from __future__ import annotations

from alembic import context

from adapter.storage.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    # Alembic believes that SQLite cannot; left to itself (migrate.py), it can.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
