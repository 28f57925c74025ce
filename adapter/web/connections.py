"""All connections of one listening socket: how many, and how long each may keep us waiting.

Law of this file: nobody holds a connection for nothing. A request's head has a deadline, and so
has its answer; and before files run short, whoever has waited longest makes room. Whatever is
refused or cut is counted, and told once a second at most.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from heapq import nsmallest

import structlog

from adapter.web.address import NO_PROXIES, Proxies
from adapter.web.connection import Connection, State

log = structlog.get_logger(__name__)

HEAD_SECONDS = 10.0
"""From a connection's first moment, or a further request's first byte, to the end of its head."""

BUSY_SECONDS = 60.0
"""From there to the end of the answer: whoever does not read it is let go."""

SWEEP_SECONDS = 1.0

ROOM_SHARE = 50
"""When there is no room left, one in so many goes: looking for one costs as much as for all."""

MakeReader = Callable[[Connection], asyncio.Protocol]
"""Makes what reads a connection's requests."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections one address may have (an IPv6 /64 is one), and how long each may take.

    Proxies and this machine may have any number: behind them are many.
    """

    per_address: int = 1_000
    proxies: Proxies = NO_PROXIES
    head_seconds: float = HEAD_SECONDS
    busy_seconds: float = BUSY_SECONDS


class Connections:
    """The connections that are open: at most `most` of them."""

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
        """Seconds of the event loop's clock."""
        self._sweep_later = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def protocol(self) -> Connection:
        """What a listening socket asks for with each new connection."""
        return Connection(self)

    def admit(self, connection: Connection) -> asyncio.Protocol | None:
        """Who reads what it brings; None if there is no room for it."""
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
        """It is gone, or was never let in."""
        if connection not in self._open:
            return
        del self._open[connection]
        self._of_address[connection.peer] -= 1
        if not self._of_address[connection.peer]:
            del self._of_address[connection.peer]

    def close(self) -> None:
        """Look after them no longer."""
        self._sweep_later.cancel()

    def _make_room(self) -> bool:
        """Cut those that ask for nothing, the longest first: half requests before kept ones."""
        quiet = [c for c in self._open if c.state in {State.WAITING, State.IDLE}]
        count = max(1, self._most // ROOM_SHARE)
        for connection in nsmallest(count, quiet, key=lambda c: (c.state is State.IDLE, c.since)):
            self._cut(connection, "evicted")
        return bool(quiet)

    def _sweep(self) -> None:
        # First of all: whatever fails below, the next look comes.
        self._sweep_later = self._loop.call_later(SWEEP_SECONDS, self._sweep)
        now = self.now()
        for connection in tuple(self._open):
            patience = self._patience.get(connection.state)
            if patience is not None and now - connection.since > patience:
                self._cut(connection, "head" if connection.state is State.WAITING else "answer")
        if self._told:
            log.warning("connections.refused", open=len(self._open), **self._told)
            self._told.clear()

    def _cut(self, connection: Connection, reason: str) -> None:
        self._told[reason] += 1
        self.forget(connection)
        connection.cut()
