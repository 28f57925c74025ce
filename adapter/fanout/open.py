"""Picks the fan-out for a database address; a backend is imported only when needed."""

from __future__ import annotations

from collections.abc import Callable

from adapter.fanout.local import LocalHints
from adapter.fanout.port import Hints


def is_shared(database_url: str) -> bool:
    """Whether other replicas may use the same database."""
    return database_url.startswith(("postgresql://", "postgres://"))


def open_hints(database_url: str, broken: Callable[[], None] = lambda: None) -> Hints:
    """The fan-out: by PostgreSQL if replicas may share it, else inside this process.

    `broken` is called (from any thread) whenever the connection to the other replicas is lost.
    """
    if is_shared(database_url):
        # Its driver is an extra that an SQLite installation does not have.
        from adapter.fanout.postgres import PostgresHints  # noqa: PLC0415

        return PostgresHints(database_url, broken)
    return LocalHints()
