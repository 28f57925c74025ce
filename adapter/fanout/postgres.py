"""Hints between replicas by PostgreSQL's LISTEN/NOTIFY, with psycopg 3 in two threads of its own.

A notification is lost when nobody listens, or when a connection breaks: so it may, for replicas
compare versions every two seconds (adapter.page.reconciler). What cannot be sent is dropped.

LISTEN needs a connection to the server itself, or a pooler that keeps sessions.
https://www.postgresql.org/docs/current/sql-notify.html
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Condition, Thread
from typing import Any

import psycopg
import structlog

from adapter.core.model import AgentKey
from adapter.fanout.local import LocalHints
from adapter.fanout.port import Listener

log = structlog.get_logger(__name__)

CHANNEL = "softphone_hints"
NOTIFY = f"SELECT pg_notify('{CHANNEL}', %s)"

MOST_BYTES = 7_000
"""A notification takes less than 8,000 bytes, and an id of Salesforce some 18."""

MOST_WAITING = 10_000
"""Agents whose hints wait to be sent; more means that the server is away, and waiting is vain."""

LOOK_SECONDS = 0.5
RETRY_SECONDS = 0.5
START_SECONDS = 3.0

Broken = Callable[[], None]


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection that notices within seconds that the other side is gone."""
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=3,
        application_name="softphone-hints",
        keepalives_idle=5,
        keepalives_interval=5,
        keepalives_count=2,
        tcp_user_timeout=10_000,
    )


def pack(sender: str, hints: Iterable[tuple[AgentKey, int]]) -> list[str]:
    """Notifications (JSON) that carry these hints, each short enough for the server."""
    packed: list[str] = []
    room: list[list[object]] = []
    size = 0
    for key, version in hints:
        hint = [key.org_id, key.user_id, version]
        length = len(json.dumps(hint)) + 2
        if room and size + length > MOST_BYTES:
            packed.append(json.dumps([sender, room]))
            room, size = [], 0
        room.append(hint)
        size += length
    if room:
        packed.append(json.dumps([sender, room]))
    return packed


def unpack(payload: str, own: str) -> list[tuple[AgentKey, int]]:
    """The hints of another replica's notification; none of our own, and none of rubbish."""
    with suppress(ValueError, TypeError):
        sender, hints = json.loads(payload)
        if sender != own:
            return [(AgentKey(org, user), int(version)) for org, user, version in hints]
    return []


class PostgresHints:
    """The fan-out of several replicas. Made, used and closed in one running event loop.

    `broken` is called in a thread whenever a connection was lost.
    """

    def __init__(self, url: str, broken: Broken = lambda: None) -> None:
        self._url = url
        self._broken = broken
        self._own = secrets.token_hex(8)
        self._local = LocalHints()
        self._loop = asyncio.get_running_loop()
        self._listening = asyncio.Event()
        self._waiting: dict[AgentKey, int] = {}
        self._wake = Condition()
        self._closing = False
        # Daemons, so that a process which forgot to close can still end.
        self._threads = [
            Thread(target=self._keep, args=(work,), name=name, daemon=True)
            for name, work in (("hints-out", self._send), ("hints-in", self._hear))
        ]

    def publish(self, key: AgentKey, version: int) -> None:
        """Tell this process now, and the others soon; of two hints of an agent, the newer one."""
        self._local.publish(key, version)
        with self._wake:
            if len(self._waiting) < MOST_WAITING:
                self._waiting[key] = max(version, self._waiting.get(key, 0))
            self._wake.notify()

    def listen(self, listener: Listener) -> None:
        """Be told of every agent's hints, in this event loop."""
        self._local.listen(listener)

    async def start(self) -> None:
        """Begin to send and to hear; a server that does not answer is tried on and on."""
        for thread in self._threads:
            thread.start()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), START_SECONDS)

    async def close(self) -> None:
        """Neither send nor hear any more. May be called again, and before `start`."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                await asyncio.to_thread(thread.join)
        await self._local.close()

    # --- in the threads ---

    def _keep(self, work: Callable[[psycopg.Connection[Any]], None]) -> None:
        """Do the work over a connection, and over a new one whenever it was lost."""
        while not self._closing:
            try:
                with connect(self._url) as connection:
                    work(connection)
            except psycopg.Error as error:
                log.warning("fanout.broken", reason=type(error).__name__)
                self._broken()
                with self._wake:
                    self._wake.wait_for(lambda: self._closing, RETRY_SECONDS)

    def _send(self, connection: psycopg.Connection[Any]) -> None:
        while not self._closing:
            for payload in pack(self._own, self._take()):
                connection.execute(NOTIFY, [payload])

    def _take(self) -> list[tuple[AgentKey, int]]:
        """What waits to be sent; empty when closing. While it is sent, more gathers."""
        with self._wake:
            self._wake.wait_for(lambda: self._closing or self._waiting)
            taken, self._waiting = list(self._waiting.items()), {}
            return taken

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        self._in_loop(self._listening.set)
        while not self._closing:
            for notification in connection.notifies(timeout=LOOK_SECONDS):
                hints = unpack(notification.payload, self._own)
                if hints:
                    self._in_loop(self._tell, hints)

    def _in_loop(self, callback: Callable[..., None], *args: Any) -> None:
        # A loop that is closed belongs to a process that is ending: nobody is to be told.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *args)

    # --- in the event loop ---

    def _tell(self, hints: list[tuple[AgentKey, int]]) -> None:
        for key, version in hints:
            self._local.publish(key, version)
