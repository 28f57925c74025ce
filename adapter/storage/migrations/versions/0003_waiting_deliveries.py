"""Finds an account's oldest parked deliveries without reading the others.

A delivery is parked only if no agent has its call, so other commits do not touch these indexes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both. `parked_due` stays: the previous release uses it."""
    for name, column, condition in (
        ("parked_unasked", "at", sa.text("NOT asked")),
        ("parked_asked", "due", sa.text("asked")),
    ):
        columns = ["account", column, "event_id"]
        op.create_index(name, "parked", columns, sqlite_where=condition, postgresql_where=condition)
