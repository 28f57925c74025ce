"""The store that both databases share: the port, implemented by a journal and a reader."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from adapter.storage import board as boards
from adapter.storage import counts, history, queries
from adapter.storage.archive import AGENTS, Archive
from adapter.storage.journal import Journal
from adapter.storage.port import Commit, Done, Keep
from adapter.storage.queries import Fetch
from adapter.storage.reader import Reader
from adapter.storage.rows import AGENT
from adapter.storage.transaction import Database

P = ParamSpec("P")
T = TypeVar("T")
Method: TypeAlias = "Callable[Concatenate[SqlStore, P], Coroutine[Any, Any, T]]"


def _read(query: Callable[Concatenate[Fetch, P], T]) -> Method[P, T]:
    """A store method that runs this query in its reader."""

    async def ask(store: SqlStore, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store.reader.run(query, *args, **kwargs)

    return ask


def _write(change: Callable[Concatenate[Database, P], T]) -> Method[P, T]:
    """A store method that runs this small change in its journal."""

    async def make(store: SqlStore, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store.journal.run(change, *args, **kwargs)

    return make


class SqlStore:
    """See port.Store and port.DriverStore for the methods."""

    def __init__(self, journal: Journal, reader: Reader) -> None:
        self.journal = journal
        self.reader = reader
        self.begin: Callable[[Commit, Done[None]], None] = journal.begin

    async def commit(self, commit: Commit) -> None:
        """Store durably. Raises Conflict, Duplicate or StorageError, and then stores nothing."""
        await self.journal.submit(commit)

    epoch = _read(queries.epoch)
    load = _read(queries.load)
    log = _read(queries.log)
    agents_of = _read(queries.agents_of)
    route = _read(queries.route)
    due = _read(queries.due)
    due_parked = _read(queries.due_parked)
    versions = _read(queries.versions)
    driver_row = _read(queries.driver_row)
    open_driver_rows = _read(queries.open_driver_rows)
    session = _read(queries.session)
    board = _read(boards.read)
    board_calls = _read(boards.calls)
    history = _read(history.read)
    waiting = _read(counts.read)

    try_writing = _write(queries.try_writing)
    mark_asked = _write(queries.mark_asked)
    drop_parked = _write(queries.drop_parked)
    take_lease = _write(queries.take_lease)
    release_lease = _write(queries.release_lease)
    put_session = _write(queries.put_session)
    update_session = _write(queries.update_session)
    take_session = _write(queries.take_session)
    drop_sessions = _write(queries.drop_sessions)

    async def prune(self, keep: Keep, on_portion: Callable[[int], None] = lambda _: None) -> int:
        """Remove rows older than `keep` says, in portions; the number removed.

        `on_portion` is called with the size of each portion.
        """
        total = 0
        while portion := await self.journal.run(queries.prune_portion, keep):
            total += portion
            on_portion(portion)
        return total + await self._forget_recents(on_portion)

    async def _forget_recents(self, on_portion: Callable[[int], None]) -> int:
        """Remove the lists of recent calls that an older version stored in agents' values.

        Any new write drops them. An agent who has left would keep them forever. An agent that
        changes meanwhile is skipped.
        """
        total = 0
        async for row in self.archive.rows(AGENTS):
            for agent in AGENT.load_readable([row["value"]] if '"recent":' in row["value"] else ()):
                if await self.archive.erase_agent(agent, row["version"], ()):
                    total += 1
                    on_portion(1)
        return total

    @property
    def archive(self) -> Archive:
        """The personal data, for export and erasure."""
        return Archive(self.reader, self.journal)

    async def close(self) -> None:
        """Finish accepted work, then close."""
        await self.journal.close()
        await self.reader.close()
