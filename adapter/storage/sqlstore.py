"""The store that both databases share: the port, carried out by a journal and a reader."""

from __future__ import annotations

from collections.abc import Callable

from adapter.core.history import HistoryQuery
from adapter.core.logmodel import CallLog
from adapter.core.model import AgentKey, TelephonyUser
from adapter.storage import board as boards
from adapter.storage import counts, history, queries, recents
from adapter.storage.archive import Archive
from adapter.storage.journal import Journal
from adapter.storage.port import Commit, Done, DriverRow, Keep, Parked, Route, Session, Snapshot
from adapter.storage.reader import Reader


class SqlStore:
    """See port.Store for what each method promises."""

    def __init__(self, journal: Journal, reader: Reader) -> None:
        self.journal = journal
        self.reader = reader
        self.begin: Callable[[Commit, Done[None]], None] = journal.begin

    async def epoch(self) -> str:
        """The store's own id."""
        return await self.reader.run(queries.epoch)

    async def try_writing(self) -> None:
        """Commit something that changes nothing. Raises StorageError."""
        await self.journal.run(queries.try_writing)

    async def load(self, key: AgentKey) -> Snapshot | None:
        """The agent as last committed, or None."""
        return await self.reader.run(queries.load, key)

    async def log(self, key: AgentKey, log_id: str) -> CallLog | None:
        """One log, settled or not; None if the agent has none of that id."""
        return await self.reader.run(queries.log, key, log_id)

    async def agents_of(self, line: TelephonyUser) -> tuple[AgentKey, ...]:
        """The agents whose committed value has this line (provider user)."""
        return await self.reader.run(queries.agents_of, line)

    async def route(self, account: str, provider_call_id: str) -> Route:
        """Who knows this call, and which deliveries of it wait."""
        return await self.reader.run(queries.route, account, provider_call_id)

    async def commit(self, commit: Commit) -> None:
        """Durable when it returns. Raises Conflict, Duplicate or StorageError: nothing is in."""
        await self.journal.submit(commit)

    async def due(self, now: int, limit: int) -> tuple[AgentKey, ...]:
        """Agents with a deadline at or before `now` (Unix milliseconds), oldest first."""
        return await self.reader.run(queries.due, now, limit)

    async def due_parked(self, now: int, limit: int) -> tuple[Parked, ...]:
        """Parked deliveries to ask the call log about or to drop, oldest first."""
        return await self.reader.run(queries.due_parked, now, limit)

    async def mark_asked(self, parked: Parked) -> None:
        """Remember that the call log was asked about it."""
        await self.journal.run(queries.mark_asked, parked)

    async def drop_parked(self, parked: Parked) -> None:
        """Give it up."""
        await self.journal.run(queries.drop_parked, parked)

    async def versions(self, keys: tuple[AgentKey, ...]) -> dict[AgentKey, int]:
        """The committed versions of these agents; those never committed are left out."""
        return await self.reader.run(queries.versions, keys)

    async def driver_row(self, account: str, call_id: str) -> DriverRow | None:
        """What the account's driver keeps of this call."""
        return await self.reader.run(queries.driver_row, account, call_id)

    async def open_driver_rows(self, account: str) -> tuple[DriverRow, ...]:
        """What it keeps of all calls that are not over, oldest first."""
        return await self.reader.run(queries.open_driver_rows, account)

    async def take_lease(self, name: str, holder: str, now: int, until: int) -> bool:
        """Have it, or have it longer; False while somebody else has it (times in Unix ms)."""
        return await self.journal.run(queries.take_lease, name, holder, now, until)

    async def release_lease(self, name: str, holder: str) -> None:
        """Let somebody else have it at once."""
        await self.journal.run(queries.release_lease, name, holder)

    async def put_session(self, session: Session) -> None:
        """Add or replace a session."""
        await self.journal.run(queries.put_session, session)

    async def session(self, token_hash: str) -> Session | None:
        """The session of that hash, expired or not, or None."""
        return await self.reader.run(queries.session, token_hash)

    async def take_session(self, token_hash: str) -> Session | None:
        """Remove the session of that hash and return it, to one of all who ask."""
        return await self.journal.run(queries.take_session, token_hash)

    async def drop_sessions(self, agent: AgentKey, token_hash: str | None = None) -> int:
        """Remove one session of the agent, or all; how many there were."""
        return await self.journal.run(queries.drop_sessions, agent, token_hash)

    async def prune(self, keep: Keep, on_portion: Callable[[int], None] = lambda _: None) -> int:
        """Remove what is older than must be kept, in portions; how many rows there were.

        `on_portion` is told how many each one had.
        """
        total = 0
        while portion := await self.journal.run(queries.prune_portion, keep):
            total += portion
            on_portion(portion)
        return total + await self._forget_recents(on_portion)

    async def _forget_recents(self, on_portion: Callable[[int], None]) -> int:
        """An older version's lists of recent calls; who changes meanwhile is for the next time."""
        total, after = 0, recents.FIRST
        while True:
            portion = await self.reader.run(recents.read, after)
            for agent, version in portion.stale:
                if await self.archive.erase_agent(agent, version, ()):
                    total += 1
                    on_portion(1)
            if portion.after is None:
                return total
            after = portion.after

    @property
    def archive(self) -> Archive:
        """What is held of people, to be copied and erased."""
        return Archive(self.reader, self.journal)

    async def board(self, org_id: str, window: boards.Window) -> boards.BoardRows:
        """The board of one organization."""
        return await self.reader.run(boards.read, org_id, window)

    async def board_calls(
        self, org_id: str, since: int, until: int
    ) -> tuple[boards.BoardCall, ...]:
        """The organization's calls that began in that time, newest first."""
        return await self.reader.run(boards.calls, org_id, since, until)

    async def history(
        self, key: AgentKey, query: HistoryQuery, after: tuple[int, str] | None, limit: int
    ) -> history.HistoryPage:
        """The agent's calls that are over and wanted, newest first, at most `limit`."""
        return await self.reader.run(history.read, key, query, after, limit)

    async def waiting(self, now: int) -> counts.Waiting:
        """What waits in the whole store, as of `now` (Unix milliseconds), for the metrics."""
        return await self.reader.run(counts.read, now)

    async def close(self) -> None:
        """Finish what was taken, then close."""
        await self.journal.close()
        await self.reader.close()
