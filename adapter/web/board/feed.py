"""Sends reports to open boards: one read per org for all of them, sent only when it differs.

Law of this file: a board gets the newest state or nothing. Nothing is sent while it has unread
data, so a slow board delays only itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from adapter.core.model import AgentKey
from adapter.runtime.board import Day, Report
from adapter.runtime.tasks import Tasks
from adapter.storage.port import StorageError
from adapter.web.sockets.outbox import Outbox
from adapter.web.sockets.reception import GONE, NOT_SIGNED_IN, TRY_AGAIN

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
QUIET_LOOKS = 15
"""After so many polls without news a board gets a message without news. Scripts cannot see ping
frames, so only this distinguishes a quiet connection from a dead one."""

PING = '{"type":"ping","now":%d}'
REPORT = '{"type":"report","now":%d,"report":%s}'
STALE = '{"type":"stale"}'

Read = Callable[[str, Day], Awaitable[Report]]
"""runtime.board.Board.report; raises StorageError."""

Place = tuple[str, Day]
"""An org's id and a day; boards with the same ones share a feed."""


@dataclass(eq=False, slots=True)
class Viewer:
    """An open board; `session` is the id of its sign-in."""

    agent: AgentKey
    session: str
    day: Day
    outbox: Outbox
    shown: int = 0

    @property
    def place(self) -> Place:
        """The feed that it follows."""
        return self.agent.org_id, self.day


@dataclass(eq=False, slots=True)
class Feed:
    """The newest frame of a place, the number of its changes, and its boards."""

    viewers: set[Viewer] = field(default_factory=set)
    version: int = 0
    content: str = ""
    frame: str = ""
    quiet: int = 0

    def take(self, content: str, frame: str) -> None:
        """Keep the frame if it differs; `content` is the frame without its time."""
        self.quiet += 1
        if content != self.content:
            self.content, self.frame, self.quiet = content, frame, 0
            self.version += 1

    def show(self, viewer: Viewer) -> None:
        """Send the newest frame to a board that has read everything and lacks this one."""
        if self.version and viewer.shown != self.version and viewer.outbox.is_idle:
            viewer.shown = self.version
            viewer.outbox.send(self.frame)


class BoardFeeds:
    """All open boards of this process; `seconds` is the time between two polls."""

    def __init__(self, read: Read, tasks: Tasks, seconds: float = LOOK_SECONDS) -> None:
        self._read = read
        self._tasks = tasks
        self._seconds = seconds
        self._feeds: dict[Place, Feed] = {}
        self.draining = False

    def add(self, viewer: Viewer) -> None:
        """Send a board the known report at once, and then every change."""
        feed = self._feeds.get(viewer.place)
        if feed is None:
            feed = self._feeds[viewer.place] = Feed()
            work = self._poll(viewer.place, feed)
            self._tasks.start(f"board of {viewer.agent.org_id}", work, endless=True)
        feed.viewers.add(viewer)
        feed.show(viewer)

    def remove(self, viewer: Viewer) -> None:
        """Remove a board; a feed without boards ends with its next poll."""
        if feed := self._feeds.get(viewer.place):
            feed.viewers.discard(viewer)

    def everyone(self) -> list[Viewer]:
        """All open boards, unordered."""
        return [viewer for feed in self._feeds.values() for viewer in feed.viewers]

    def sign_ins(self, key: AgentKey | None = None) -> set[str]:
        """The sign-ins of the agent's boards, or of all boards."""
        return {viewer.session for viewer in self.everyone() if key in {None, viewer.agent}}

    def sign_out(self, session: str) -> None:
        """Close the boards of a sign-in that has ended."""
        for viewer in self.everyone():
            if viewer.session == session:
                viewer.outbox.close(NOT_SIGNED_IN, "signed out")

    def leave(self) -> None:
        """This replica stops: admit nobody, and spread the boards' reconnects over time."""
        self.draining = True
        for viewer in self.everyone():
            viewer.outbox.close(GONE, "this replica is leaving")

    async def _poll(self, place: Place, feed: Feed) -> None:
        try:
            while feed.viewers:
                await self._poll_once(place, feed)
                await asyncio.sleep(self._seconds)
        finally:
            del self._feeds[place]
            for viewer in tuple(feed.viewers):
                viewer.outbox.close(TRY_AGAIN, "try again later")

    async def _poll_once(self, place: Place, feed: Feed) -> None:
        """Read once for all boards of this feed."""
        try:
            report = await self._read(*place)
        except StorageError as error:
            if feed.content != STALE:
                log.error("board.not_read", org=place[0], reason=str(error))
            feed.take(STALE, STALE)
        else:
            content = json.dumps({key: value for key, value in report.items() if key != "now"})
            feed.take(content, REPORT % (report["now"], content))
            if feed.quiet >= QUIET_LOOKS:
                feed.quiet = 0
                self._ping(feed, report["now"])
        for viewer in tuple(feed.viewers):
            feed.show(viewer)

    def _ping(self, feed: Feed, now: int) -> None:
        """Tell boards that nothing is new at `now` (Unix ms), except those with unread data."""
        for viewer in tuple(feed.viewers):
            if viewer.shown == feed.version and viewer.outbox.is_idle:
                viewer.outbox.send(PING % now)
