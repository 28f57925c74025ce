"""A PostgreSQL, or a pooler before it, that is reached and does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from adapter.storage.migrate import upgrade
from adapter.storage.port import Conflict, StorageError
from adapter.storage.postgres import PostgresDatabase, PostgresStore
from adapter.storage.transaction import settle
from tests.contracts.stores import ADA, NOW, write
from tests.storage.servers import Postgres, running_postgres


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    """A server of the test's own; we are impatient with it."""
    monkeypatch.setattr("adapter.postgres.Connection.silent_seconds", 0.3)
    monkeypatch.setattr("adapter.postgres.CONNECT_SECONDS", 2)  # libpq's least
    monkeypatch.setattr("adapter.storage.postgres.IN_DOUBT_SECONDS", 0.3)
    with running_postgres() as made:
        yield made


async def test_a_frozen_server_fails_everything_until_it_goes_on(server: Postgres) -> None:
    """Its system acknowledges every byte, and nothing answers; what it had begun is rolled back."""
    url = server.database()
    upgrade(url)
    store = await PostgresStore.open(url, clock_ms=lambda: NOW)
    await store.commit(write(0))
    await store.load(ADA)
    with server.frozen(url):
        works = [store.commit(write(1, "lost")), store.load(ADA)]
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StorageError] * 2
    await store.commit(write(1, "kept"))
    loaded = await store.load(ADA)
    assert loaded is not None
    assert (loaded.version, loaded.agent.name) == (2, "kept")
    await store.close()


class Freezing(PostgresDatabase):
    """The server freezes just before the first COMMIT."""

    def __init__(self, url: str, freeze: Callable[[], object]) -> None:
        super().__init__(url)
        self._freeze = [freeze]

    def commit(self) -> None:
        """Freeze the server, once."""
        while self._freeze:
            self._freeze.pop()()
        super().commit()


def test_a_commit_that_a_frozen_server_carries_out_later_is_not_repeated(server: Postgres) -> None:
    """It failed for its caller, as if we had been killed after it; written again, it conflicts."""
    url = server.database()
    upgrade(url)
    with ExitStack() as stack, psycopg.connect(url) as other:
        database = Freezing(url, lambda: stack.enter_context(server.frozen(url)))
        (outcome,) = settle(database, [write(0)])
        assert isinstance(outcome, StorageError)
        stack.close()
        # Waits for the transaction, if it still runs.
        other.execute("LOCK TABLE agents IN ACCESS EXCLUSIVE MODE")
        assert other.execute("SELECT version FROM agents").fetchall() == [(1,)]
    (outcome,) = settle(database, [write(0)])
    assert isinstance(outcome, Conflict)
    database.close()
