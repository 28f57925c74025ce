"""The reader: rows from its own thread, a second try on a new connection, an end."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adapter.core.model import AgentKey
from adapter.storage import queries
from adapter.storage.migrate import upgrade_tables
from adapter.storage.port import StorageError
from adapter.storage.queries import Fetch
from adapter.storage.reader import AT_ONCE, Reader
from adapter.storage.sqlite import connect


def answer(fetch: Fetch, number: int) -> Any:
    """The number, by way of the database."""
    return fetch("SELECT ?", (number,))[0][0]


class Connections:
    """Makes connections, some of which are broken."""

    def __init__(self, path: Path, broken: Sequence[bool] = ()) -> None:
        self._path = path
        self._broken = list(broken)
        self.made: list[sqlite3.Connection] = []

    def __call__(self) -> sqlite3.Connection:
        """Make the next one."""
        connection = connect(self._path)
        if self._broken and self._broken.pop(0):
            connection.close()
        self.made.append(connection)
        return connection


def same(statement: str) -> str:
    """SQLite's placeholders are ours."""
    return statement


async def test_reads_share_one_connection(tmp_path: Path) -> None:
    """It is made for the first read and kept."""
    connections = Connections(tmp_path / "x.db")
    reader = Reader(connections, same)
    assert [await reader.run(answer, n) for n in range(3)] == [0, 1, 2]
    assert len(connections.made) == 1
    await reader.close()


async def test_reads_of_one_loop_iteration_are_done_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has its own answer, and an error is only that of who asked for it."""
    reader, threads, portions = Reader(Connections(tmp_path / "x.db"), same), set[str](), []
    give_back = reader._asked.resolve

    def traced_answer(fetch: Fetch, number: int) -> Any:
        threads.add(threading.current_thread().name)
        return answer(fetch, number) if number != 5 else fetch("SELECT nonsense", ())

    def counted(taken: Sequence[Any], outcomes: Sequence[Any]) -> None:
        portions.append(len(taken))
        give_back(taken, outcomes)

    monkeypatch.setattr(reader._asked, "resolve", counted)
    asked = [reader.run(traced_answer, number) for number in range(AT_ONCE + 4)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(outcomes.pop(5), StorageError)
    assert outcomes == [number for number in range(AT_ONCE + 4) if number != 5]
    assert (threads, portions) == ({"reader"}, [AT_ONCE, 4])
    await reader.close()


async def test_several_threads_share_the_reads(tmp_path: Path) -> None:
    """A slow answer holds up only those that were taken with it."""
    reader, gate = Reader(Connections(tmp_path / "x.db"), same, threads=2), threading.Event()

    def slow(fetch: Fetch) -> Any:
        assert gate.wait(10)
        return answer(fetch, 1)

    waiting = asyncio.ensure_future(reader.run(slow))
    assert await reader.run(answer, 2) == 2
    gate.set()
    assert await waiting == 1
    await reader.close()


async def test_a_canceled_reader_affects_no_other(tmp_path: Path) -> None:
    """The others of the same round have their answers."""
    reader = Reader(Connections(tmp_path / "x.db"), same)
    impatient = asyncio.ensure_future(reader.run(answer, 1))
    patient = asyncio.ensure_future(reader.run(answer, 2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 2
    assert impatient.cancelled()
    await reader.close()


async def test_reads_from_before_the_close_are_answered(tmp_path: Path) -> None:
    """Closing waits for it."""
    reader = Reader(Connections(tmp_path / "x.db"), same)
    asked = asyncio.ensure_future(reader.run(answer, 1))
    await asyncio.sleep(0)
    await reader.close()
    assert await asked == 1


async def test_a_lost_connection_is_replaced_silently(tmp_path: Path) -> None:
    """Reading twice does no harm."""
    connections = Connections(tmp_path / "x.db", [True, False])
    reader = Reader(connections, same)
    assert await reader.run(answer, 7) == 7
    assert len(connections.made) == 2
    await reader.close()


async def test_a_database_that_stays_away_is_a_storage_error_until_it_is_back(
    tmp_path: Path,
) -> None:
    """Two tries a read, then the error; the next read begins anew."""
    reader = Reader(Connections(tmp_path / "x.db", [True, True]), same)
    with pytest.raises(StorageError):
        await reader.run(answer, 1)
    assert await reader.run(answer, 2) == 2
    await reader.close()


async def test_a_place_without_a_database_is_a_storage_error(tmp_path: Path) -> None:
    """Not even a connection: the same error."""
    reader = Reader(Connections(tmp_path / "nowhere" / "x.db"), same)
    with pytest.raises(StorageError):
        await reader.run(answer, 1)
    await reader.close()


async def test_a_damaged_row_is_a_storage_error_and_read_only_once(tmp_path: Path) -> None:
    """A second look would not mend it, and the connection is not at fault."""
    path = tmp_path / "x.db"
    upgrade_tables(f"sqlite:///{path}")
    connections = Connections(path)
    broken = connect(path)
    broken.execute("INSERT INTO agents (org_id, user_id, version, value) VALUES ('o','u',1,'{')")
    broken.close()
    reader = Reader(connections, same)
    with pytest.raises(StorageError):
        await reader.run(queries.load, AgentKey("o", "u"))
    assert len(connections.made) == 1
    await reader.close()


async def test_a_closed_reader_reads_no_more(tmp_path: Path) -> None:
    """Its connections are closed, and closing again does no harm."""
    connections = Connections(tmp_path / "x.db")
    reader = Reader(connections, same)
    await reader.run(answer, 1)
    await reader.close()
    await reader.close()
    with pytest.raises(StorageError, match="closed"):
        await reader.run(answer, 1)
    with pytest.raises(sqlite3.ProgrammingError):
        connections.made[0].execute("SELECT 1")
