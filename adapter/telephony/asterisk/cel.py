"""CDRs from Asterisk's channel event log (CEL), in any database.

Asterisk's own CDRs do not show the talk of calls that are steered from outside. The channel events
do, because each has the channel's id, which is ours.
https://docs.asterisk.org/Configuration/Reporting/Channel-Event-Logging-CEL/
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Engine,
    MetaData,
    RowMapping,
    Select,
    String,
    Table,
    create_engine,
    make_url,
    or_,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.celrows import CelRow, cdr_of, roots_of
from adapter.telephony.port import Cdr, Unknown

T = TypeVar("T")

THREADS = 2
"""Own threads, because a hanging database would occupy those for host lookups."""

PATIENCE: dict[str, dict[str, Any]] = {
    "pymysql": {"connect_timeout": 3, "read_timeout": 8},
    "psycopg": {
        "connect_timeout": 3,
        "keepalives_idle": 4,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": 8_000,
    },
}
"""By driver, what ends the waiting there; nothing that a pooler in between would refuse."""

ROWS = 5_000
COLUMNS = ("eventtype", "eventtime", "uniqueid", "linkedid", "channame", "appdata", "cid_num")
REST = ("exten", "extra")
MORE = 10
"""Extra calls to read beyond the limit, because some are older or another user's."""


class CelLog:
    """Reads the table `cel`. Raises Unknown if the database fails."""

    def __init__(self, engine: Engine, *, zone: tzinfo | None = None) -> None:
        """`zone` is the time zone of its times; None: this machine's."""
        self._engine = engine
        self._threads = ThreadPoolExecutor(THREADS, "cel")
        self._zone = zone
        columns = [Column(name, String) for name in (*COLUMNS, *REST)]
        self._table = Table("cel", MetaData(), *columns)

    async def call(self, root: str) -> Cdr | None:
        """The CDR of this call; None if it has no events."""
        table = self._table.c
        channel = ids.channel_of_call(root)
        ours = [table.linkedid.like(f"{root}-%"), table.uniqueid.like(f"{root}-%")]
        theirs = [] if channel is None else [table.uniqueid == channel]
        return cdr_of(root, await self._run(lambda: self._select_rows(or_(*ours, *theirs))))

    async def calls(
        self, user: str, endpoints: Sequence[str], since_ms: int, limit: int
    ) -> tuple[Cdr, ...]:
        """CDRs of calls at the agent's phones from `since_ms` (Unix ms) on, newest first."""
        table = self._table.c
        since = datetime.fromtimestamp(since_ms / 1000, UTC).astimezone(self._zone)
        began = table.eventtime >= (since - timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S")
        phones = or_(*[table.channame.like(f"{endpoint}-%") for endpoint in endpoints])
        rows = await self._run(lambda: self._select_rows(began & phones))
        # LIKE finds more: _ stands for any letter, and the phone ada-2 begins as ada's channels do.
        rows = [row for row in rows if row.channame.rpartition("-")[0] in endpoints]
        cdrs = [await self.call(root) for root in roots_of(rows)[: limit + MORE]]
        fits = (cdr for cdr in cdrs if cdr is not None and _is_of(cdr, user, since_ms))
        return tuple(islice(fits, limit))

    async def last(self) -> str:
        """The time of the last event as text; empty if there is none."""
        return await self._run(self._read_last)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _read_last(self) -> str:
        query = select(self._table.c.eventtime).order_by(self._table.c.eventtime.desc()).limit(1)
        return next((str(row["eventtime"]) for row in self._execute(query)), "")

    def _select_rows(self, condition: ColumnElement[bool]) -> list[CelRow]:
        query = select(self._table).where(condition).order_by(self._table.c.eventtime).limit(ROWS)
        rows: list[CelRow] = []
        for row in self._execute(query):
            with suppress(ValueError, OverflowError):  # a row without a time costs itself
                rows.append(self._row_of(**row))
        return rows

    def _execute(self, query: Select[Any]) -> list[RowMapping]:
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(query).mappings())
        except SQLAlchemyError as error:
            raise Unknown(f"The channel events cannot be read ({type(error).__name__}).") from None

    def _row_of(self, *, eventtime: object, **texts: object) -> CelRow:
        plain = {name: str(value or "") for name, value in texts.items()}
        return CelRow(at=milliseconds(eventtime, self._zone), **plain)

    async def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()


def _is_of(cdr: Cdr, user: str, since_ms: int) -> bool:
    started = cdr.update.facts.started
    recent = started is not None and started.value >= since_ms
    return recent and cdr.update.user_id in {None, user}


def milliseconds(value: object, zone: tzinfo | None) -> int:
    """A database time (datetime or text) as Unix ms; `zone` applies if it has no zone."""
    when = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if when.tzinfo is None and zone is not None:
        when = when.replace(tzinfo=zone)
    return round(when.timestamp() * 1000)


def open_cel(url: str, *, utc: bool) -> CelLog:
    """Open the log at an SQLAlchemy URL; `utc`: its times are UTC."""
    address = make_url(url)
    patience = PATIENCE.get(address.get_driver_name(), {})
    ours = {key: value for key, value in patience.items() if key not in address.query}
    engine = create_engine(address, pool_pre_ping=True, connect_args=ours)
    return CelLog(engine, zone=UTC if utc else None)
