"""What a driver that steers calls keeps of each, and what one process at a time may do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def text(name: str) -> sa.Column[str]:
    """A text that is always there."""
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str) -> sa.Column[int]:
    """A number that is always there."""
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    """Make both."""
    op.create_table(
        "driver_states",
        *(text("account"), text("call_id"), number("version"), text("value")),
        sa.Column("is_over", sa.Boolean, nullable=False),
        number("at"),
        sa.PrimaryKeyConstraint("account", "call_id"),
    )
    unfinished = sa.text("NOT is_over")
    op.create_index(
        "driver_states_open",
        "driver_states",
        ["account", "at"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    op.create_index("driver_states_at", "driver_states", ["at"])
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        *(text("holder"), number("until")),
    )
