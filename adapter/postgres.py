"""Connections to PostgreSQL, on which no wait is endless: for the store and for the hints.

psycopg is an optional extra, so this is imported only where the database is PostgreSQL.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Generator
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

T = TypeVar("T")
Row: TypeAlias = tuple[Any, ...]

CONNECT_SECONDS = 3

ALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
"""How a server that has vanished is noticed, unless the address says otherwise: without this, a
failover that just takes the old server away would stop every commit for as long as TCP keeps
trying (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES)."""


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


def connect(url: str, name: str, sessions: str = "read-write", **more: Any) -> Connection:
    """A connection in autocommit mode, with time limits. Raises psycopg.Error.

    `name` is what the server shows. By default none to a standby: after a failover, an address may
    lead there for a while, and such a connection would stay. `sessions`: libpq's
    target_session_attrs. `more` goes to psycopg.
    """
    stated = conninfo_to_dict(url)
    alive: dict[str, Any] = {key: value for key, value in ALIVE.items() if key not in stated}
    return Connection.connect(
        url,
        autocommit=True,
        client_encoding="utf8",
        connect_timeout=CONNECT_SECONDS,
        target_session_attrs=sessions,
        application_name=name,
        **alive,
        **more,
    )
