"""What open boards are told: whole states, only new ones, and when there is none to be had."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapter.core.model import AgentKey
from adapter.runtime.board import Day
from adapter.runtime.tasks import Tasks
from adapter.storage.port import StorageError
from adapter.web.board.feed import QUIET_LOOKS, BoardFeeds, Viewer

ADA, BOB = AgentKey("00D1", "0051"), AgentKey("00D2", "0051")


@dataclass
class Readings:
    """A board that says what a test wants, and notes who asked."""

    calls: int = 0
    now: int = 0
    broken: bool = False
    asked: list[tuple[str, Day]] = field(default_factory=list)

    async def report(self, org_id: str, day: Day) -> dict[str, Any]:
        """The numbers, a second later each time."""
        self.asked.append((org_id, day))
        self.now += 1_000
        if self.broken:
            raise StorageError("gone")
        return {"now": self.now, "org": org_id, "calls": self.calls}


@dataclass
class Drawer:
    """An outbox that keeps what it is sent; a slow one says so."""

    is_idle: bool = True
    frames: list[dict[str, Any]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def send(self, text: str) -> None:
        """Keep it."""
        self.frames.append(json.loads(text))

    def close(self, code: int, _reason: str) -> None:
        """Keep the code."""
        self.codes.append(code)


def viewer(drawer: Drawer, key: AgentKey = ADA, session: str = "s1", since: int = 0) -> Viewer:
    """A board with that outbox."""
    return Viewer(key, session, Day(since), drawer)  # type: ignore[arg-type]


@dataclass
class Desk:
    """Feeds that look only when a test says so."""

    board: Readings
    feeds: BoardFeeds
    tasks: Tasks

    async def look(self) -> None:
        """Every feed looks once."""
        for place, feed in list(self.feeds._feeds.items()):
            await self.feeds._poll_once(place, feed)


@pytest.fixture
async def desk() -> Any:
    """Whatever a feed's own task does ends with the test; it never looks a second time."""
    board, tasks = Readings(), Tasks()
    yield Desk(board, BoardFeeds(board.report, tasks, seconds=3_600), tasks)
    await tasks.close()


async def test_all_boards_of_an_org_share_one_reading(desk: Desk) -> None:
    """Three look, one asks; another org's board is another's reading."""
    drawers = [Drawer() for _ in range(3)]
    for drawer in drawers:
        desk.feeds.add(viewer(drawer))
    other = Drawer()
    desk.feeds.add(viewer(other, BOB))
    await desk.look()
    assert desk.board.asked == [("00D1", Day()), ("00D2", Day())]
    assert [drawer.frames[0]["report"]["org"] for drawer in drawers] == ["00D1"] * 3
    assert [frame["report"]["org"] for frame in other.frames] == ["00D2"]


async def test_unchanged_state_is_not_sent_again(desk: Desk) -> None:
    """The time alone is no news; a count is."""
    drawer = Drawer()
    desk.feeds.add(viewer(drawer))
    await desk.look()
    await desk.look()
    assert [frame["type"] for frame in drawer.frames] == ["report"]
    desk.board.calls = 1
    await desk.look()
    assert [frame["report"]["calls"] for frame in drawer.frames] == [0, 1]
    assert drawer.frames[1]["now"] == desk.board.now


async def test_a_quiet_board_learns_that_it_is_current(desk: Desk) -> None:
    """A ping with the time after so many looks without news, not before, and then again."""
    drawer = Drawer()
    desk.feeds.add(viewer(drawer))
    for _ in range(QUIET_LOOKS):
        await desk.look()
    assert [frame["type"] for frame in drawer.frames] == ["report"]
    for _ in range(2 * QUIET_LOOKS):
        await desk.look()
    assert [frame["type"] for frame in drawer.frames] == ["report", "ping", "ping"]
    assert drawer.frames[2]["now"] == drawer.frames[1]["now"] + QUIET_LOOKS * 1_000


async def test_a_new_board_immediately_sees_what_others_see(desk: Desk) -> None:
    """Nothing is read for it."""
    desk.feeds.add(viewer(Drawer()))
    await desk.look()
    late = Drawer()
    desk.feeds.add(viewer(late))
    assert [frame["type"] for frame in late.frames] == ["report"]
    assert len(desk.board.asked) == 1


async def test_a_slow_board_gets_only_the_newest_state(desk: Desk) -> None:
    """While it reads nothing more is added, not even a ping."""
    slow = Drawer()
    desk.feeds.add(viewer(slow))
    await desk.look()
    slow.is_idle = False
    for _ in range(QUIET_LOOKS):
        desk.board.calls += 1
        await desk.look()
    for _ in range(QUIET_LOOKS):
        await desk.look()
    assert len(slow.frames) == 1
    slow.is_idle = True
    await desk.look()
    assert [frame["report"]["calls"] for frame in slow.frames] == [0, QUIET_LOOKS]


async def test_boards_learn_of_a_store_outage_and_its_end(desk: Desk) -> None:
    """Once each; also when the numbers are the same as before."""
    drawer = Drawer()
    desk.feeds.add(viewer(drawer))
    await desk.look()
    desk.board.broken = True
    for _ in range(2 * QUIET_LOOKS):
        await desk.look()
    desk.board.broken = False
    await desk.look()
    assert [frame["type"] for frame in drawer.frames] == ["report", "stale", "report"]


async def test_a_sign_out_ends_that_sign_ins_boards_only(desk: Desk) -> None:
    """Each by its id; the same person in another org stays."""
    drawers = {session: Drawer() for session in ("s1", "s2", "s3")}
    for session, key in (("s1", ADA), ("s2", ADA), ("s3", BOB)):
        desk.feeds.add(viewer(drawers[session], key, session))
    desk.feeds.sign_out("s1")
    assert [drawer.codes for drawer in drawers.values()] == [[4003], [], []]
    assert desk.feeds.sign_ins(ADA) == {"s1", "s2"}
    desk.feeds.sign_out("s2")
    assert [drawer.codes for drawer in drawers.values()] == [[4003], [4003], []]


async def test_a_feed_without_boards_ends() -> None:
    """Its task is over, and nothing is read any more."""
    board, tasks, drawer = Readings(), Tasks(), Drawer()
    feeds = BoardFeeds(board.report, tasks, seconds=0)
    gone = viewer(drawer)
    feeds.add(gone)
    feeds.remove(gone)
    feeds.remove(viewer(drawer, BOB))
    (task,) = tasks._running
    await task
    assert (board.asked, feeds.everyone(), feeds._feeds) == ([], [], {})


async def test_boards_of_a_broken_feed_reconnect_to_another() -> None:
    """A bug of ours in a reading: 1013 for all who saw it, and no dead feed stays."""

    class Broken(Readings):
        async def report(self, org_id: str, day: Day) -> dict[str, Any]:
            raise ValueError(org_id, day)

    tasks, drawer = Tasks(), Drawer()
    feeds = BoardFeeds(Broken().report, tasks, seconds=0)
    feeds.add(viewer(drawer))
    (task,) = tasks._running
    with pytest.raises(ValueError, match="00D1"):
        await task
    assert (drawer.codes, feeds._feeds) == ([1013], {})
