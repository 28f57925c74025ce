"""What open boards are told: one reading an org for all who look, sent only when it differs.

Law of this file: a board gets the newest state or nothing. What it has not read yet is waited for,
never added to, so a slow one costs nobody anything but its own next news.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from adapter.core.model import AgentKey
from adapter.runtime.board import Day, Report
from adapter.runtime.tasks import Tasks
from adapter.storage.port import StorageError
from adapter.web.outbox import Outbox
from adapter.web.reception import GONE, NOT_SIGNED_IN, TRY_AGAIN

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
QUIET_LOOKS = 15
"""After so many looks without news a board hears that there is none: a browser shows its scripts
no ping frame, so only this tells a quiet connection from a dead one."""

PING = '{"type":"ping","now":%d}'
REPORT = '{"type":"report","now":%d,"report":%s}'
STALE = '{"type":"stale"}'

Place = tuple[str, Day]
"""An org's id, and the day that is looked at: who agree on both share a feed."""


class Reads(Protocol):
    """The part of the board that is read here."""

    async def report(self, org_id: str, day: Day) -> Report:
        """See runtime.board.Board.report; raises StorageError."""


@dataclass(eq=False, slots=True)
class Viewer:
    """One open board; `session` is the id of the sign-in that let it in."""

    agent: AgentKey
    session: str
    day: Day
    outbox: Outbox
    shown: int = 0

    @property
    def place(self) -> Place:
        """Which feed it sees."""
        return self.agent.org_id, self.day


@dataclass(eq=False, slots=True)
class Feed:
    """The newest frame of one place, how often it changed, and who sees it."""

    viewers: set[Viewer] = field(default_factory=set)
    version: int = 0
    content: str = ""
    frame: str = ""
    quiet: int = 0

    def take(self, content: str, frame: str) -> None:
        """Keep it if it differs from what is known; `content` is the frame without its time."""
        self.quiet += 1
        if content != self.content:
            self.content, self.frame, self.quiet = content, frame, 0
            self.version += 1

    def show(self, viewer: Viewer) -> None:
        """The newest frame, to one who has read all that was sent and has not had this one."""
        if self.version and viewer.shown != self.version and viewer.outbox.is_idle:
            viewer.shown = self.version
            viewer.outbox.send(self.frame)


class BoardFeeds:
    """All open boards of this process. `seconds` is the time between two looks."""

    def __init__(self, board: Reads, tasks: Tasks, seconds: float = LOOK_SECONDS) -> None:
        self._board = board
        self._tasks = tasks
        self._seconds = seconds
        self._feeds: dict[Place, Feed] = {}
        self.draining = False

    def add(self, viewer: Viewer) -> None:
        """It sees what is known at once, and then every change."""
        feed = self._feeds.get(viewer.place)
        if feed is None:
            feed = self._feeds[viewer.place] = Feed()
            work = self._poll(viewer.place, feed)
            self._tasks.start(f"board of {viewer.agent.org_id}", work, endless=True)
        feed.viewers.add(viewer)
        feed.show(viewer)

    def remove(self, viewer: Viewer) -> None:
        """It is gone; the feed that nobody sees any more ends with its next look."""
        if feed := self._feeds.get(viewer.place):
            feed.viewers.discard(viewer)

    def everyone(self) -> list[Viewer]:
        """All open boards, in no order."""
        return [viewer for feed in self._feeds.values() for viewer in feed.viewers]

    def sessions_of(self, key: AgentKey) -> set[str]:
        """The sign-ins that let in boards of that agent."""
        return {viewer.session for viewer in self.everyone() if viewer.agent == key}

    def sign_out(self, session: str) -> None:
        """A sign-in has ended, and so do the boards that it let in."""
        for viewer in self.everyone():
            if viewer.session == session:
                viewer.outbox.close(NOT_SIGNED_IN, "signed out")

    def leave(self) -> None:
        """This replica goes: nobody is let in, and all come back elsewhere, each in its time."""
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
        """One reading, for all who see this feed."""
        try:
            report = await self._board.report(*place)
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
        """Nothing is new at `now` (Unix ms); who has yet to read the last news hears nothing."""
        for viewer in tuple(feed.viewers):
            if viewer.shown == feed.version and viewer.outbox.is_idle:
                viewer.outbox.send(PING % now)
