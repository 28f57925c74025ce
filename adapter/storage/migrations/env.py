"""Alembic's entry: runs the revisions on the connection that migrate.py hands over."""

from __future__ import annotations

from alembic import context

from adapter.storage.schema import METADATA, is_sqlite

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    # SQLite cannot alter a column in place: alembic copies the table instead.
    render_as_batch=is_sqlite(connection.dialect),
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
