"""Hints between replicas by PostgreSQL's LISTEN/NOTIFY, with psycopg 3 in two threads of its own.

A value is accepted only with a mark whose key is derived from the store's address and epoch.

A notification is lost when nobody listens or a connection breaks. That is harmless, because
replicas compare versions every two seconds (adapter.page.reconciler). Unsendable hints are dropped.

LISTEN needs a direct connection to the server, or a pooler in session mode.
https://www.postgresql.org/docs/current/sql-notify.html
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Condition, Thread, current_thread
from typing import Any

import structlog

from adapter.core.model import AgentKey
from adapter.fanout import notifications
from adapter.fanout.local import LocalHints
from adapter.fanout.notifications import NOTHING, Hint, hint_of
from adapter.fanout.port import Learner, Topic, Value
from adapter.fanout.sealed import shared_secret
from adapter.postgres import Connection, connect

log = structlog.get_logger(__name__)

CHANNEL = "softphone_hints"
NOTIFY = f"SELECT pg_notify('{CHANNEL}', %s)"

MOST_WAITING = 10_000
"""Agents whose hints wait to be sent; more means that the server is unreachable."""

PAUSE_SECONDS = 0.005
"""Hints gather between two notifications, because each costs the server as much as a commit."""

LOOK_SECONDS = 0.5
ASK_SECONDS = 5.0
"""How often a listener demands an answer: a frozen server is as silent as idle replicas."""

RETRY_SECONDS = 0.5
START_SECONDS = 3.0

Broken = Callable[[], None]


class PostgresHints(LocalHints):
    """The fan-out of several replicas. Create, use and close it in one running event loop.

    `broken` is called in a thread whenever a connection is lost.
    """

    def __init__(self, url: str, broken: Broken = lambda: None) -> None:
        super().__init__()
        self._url = url
        self._broken = broken
        self._own = secrets.token_hex(8)
        self._loop = asyncio.get_running_loop()
        self._listening = asyncio.Event()
        self._learners: Mapping[Topic, Learner] = {}
        self._secret = b""
        self._waiting: dict[tuple[Topic, AgentKey], tuple[int, Value | None]] = {}
        self._wake = Condition()
        self._closing = False
        # Daemons, so that the process can exit even if `close` was not called.
        self._threads = [
            Thread(target=self._keep_connected, args=(work,), name=name, daemon=True)
            for name, work in (("hints-out", self._send), ("hints-in", self._listen))
        ]

    def publish(
        self,
        key: AgentKey,
        version: int = 0,
        value: Value | None = None,
        topic: Topic = Topic.VERSION,
    ) -> None:
        """Publish here now and to the others soon; only a key's newest hint is sent."""
        super().publish(key, version, topic=topic)
        with self._wake:
            newest = self._waiting.get((topic, key), (0,))[0]
            if len(self._waiting) < MOST_WAITING and version >= newest:
                self._waiting[topic, key] = version, value
            self._wake.notify()

    def learn_with(self, learners: Mapping[Topic, Learner], epoch: str) -> None:
        """Call a topic's learner with values from other replicas, in this event loop."""
        self._secret = shared_secret(self._url, epoch)
        self._learners = learners

    async def start(self) -> None:
        """Begin to send and receive; retry until the server answers."""
        for thread in self._threads:
            thread.start()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), START_SECONDS)

    async def close(self) -> None:
        """Stop sending and receiving. May be called repeatedly, and before `start`."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                await asyncio.to_thread(thread.join)
        await super().close()

    # --- in the threads ---

    def _keep_connected(self, work: Callable[[Connection], None]) -> None:
        """Run `work` with a connection, and again with a new one whenever it is lost."""
        problem = ""
        while not self._closing:
            try:
                with connect(self._url, "softphone-hints") as connection:
                    if problem:
                        log.info("fanout.mended", thread=current_thread().name)
                    problem = ""
                    work(connection)
            except Exception as error:  # the thread must survive any error
                reason = type(error).__name__
                if reason != problem:  # it is tried several times a second: of an outage one line
                    log.warning("fanout.broken", reason=reason, thread=current_thread().name)
                problem = reason
                self._broken()
                with self._wake:
                    self._wake.wait_for(lambda: self._closing, RETRY_SECONDS)

    def _send(self, connection: Connection) -> None:
        while not self._closing:
            hints = [self._make_hint(*key, *hint) for key, hint in self._take().items()]
            for payload in notifications.pack(self._own, hints):
                connection.execute(NOTIFY, [payload])
            time.sleep(PAUSE_SECONDS)

    def _make_hint(self, topic: Topic, key: AgentKey, version: int, value: Value | None) -> Hint:
        try:
            return hint_of(topic, key, version, value and value(), self._secret)
        except Exception as bug:  # send the version alone; others read the value from the store
            log.error("fanout.value_failed", agent=str(key), exc_info=bug)
            return hint_of(topic, key, version, None, self._secret)

    def _take(self) -> dict[tuple[Topic, AgentKey], tuple[int, Value | None]]:
        """Wait for hints to send and take them all; may be empty when closing."""
        with self._wake:
            self._wake.wait_for(lambda: self._closing or self._waiting)
            taken, self._waiting = self._waiting, {}
            return taken

    def _listen(self, connection: Connection) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        self._in_loop(self._listening.set)
        asked = time.monotonic()
        while not self._closing:
            for notification in connection.notifies(timeout=LOOK_SECONDS):
                hints = notifications.unpack(notification.payload, self._own)
                if hints:
                    self._in_loop(self._publish_received, hints)
            if time.monotonic() > asked + ASK_SECONDS:
                connection.execute("SELECT 1")
                asked = time.monotonic()

    def _in_loop(self, callback: Callable[..., None], *args: Any) -> None:
        # A closed loop means that the process is ending, so the call is dropped.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *args)

    # --- in the event loop ---

    def _publish_received(self, hints: list[Hint]) -> None:
        for hint in hints:
            topic, key = hint.subject
            try:
                learn = None if hint.value == NOTHING else self._learners.get(topic)
                if learn is not None and hint.is_marked_with(self._secret):
                    learn(key, hint.version, bytes(hint.value))
            except Exception as bug:
                log.error("fanout.not_learned", agent=str(key), exc_info=bug)
            super().publish(key, hint.version, topic=topic)
