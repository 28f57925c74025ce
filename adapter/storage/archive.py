"""All that is held of people, page by page, and the ways to take something out of it.

Law of this file: an agent's value and the logs that go with it change by the same compare-and-set
as any commit, so that a replica at work decides again instead of writing back what was erased; what
is not settled is never removed. Reading goes by primary key in portions, and holds nothing up.
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
from adapter.storage.transaction import Database

PAGE_SIZE = 200
"""Rows of one reading: a delivery may have 64 KiB."""

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PersonalDataTable:
    """A table that holds people's data: its key, its other columns, the one that is text."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    text: str

    @property
    def select(self) -> str:
        """A portion in the order of the key, after a given one (none for the first)."""
        key, every = ", ".join(self.key), ", ".join((*self.key, *self.columns))
        after = f"({key}) > ({', '.join('?' * len(self.key))})"
        return f"SELECT {every} FROM {self.table} WHERE {after} ORDER BY {key} LIMIT ?"  # noqa: S608 - names of ours


AGENTS = PersonalDataTable("agents", ("org_id", "user_id"), ("value",), "value")
CALL_LOGS = PersonalDataTable(
    "call_logs", ("org_id", "user_id", "log_id"), ("settled", "value"), "value"
)
CALLS = PersonalDataTable(
    "calls",
    ("account", "provider_call_id", "org_id", "user_id"),
    ("call_id", "at", "value"),
    "value",
)
DELIVERIES = PersonalDataTable(
    "deliveries", ("account", "event_id"), ("type", "at", "fate", "body"), "body"
)
PARKED = PersonalDataTable(
    "parked", ("account", "event_id"), ("provider_call_id", "at", "due", "body"), "body"
)
DRIVER_STATES = PersonalDataTable(
    "driver_states", ("account", "call_id"), ("is_over", "value"), "value"
)

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
    """What a store holds of people; without a `journal` it is only read."""

    def __init__(self, reader: Reader, journal: Journal | None = None) -> None:
        self._reader = reader
        self._journal = journal

    async def rows(self, shelf: PersonalDataTable) -> AsyncIterator[Row]:
        """Each row, its text as str; those that are made meanwhile may be missed."""
        names = (*shelf.key, *shelf.columns)
        after: tuple[object, ...] = ("",) * len(shelf.key)
        while found := await self._reader.run(_portion, shelf.select, after):
            for values in found:
                row = dict(zip(names, values, strict=True))
                if shelf.text == "body":
                    row["body"] = bytes(row["body"]).decode("utf-8", "replace")
                yield row
            after = tuple(found[-1][: len(shelf.key)])

    async def load(self, key: AgentKey) -> Snapshot | None:
        """The agent with all logs that are not settled."""
        return await self._reader.run(queries.load, key)

    async def erase_agent(self, agent: Agent, version: int, log_ids: Sequence[str]) -> bool:
        """Put this value in place of that version's, and remove these logs where settled.

        False, with nothing done, when there is another version by now.
        """
        return await self._writer.run(_erase_agent, agent, version, tuple(log_ids))

    async def erase_call(self, row: Row, value: str) -> bool:
        """Put this text in place of the row's, if that is still what it says."""
        values = (value, *(row[name] for name in CALLS.key), row["value"])
        return bool(await self._writer.run(_execute, ERASE_CALL, values))

    async def erase_delivery(self, row: Row, body: bytes) -> None:
        """Put this body in place of the row's; that it came stays known."""
        values = (body, row["account"], row["event_id"])
        await self._writer.run(_execute, ERASE_DELIVERY, values)

    async def erase_driver_state(self, row: Row) -> bool:
        """Remove what a driver kept of a call, if nothing of it is steered any more."""
        values = (row["account"], row["call_id"])
        return bool(await self._writer.run(_execute, ERASE_DRIVER_STATE, values))

    @property
    def _writer(self) -> Journal:
        if self._journal is None:
            raise StorageError("the store was opened for reading")
        return self._journal


def _portion(fetch: Fetch, select: str, after: tuple[object, ...]) -> Sequence[tuple[Any, ...]]:
    return fetch(select, (*after, PAGE_SIZE))


def _erase_agent(database: Database, agent: Agent, version: int, log_ids: tuple[str, ...]) -> bool:
    who = (agent.key.org_id, agent.key.user_id)
    _, changed = database.execute(ERASE_AGENT, (AGENT.dump(agent), *who, version))
    if changed and log_ids:
        database.write(ERASE_LOG, [(*who, log_id) for log_id in log_ids])
    return changed == 1


def _execute(database: Database, statement: str, values: tuple[object, ...]) -> int:
    return database.execute(statement, values)[1]
