"""Reads all personal data page by page, and erases parts of it.

Law of this file: an agent's value and logs change by the same compare-and-set as in any commit, so
a replica decides again instead of writing erased data back. Unsettled logs are never removed. Reads
go by primary key in small portions and block nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapter.core.model import Agent, AgentKey
from adapter.storage import queries
from adapter.storage.journal import Journal
from adapter.storage.port import Snapshot, StorageError
from adapter.storage.queries import Fetch
from adapter.storage.reader import Reader
from adapter.storage.rows import AGENT
from adapter.storage.transaction import Database, execute

PAGE_SIZE = 200
"""Rows per read; a delivery may have 64 KiB."""

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PersonalDataTable:
    """A table with personal data: its key and its other columns."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def select(self) -> str:
        """A SELECT of the next portion in key order, after a given key."""
        key, every = ", ".join(self.key), ", ".join((*self.key, *self.columns))
        after = f"({key}) > ({', '.join('?' * len(self.key))})"
        return f"SELECT {every} FROM {self.table} WHERE {after} ORDER BY {key} LIMIT ?"  # noqa: S608 - names of ours


AGENTS = PersonalDataTable("agents", ("org_id", "user_id"), ("version", "value"))
CALL_LOGS = PersonalDataTable("call_logs", ("org_id", "user_id", "log_id"), ("settled", "value"))
CALLS = PersonalDataTable(
    "calls", ("account", "provider_call_id", "org_id", "user_id"), ("call_id", "at", "value")
)
DELIVERIES = PersonalDataTable(
    "deliveries", ("account", "event_id"), ("type", "at", "fate", "body")
)
PARKED = PersonalDataTable(
    "parked", ("account", "event_id"), ("provider_call_id", "at", "due", "body")
)
DRIVER_STATES = PersonalDataTable("driver_states", ("account", "call_id"), ("is_over", "value"))

ERASE_AGENT = (
    "UPDATE agents SET version = version + 1, value = ?"
    " WHERE org_id = ? AND user_id = ? AND version = ?"
)
ERASE_LOG = "DELETE FROM call_logs WHERE org_id = ? AND user_id = ? AND log_id = ? AND settled"
ERASE_CALL = (
    "UPDATE calls SET value = ? WHERE account = ? AND provider_call_id = ?"
    " AND org_id = ? AND user_id = ? AND value = ?"
)
ERASE_DRIVER_STATE = "DELETE FROM driver_states WHERE account = ? AND call_id = ? AND is_over"
ERASE_DELIVERY = "UPDATE deliveries SET body = ? WHERE account = ? AND event_id = ?"


class Archive:
    """The personal data in a store; read-only without a `journal`."""

    def __init__(self, reader: Reader, journal: Journal | None = None) -> None:
        self._reader = reader
        self._journal = journal

    async def rows(self, table: PersonalDataTable) -> AsyncIterator[Row]:
        """Yield each row, with its text as str; rows added meanwhile may be missed."""
        names = (*table.key, *table.columns)
        after: tuple[object, ...] = ("",) * len(table.key)
        while page := await self._reader.run(_read_page, table.select, after):
            for values in page:
                row = dict(zip(names, values, strict=True))
                if "body" in row:
                    row["body"] = bytes(row["body"]).decode("utf-8", "replace")
                yield row
            after = tuple(page[-1][: len(table.key)])

    async def load(self, key: AgentKey) -> Snapshot | None:
        """The agent with all unsettled logs; None if unknown."""
        return await self._reader.run(queries.load, key)

    async def erase_agent(self, agent: Agent, version: int, log_ids: Sequence[str]) -> bool:
        """Replace the agent's value of that version, and remove these logs if settled.

        False, and nothing is changed, if the version is outdated.
        """
        return await self._writer.run(_erase_agent, agent, version, tuple(log_ids))

    async def erase_call(self, row: Row, value: str) -> bool:
        """Replace the row's text, if it is unchanged; whether it was."""
        values = (value, *(row[name] for name in CALLS.key), row["value"])
        return (await self._writer.run(execute, ERASE_CALL, *values))[1] == 1

    async def erase_delivery(self, row: Row, body: bytes) -> None:
        """Replace the row's body; the delivery itself stays known."""
        await self._writer.run(execute, ERASE_DELIVERY, body, row["account"], row["event_id"])

    async def erase_driver_state(self, row: Row) -> bool:
        """Remove a driver's state of a call, if the call is over; whether it was removed."""
        values = (row["account"], row["call_id"])
        return (await self._writer.run(execute, ERASE_DRIVER_STATE, *values))[1] == 1

    @property
    def _writer(self) -> Journal:
        if self._journal is None:
            raise StorageError("the store was opened for reading")
        return self._journal


def _read_page(fetch: Fetch, select: str, after: tuple[object, ...]) -> Sequence[tuple[Any, ...]]:
    return fetch(select, (*after, PAGE_SIZE))


def _erase_agent(database: Database, agent: Agent, version: int, log_ids: tuple[str, ...]) -> bool:
    who = (agent.key.org_id, agent.key.user_id)
    _, changed = execute(database, ERASE_AGENT, AGENT.dump(agent), *who, version)
    if changed:
        database.run((ERASE_LOG, [(*who, log_id) for log_id in log_ids]))
    return changed == 1
