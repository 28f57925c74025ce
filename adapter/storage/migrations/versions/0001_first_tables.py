"""The first tables.

Values are JSON in text columns (rows.py): nothing asks the database to look into them, and
PostgreSQL's own JSON types refuse strings that Python can hold. What is swept, routed or compared
stands in a column of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DUE = sa.text("next_due IS NOT NULL")
LINE = sa.text("account IS NOT NULL")
OPEN = sa.text("NOT settled")
SETTLED = sa.text("settled")


def text(name: str) -> sa.Column[str]:
    """A text that is always there."""
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str) -> sa.Column[int]:
    """A number (a time in Unix milliseconds, or a version) that is always there."""
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    """Make them all."""
    make_agents()
    make_calls()
    make_deliveries()
    make_people()


def make_agents() -> None:
    """The agents, and their call logs: one for each call that must be in Salesforce.

    An agent's row is the unit of concurrency. Its `version` counts its commits without gaps; a
    log's is that of the agent who wrote it. `account` and `provider_user` are the value's line, so
    that the provider's events find the agent.
    """
    op.create_table(
        "agents",
        *(text("org_id"), text("user_id"), number("version"), text("value")),
        sa.Column("next_due", sa.BigInteger),
        sa.Column("account", sa.Text),
        sa.Column("provider_user", sa.Text),
        sa.PrimaryKeyConstraint("org_id", "user_id"),
    )
    op.create_table(
        "call_logs",
        *(text("org_id"), text("user_id"), text("log_id")),
        *(number("version"), text("value"), number("opened_at")),
        sa.Column("next_due", sa.BigInteger),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("settled_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("org_id", "user_id", "log_id"),
    )
    partial("agents_due", "agents", ["next_due"], DUE)
    partial("agents_line", "agents", ["account", "provider_user"], LINE)
    partial("call_logs_due", "call_logs", ["next_due"], DUE)
    partial("call_logs_open", "call_logs", ["org_id", "user_id"], OPEN)
    partial("call_logs_settled", "call_logs", ["settled_at"], SETTLED)


def make_calls() -> None:
    """Which agents know a provider's call: webhooks are routed by it, the board lists it."""
    op.create_table(
        "calls",
        *(text("account"), text("provider_call_id"), text("org_id"), text("user_id")),
        *(text("call_id"), number("at"), text("value")),
        sa.PrimaryKeyConstraint("account", "provider_call_id", "org_id", "user_id"),
    )
    op.create_index("calls_at", "calls", ["at"])
    op.create_index("calls_agent", "calls", ["org_id", "user_id", "at"])


def make_deliveries() -> None:
    """Every webhook that was acknowledged, so that it is taken once, and those without an agent."""
    op.create_table(
        "deliveries",
        *(text("account"), text("event_id"), text("type")),
        sa.Column("body", sa.LargeBinary, nullable=False),
        *(number("at"), text("fate")),
        sa.PrimaryKeyConstraint("account", "event_id"),
    )
    op.create_table(
        "parked",
        *(text("account"), text("event_id"), text("provider_call_id")),
        sa.Column("body", sa.LargeBinary, nullable=False),
        *(number("at"), number("due")),
        sa.Column("asked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("account", "event_id"),
    )
    op.create_index("deliveries_at", "deliveries", ["at"])
    op.create_index("parked_call", "parked", ["account", "provider_call_id"])
    op.create_index("parked_due", "parked", ["due"])


def make_people() -> None:
    """Sessions by their cookie's hash, a directory that is not used any more, the store's epoch."""
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text, primary_key=True),
        *(text("org_id"), text("user_id"), number("expires_at"), text("value")),
    )
    op.create_index("sessions_agent", "sessions", ["org_id", "user_id"])
    op.create_index("sessions_expiry", "sessions", ["expires_at"])
    op.create_table(
        "directory",
        *(text("org_id"), text("user_id"), text("account"), text("provider_user")),
        sa.PrimaryKeyConstraint("org_id", "user_id"),
        sa.UniqueConstraint("account", "provider_user"),
    )
    op.create_table("meta", sa.Column("name", sa.Text, primary_key=True), text("value"))


def partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    """An index of only the rows that the condition picks."""
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
