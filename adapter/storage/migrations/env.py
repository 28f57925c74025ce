"""Alembic's entry: runs the revisions on the connection that migrate.py hands over."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    # Alembic believes that SQLite cannot; left to itself (migrate.py), it can.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
