"""The writer thread: batches while the disk is busy, outcomes to the right caller, an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from adapter.core.model import AgentKey
from adapter.storage.batch import Answer, ForRows
from adapter.storage.journal import MAX_BATCH, BatchDone, Journal
from adapter.storage.migrate import upgrade_tables
from adapter.storage.port import Conflict, StorageError
from adapter.storage.sqlite import SqliteDatabase
from tests.contracts.stores import write


class Gated(SqliteDatabase):
    """SQLite whose transactions wait at a gate, as for a slow disk."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.gate = Event()
        self.gate.set()
        self.entered = Event()
        self.closes = 0

    def begin(self, *statements: ForRows) -> list[Answer]:
        """Wait until the gate is open."""
        self.entered.set()
        self.gate.wait()
        return super().begin(*statements)

    def close(self) -> None:
        """Count it."""
        self.closes += 1
        super().close()


@pytest.fixture
def database(tmp_path: Path) -> Gated:
    """An empty, migrated file."""
    path = tmp_path / "softphone.db"
    upgrade_tables(f"sqlite:///{path}")
    return Gated(path)


@asynccontextmanager
async def open_journal(database: Gated, **options: Any) -> AsyncIterator[Journal]:
    """A journal that is closed at the end, its gate open."""
    journal = Journal(database, **options)
    try:
        yield journal
    finally:
        database.gate.set()
        await journal.close()


async def held(database: Gated, journal: Journal) -> asyncio.Future[Any]:
    """A job that is under way and waits at the gate."""
    database.gate.clear()
    database.entered.clear()
    first = asyncio.ensure_future(journal.run(lambda _: "first"))
    await asyncio.to_thread(database.entered.wait)
    return first


def new(n: int) -> Any:
    """A commit of a new agent."""
    return write(0, key=AgentKey("o", str(n)))


async def test_work_that_arrives_during_a_commit_shares_the_next(database: Gated) -> None:
    """The next batch takes all that waits, up to its limit; the observer sees each batch."""
    batches: list[BatchDone] = []
    async with open_journal(database, observer=batches.append) as journal:
        first = await held(database, journal)
        rest = [asyncio.ensure_future(journal.submit(new(n))) for n in range(MAX_BATCH + 5)]
        await asyncio.sleep(0)
        database.gate.set()
        assert await first == "first"
        await asyncio.gather(*rest)
    assert [batch.works for batch in batches] == [1, MAX_BATCH, 5]
    assert [batch.waiting for batch in batches][-1] == 0
    assert all(batch.failed == 0 and batch.seconds >= 0 for batch in batches)


async def test_work_of_one_loop_iteration_shares_a_commit(database: Gated) -> None:
    """The writer is not woken before the round is over, however idle it is."""
    batches: list[BatchDone] = []
    async with open_journal(database, observer=batches.append) as journal:

        async def look() -> bool:
            # Blocks the loop on purpose: the writer has all the time to begin, and must not.
            return database.entered.wait(0.1)

        first = journal.submit(write(0, key=AgentKey("00D1", "1")))
        second = journal.submit(write(0, key=AgentKey("00D1", "2")))
        _, began, _ = await asyncio.gather(first, look(), second)
    assert not began
    assert [done.works for done in batches] == [2]


async def test_each_caller_gets_the_outcome_of_its_own_work(database: Gated) -> None:
    """Results and errors of one batch do not change places; failures are counted."""
    batches: list[BatchDone] = []
    async with open_journal(database, observer=batches.append) as journal:
        first = await held(database, journal)
        stale = asyncio.ensure_future(journal.submit(write(7)))
        good = asyncio.ensure_future(journal.submit(new(1)))
        answer = asyncio.ensure_future(journal.run(lambda _: 42))
        await asyncio.sleep(0)
        database.gate.set()
        outcomes = await asyncio.gather(first, stale, good, answer, return_exceptions=True)
    assert [outcomes[0], outcomes[2], outcomes[3]] == ["first", None, 42]
    assert isinstance(outcomes[1], Conflict)
    assert [batch.failed for batch in batches] == [0, 1]


async def test_a_full_queue_refuses_at_once(database: Gated) -> None:
    """Better refused now than late; when there is room again, work is taken again."""
    async with open_journal(database, max_queue=3) as journal:
        first = await held(database, journal)
        rest = [asyncio.ensure_future(journal.submit(new(n))) for n in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(StorageError, match="overloaded"):
            await journal.submit(new(3))
        database.gate.set()
        await asyncio.gather(first, *rest)
        await journal.submit(new(3))


async def test_a_canceled_caller_affects_no_other(database: Gated) -> None:
    """Its work is done all the same, and those beside it get their answers."""
    async with open_journal(database) as journal:
        first = await held(database, journal)
        quitter = asyncio.ensure_future(journal.submit(new(1)))
        other = asyncio.ensure_future(journal.submit(new(2)))
        await asyncio.sleep(0)
        quitter.cancel()
        database.gate.set()
        await asyncio.gather(first, other)
        with pytest.raises(Conflict):
            await journal.submit(new(1))


async def test_the_writer_survives_a_misbehaving_database(
    database: Gated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even an error in rollback() is an outcome, and the next work is done."""

    def fail() -> None:
        raise RuntimeError("a bug")

    async with open_journal(database) as journal:
        with monkeypatch.context() as patched:
            patched.setattr(database, "commit", fail)
            patched.setattr(database, "rollback", fail)
            with pytest.raises(StorageError, match="RuntimeError"):
                await journal.submit(new(1))
        database.rollback()
        await journal.submit(new(1))


async def test_close_finishes_accepted_work_and_refuses_more(database: Gated) -> None:
    """Then the connection is closed; closing again does no harm."""
    journal = Journal(database)
    first = await held(database, journal)
    second = asyncio.ensure_future(journal.submit(new(1)))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(journal.close())
    await asyncio.sleep(0)
    with pytest.raises(StorageError, match="closed"):
        await journal.submit(new(2))
    assert database.closes == 0
    database.gate.set()
    await asyncio.gather(first, second, closing)
    assert database.closes == 1
    await journal.close()


def test_a_loop_that_ended_early_does_not_stop_the_writer(
    database: Gated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that forgot to close: the thread ends quietly, without an error on its way."""
    errors: list[object] = []
    monkeypatch.setattr("threading.excepthook", errors.append)
    journals: list[Journal] = []

    async def forget() -> None:
        journals.append(Journal(database))
        first = await held(database, journals[0])
        first.cancel()

    asyncio.run(forget())
    (journal,) = journals
    journal.end()
    database.gate.set()
    journal._thread.join()
    assert database.closes == 1
    assert errors == []
