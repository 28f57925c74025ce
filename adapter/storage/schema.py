"""The tables, as SQLAlchemy Core: the same on SQLite and PostgreSQL.

Times are Unix milliseconds. Values are JSON in text columns (rows.py): nothing asks the database
to look into them, and PostgreSQL's own JSON types refuse strings that Python can hold. What is
swept, routed or compared stands in a column of its own. Migrations make these tables
(migrations/); a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.engine import Dialect, make_url

METADATA = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


AGENTS = Table(
    "agents",
    METADATA,
    _text("org_id"),
    _text("user_id"),
    _number("version"),
    _text("value"),
    Column("next_due", BigInteger),
    Column("account", Text),
    Column("provider_user", Text),
    PrimaryKeyConstraint("org_id", "user_id"),
)
"""One row an agent: the unit of concurrency. `version` counts its commits without gaps.

`account` and `provider_user` are the value's line, so that the provider's events find the agent.
"""

CALL_LOGS = Table(
    "call_logs",
    METADATA,
    _text("org_id"),
    _text("user_id"),
    _text("log_id"),
    _number("version"),
    _text("value"),
    _number("opened_at"),
    Column("next_due", BigInteger),
    Column("settled", Boolean, nullable=False),
    Column("settled_at", BigInteger),
    PrimaryKeyConstraint("org_id", "user_id", "log_id"),
)
"""One row a call that must be in Salesforce; `version` is the agent's that wrote it."""

CALLS = Table(
    "calls",
    METADATA,
    _text("account"),
    _text("provider_call_id"),
    _text("org_id"),
    _text("user_id"),
    _text("call_id"),
    _number("at"),
    _text("value"),
    PrimaryKeyConstraint("account", "provider_call_id", "org_id", "user_id"),
)
"""Which agents know a provider's call: webhooks are routed by it, the board lists it."""

PARKED = Table(
    "parked",
    METADATA,
    _text("account"),
    _text("event_id"),
    _text("provider_call_id"),
    Column("body", LargeBinary, nullable=False),
    _number("at"),
    _number("due"),
    Column("asked", Boolean, nullable=False, server_default=false()),
    PrimaryKeyConstraint("account", "event_id"),
)
"""Deliveries of a call that no agent has yet."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    _text("account"),
    _text("event_id"),
    _text("type"),
    Column("body", LargeBinary, nullable=False),
    _number("at"),
    _text("fate"),
    PrimaryKeyConstraint("account", "event_id"),
)
"""Every webhook that was acknowledged; its key makes a repetition change nothing."""

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_hash", Text, primary_key=True),
    _text("org_id"),
    _text("user_id"),
    _number("expires_at"),
    _text("value"),
)
"""Signed-in browsers, by the hash of their cookie."""

DIRECTORY = Table(
    "directory",
    METADATA,
    _text("org_id"),
    _text("user_id"),
    _text("account"),
    _text("provider_user"),
    PrimaryKeyConstraint("org_id", "user_id"),
    UniqueConstraint("account", "provider_user"),
)
"""Which provider user is which Salesforce user."""

DRIVER_STATES = Table(
    "driver_states",
    METADATA,
    _text("account"),
    _text("call_id"),
    _number("version"),
    _text("value"),
    Column("is_over", Boolean, nullable=False),
    _number("at"),
    PrimaryKeyConstraint("account", "call_id"),
)
"""What a driver that steers calls keeps of each, in its own words; `version` counts its commits."""

LEASES = Table(
    "leases",
    METADATA,
    Column("name", Text, primary_key=True),
    _text("holder"),
    _number("until"),
)
"""What one process at a time may do, who does it, and until when."""

META = Table("meta", METADATA, Column("name", Text, primary_key=True), _text("value"))
"""What is known of the store itself: its `epoch`, and when it was made (`made_at`)."""


def _partial(name: str, table: Table, columns: tuple[str, ...], where: str) -> None:
    """An index of the few rows that a sweep looks for; both databases know partial ones."""
    condition = text(where)
    Index(
        name,
        *(table.c[column] for column in columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )


_partial("agents_due", AGENTS, ("next_due",), "next_due IS NOT NULL")
_partial("agents_line", AGENTS, ("account", "provider_user"), "account IS NOT NULL")
_partial("call_logs_due", CALL_LOGS, ("next_due",), "next_due IS NOT NULL")
_partial("call_logs_open", CALL_LOGS, ("org_id", "user_id"), "NOT settled")
_partial("call_logs_settled", CALL_LOGS, ("settled_at",), "settled")
_partial("driver_states_open", DRIVER_STATES, ("account", "at"), "NOT is_over")
Index("driver_states_at", DRIVER_STATES.c.at)
Index("calls_at", CALLS.c.at)
Index("calls_agent", CALLS.c.org_id, CALLS.c.user_id, CALLS.c.at)
Index("parked_call", PARKED.c.account, PARKED.c.provider_call_id)
Index("parked_due", PARKED.c.due)
Index("deliveries_at", DELIVERIES.c.at)
Index("sessions_agent", SESSIONS.c.org_id, SESSIONS.c.user_id)
Index("sessions_expiry", SESSIONS.c.expires_at)


def sqlalchemy_url(url: str) -> str:
    """The address with the driver that we use: psycopg 3 for PostgreSQL, sqlite3 for SQLite."""
    parsed = make_url(url)
    if parsed.get_backend_name() in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def is_sqlite(dialect: Dialect) -> bool:
    """Whether an engine's dialect is SQLite's."""
    return dialect.name == "sqlite"
