"""PostgreSQL's connections, placeholders and special statements.

psycopg is kept from parsing each long statement and from choosing a type for each size of number,
because that costs more than the few prepared statements, which run very often.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8Dumper

from adapter import postgres
from adapter.postgres import Connection
from adapter.storage import sql
from adapter.storage.batch import Answer, ForRows, Row
from adapter.storage.port import StorageError
from adapter.storage.reasons import reason

STATEMENT_MS = 10_000
"""The time limit of a statement; pages and providers give up earlier."""

BY_KEY = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
"""All our queries use a key or a narrow index. Without statistics (a new or fast-growing table) the
planner would read whole tables for a batch of keys."""

_LOCKING_UPDATE = (
    "UPDATE agents SET version = v.column3, value = v.column4, next_due = v.column5,"
    " account = v.column6, provider_user = v.column7 FROM (SELECT v.* FROM (VALUES"
    " (?, ?, CAST(? AS bigint), ?, CAST(? AS bigint), ?, ?, CAST(? AS bigint))) v JOIN agents t"
    " ON t.org_id = v.column1 AND t.user_id = v.column2 AND t.version = v.column8{same_line}"
    " ORDER BY t.org_id, t.user_id FOR UPDATE OF t) v"
    " WHERE org_id = v.column1 AND user_id = v.column2 AND agents.version = v.column8"
)
OWN = {
    sql.VERSIONS: f"{sql.VERSIONS} FOR UPDATE OF t",
    sql.UPDATE_AGENT: _LOCKING_UPDATE.format(same_line=""),
    sql.UPDATE_AGENT_IN_PLACE: _LOCKING_UPDATE.format(
        same_line=" AND t.account IS NOT DISTINCT FROM v.column6"
        " AND t.provider_user IS NOT DISTINCT FROM v.column7"
    ),
}
"""PostgreSQL's versions of statements: they lock rows in key order, so replicas that update several
rows cannot deadlock."""

XACT_ID = "SELECT pg_current_xact_id()::text"
XACT_STATUS = "SELECT pg_xact_status(CAST(%s AS xid8))"

PREPARED = 512
"""How many statements the writing connection keeps prepared."""


@cache
def translate(statement: str) -> str:
    """The statement with psycopg's placeholders; ours contain no literal ? or %."""
    return statement.replace("?", "%s")


@cache
def numbered(statement: str) -> str:
    """The statement with the server's placeholders, so that psycopg need not parse it."""
    first, *rest = statement.split("?")
    return first + "".join(f"${number}{text}" for number, text in enumerate(rest, 1))


class BigIntDumper(Int8Dumper):
    """Sends a number without a type, so that the server infers it.

    By default psycopg chooses a type by size, and statements are prepared for each type.
    """

    oid = 0


def connect(url: str, sessions: str = "read-write") -> Connection:
    """A connection in autocommit mode, with time limits. Raises psycopg.Error.

    `sessions`: libpq's target_session_attrs.
    """
    options = conninfo_to_dict(url).get("options") or ""
    ours = f"{options} -c statement_timeout={STATEMENT_MS} -c synchronous_commit=on {BY_KEY}"
    return postgres.connect(url, "softphone", sessions, options=ours, prepare_threshold=1)


def demand_utf8(url: str) -> None:
    """Raise StorageError unless the database can hold any text."""
    try:
        with connect(url) as connection:
            encoding = connection.info.parameter_status("server_encoding")
    except psycopg.Error as error:
        raise StorageError(f"cannot use the database: {reason(error)}") from error
    if encoding != "UTF8":
        raise StorageError(
            f"the database's encoding is {encoding}, in which names and notes may not be written: "
            "use one created WITH TEMPLATE template0 ENCODING 'UTF8'"
        )


def connect_for_writing(url: str) -> psycopg.Connection[Row]:
    """A connection that runs few statements very often, with placeholders like `$1`."""
    connection = connect(url)
    connection.cursor_factory = psycopg.RawCursor
    connection.adapters.register_dumper(int, BigIntDumper)
    connection.prepared_max = PREPARED
    return connection


def queue(connection: psycopg.Connection[Row], statement: ForRows) -> list[psycopg.Cursor[Row]]:
    """Queue a statement for all its rows in a pipeline; the answers come later."""
    text, rows = statement
    text = OWN.get(text, text)
    return [connection.execute(numbered(many), values) for many, values in sql.for_rows(text, rows)]


def answer(cursors: Sequence[psycopg.Cursor[Row]]) -> Answer:
    """The rows found and the number changed, after the pipeline has ended."""
    rows = [row for cursor in cursors if cursor.description is not None for row in cursor]
    return rows, sum(cursor.rowcount for cursor in cursors)
