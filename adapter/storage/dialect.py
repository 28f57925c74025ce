"""PostgreSQL's connections, placeholders and special statements.

psycopg is kept from parsing each long statement and from choosing a type for each size of number,
because that costs more than the few prepared statements, which run very often.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8Dumper

from adapter.storage import sql
from adapter.storage.batch import Answer, ForRows, Row
from adapter.storage.port import StorageError
from adapter.storage.reasons import reason

CONNECT_SECONDS = 3
STATEMENT_MS = 10_000
"""The time limit of a statement; pages and providers give up earlier."""

ALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
"""How a server that has vanished is noticed, unless the address says otherwise: without this, a
failover that just takes the old server away would stop every commit for as long as TCP keeps
trying (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES)."""

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


T = TypeVar("T")


class Connection(psycopg.Connection[Row]):
    """A connection that is cut off, as if it were lost, once the server is silent for too long.

    A frozen server or pooler acknowledges what it gets, but its own time limits do not apply.
    """

    silent_seconds = 15.0
    """More than a statement may take."""

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **more: Any) -> T:
        """Wait for an answer. Raises OperationalError if the connection is lost."""
        return super().wait(_impatient(gen, self.pgconn.socket, self.silent_seconds), *args, **more)


def _impatient(gen: Generator[Any, Any, T], number: int, seconds: float) -> Generator[Any, Any, T]:
    """Pass on what the socket of this number is ready for; psycopg sends 0 ten times a second."""
    ready, until = None, time.monotonic() + seconds
    try:
        while True:
            ready = yield gen.send(ready)
            if ready:
                until = time.monotonic() + seconds
            elif time.monotonic() > until:
                with suppress(OSError), socket.socket(fileno=os.dup(number)) as line:
                    line.shutdown(socket.SHUT_RDWR)
    except StopIteration as done:
        outcome: T = done.value
        return outcome


def connect(url: str, sessions: str = "read-write") -> Connection:
    """A connection in autocommit mode, with time limits. Raises psycopg.Error.

    By default none to a standby: after a failover, a name may lead there for a while, and such a
    connection would stay. `sessions`: libpq's target_session_attrs.
    """
    named = conninfo_to_dict(url)
    options = named.get("options") or ""
    alive: dict[str, Any] = {name: value for name, value in ALIVE.items() if name not in named}
    return Connection.connect(
        url,
        autocommit=True,
        client_encoding="utf8",
        connect_timeout=CONNECT_SECONDS,
        target_session_attrs=sessions,
        application_name="softphone",
        options=f"{options} -c statement_timeout={STATEMENT_MS} -c synchronous_commit=on {BY_KEY}",
        prepare_threshold=1,
        **alive,
    )


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
