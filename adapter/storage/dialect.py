"""How PostgreSQL is spoken to: connections, placeholders, and what it has its own way of.

psycopg is kept from looking into each long statement and from naming a type for each size of a
number, which cost more than the statements: few of them are prepared, and run very often.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import psycopg
from psycopg.types.numeric import Int8Dumper

from adapter.storage import sql
from adapter.storage.batch import ForRows, Row
from adapter.storage.optimistic import Answer

CONNECT_SECONDS = 3
STATEMENT_MS = 10_000
"""No statement of ours is worth waiting longer for: pages and providers give up before."""

BY_KEY = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
"""All that we ask goes by key or by a narrow index. Without statistics (a new or fast growing
table) the planner would read whole tables for a batch of keys."""

LOCKED_VERSIONS = f"{sql.VERSIONS} FOR UPDATE OF t"

_LOCKING_UPDATE = (
    "UPDATE agents SET version = v.column3, value = v.column4, next_due = v.column5,"
    " account = v.column6, provider_user = v.column7 FROM (SELECT v.* FROM (VALUES"
    " (?, ?, CAST(? AS bigint), ?, CAST(? AS bigint), ?, ?, CAST(? AS bigint))) v JOIN agents t"
    " ON t.org_id = v.column1 AND t.user_id = v.column2 AND t.version = v.column8{same_line}"
    " ORDER BY t.org_id, t.user_id FOR UPDATE OF t) v"
    " WHERE org_id = v.column1 AND user_id = v.column2 AND agents.version = v.column8"
)
OWN = {
    sql.UPDATE_AGENT: _LOCKING_UPDATE.format(same_line=""),
    sql.UPDATE_AGENT_IN_PLACE: _LOCKING_UPDATE.format(
        same_line=" AND t.account IS NOT DISTINCT FROM v.column6"
        " AND t.provider_user IS NOT DISTINCT FROM v.column7"
    ),
}
"""PostgreSQL's own way: it locks the rows in the order of their keys, so that replicas which update
several of them never wait for each other in a ring."""

XACT_ID = "SELECT pg_current_xact_id()::text"
XACT_STATUS = "SELECT pg_xact_status(CAST(%s AS xid8))"

PREPARED = 512
"""So many statements the writing connection keeps prepared: some for each number of rows."""


@cache
def translate(statement: str) -> str:
    """With psycopg's placeholders; none of our statements has a literal ? or %."""
    return statement.replace("?", "%s")


@cache
def numbered(statement: str) -> str:
    """With the server's own placeholders: psycopg would look for its own in each long statement."""
    first, *others = statement.split("?")
    return first + "".join(f"${number}{text}" for number, text in enumerate(others, 1))


class BigIntDumper(Int8Dumper):
    """A number of the type that the server expects at its place, however large it is.

    By itself psycopg names a type for each size, and statements are prepared for each of those.
    """

    oid = 0


def connect(url: str) -> psycopg.Connection[Row]:
    """A connection in autocommit mode, with limits on waiting."""
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        application_name="softphone",
        options=f"-c statement_timeout={STATEMENT_MS} -c synchronous_commit=on {BY_KEY}",
        prepare_threshold=1,
    )


def connect_for_writing(url: str) -> psycopg.Connection[Row]:
    """A connection that runs few statements very often, with placeholders like `$1`."""
    connection = connect(url)
    connection.cursor_factory = psycopg.RawCursor
    connection.adapters.register_dumper(int, BigIntDumper)
    connection.prepared_max = PREPARED
    return connection


def queue(connection: psycopg.Connection[Row], statement: ForRows) -> list[psycopg.Cursor[Row]]:
    """Have it run for all of its rows, in a pipeline; the answers come later."""
    text, rows = statement
    text = OWN.get(text, text)
    return [connection.execute(numbered(many), values) for many, values in sql.for_rows(text, rows)]


def answer(cursors: Sequence[psycopg.Cursor[Row]]) -> Answer:
    """What they found and changed in all, once the pipeline is over."""
    found = [row for cursor in cursors if cursor.description is not None for row in cursor]
    return found, sum(cursor.rowcount for cursor in cursors)
