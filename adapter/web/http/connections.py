"""Limits the connections of a listening socket, in number and in time.

Law of this file: no idle connection blocks others. A request's head and its answer have deadlines,
and before file descriptors run out the longest waiting connections are closed. Refused and cut
connections are counted, and logged at most once a second.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from heapq import nsmallest

import structlog

from adapter.web.http.address import NO_PROXIES, Proxies
from adapter.web.http.connection import Connection, State

log = structlog.get_logger(__name__)

HEAD_SECONDS = 10.0
"""Limit from a connection's start, or a later request's first byte, to the end of the head."""

BUSY_SECONDS = 60.0
"""Limit from there to the end of the answer, for clients that do not read it."""

SWEEP_SECONDS = 1.0

SILENT = "silent"
"""Why a connection was cut that sent nothing."""

ROOM_SHARE = 50
"""Without room, one in so many is cut, because finding one costs as much as finding all."""

MakeReader = Callable[[Connection], asyncio.Protocol]
"""Makes the reader of a connection's requests."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Connections per address (an IPv6 /64 is one), and their time limits.

    Proxies and this machine may have any number, as they stand for many clients.
    """

    per_address: int = 1_000
    proxies: Proxies = NO_PROXIES
    head_seconds: float = HEAD_SECONDS
    busy_seconds: float = BUSY_SECONDS


class Connections:
    """The open connections, at most `most`."""

    def __init__(self, make_reader: MakeReader, most: int, limits: Limits) -> None:
        self._make_reader = make_reader
        self._most = most
        self._limits = limits
        self._patience = {State.WAITING: limits.head_seconds, State.BUSY: limits.busy_seconds}
        self._open: dict[Connection, None] = {}
        self._of_address: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        """The event loop's time in seconds."""
        self._sweep_later = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def protocol(self) -> Connection:
        """The protocol for a new connection."""
        return Connection(self)

    def admit(self, connection: Connection) -> asyncio.Protocol | None:
        """The connection's reader; None if there is no room for it."""
        is_many = self._limits.proxies.includes(connection.address)
        if not is_many and self._of_address[connection.peer] >= self._limits.per_address:
            self._told["address"] += 1
            return None
        if len(self._open) >= self._most and not self._make_room():
            self._told["full"] += 1
            return None
        self._open[connection] = None
        self._of_address[connection.peer] += 1
        return self._make_reader(connection)

    def forget(self, connection: Connection) -> None:
        """Forget a connection that is closed or was refused."""
        if connection not in self._open:
            return
        del self._open[connection]
        self._of_address[connection.peer] -= 1
        if not self._of_address[connection.peer]:
            del self._of_address[connection.peer]

    def close(self) -> None:
        """Stop the checks."""
        self._sweep_later.cancel()

    def _make_room(self) -> bool:
        """Cut the longest waiting connections, those with partial requests before idle ones."""
        quiet = [c for c in self._open if c.state in {State.WAITING, State.IDLE}]
        count = max(1, self._most // ROOM_SHARE)
        for connection in nsmallest(count, quiet, key=lambda c: (c.state is State.IDLE, c.since)):
            self._cut(connection, "evicted")
        return bool(quiet)

    def _sweep(self) -> None:
        # First, so that a failure below does not prevent the next check.
        self._sweep_later = self._loop.call_later(SWEEP_SECONDS, self._sweep)
        now = self.now()
        for connection in tuple(self._open):
            patience = self._patience.get(connection.state)
            if patience is not None and now - connection.since > patience:
                self._cut(connection, _reason(connection))
        if self._told:
            # Browsers open connections in advance and may never use them.
            tell = log.info if self._told.keys() == {SILENT} else log.warning
            tell("connections.refused", open=len(self._open), **self._told)
            self._told.clear()

    def _cut(self, connection: Connection, reason: str) -> None:
        self._told[reason] += 1
        self.forget(connection)
        connection.cut()


def _reason(connection: Connection) -> str:
    """Why its time is over."""
    if connection.state is not State.WAITING:
        return "answer"
    return "head" if connection.has_sent else SILENT
