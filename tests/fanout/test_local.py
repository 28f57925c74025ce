"""Hints inside one process."""

from __future__ import annotations

from structlog.testing import capture_logs

from adapter.core.model import AgentKey
from adapter.fanout.local import LocalHints
from adapter.fanout.port import Hints, Listener

ADA, BOB = AgentKey("00D1", "005A"), AgentKey("00D1", "005B")


async def test_a_hint_reaches_every_listener_at_once() -> None:
    """Before publish returns, in the order of publishing."""
    hints: Hints = LocalHints()
    one, other = list[tuple[AgentKey, int]](), list[tuple[AgentKey, int]]()
    hints.listen(lambda key, version: one.append((key, version)))
    hints.listen(lambda key, version: other.append((key, version)))
    await hints.start()
    hints.publish(ADA, 1)
    hints.publish(BOB, 7)
    hints.publish(ADA, 2)
    assert one == other == [(ADA, 1), (BOB, 7), (ADA, 2)]


def test_publishing_without_listeners_is_not_an_error() -> None:
    """A server without pages commits too."""
    hints = LocalHints()
    hints.publish(ADA, 1)
    heard: list[int] = []
    hints.listen(lambda _key, version: heard.append(version))
    hints.publish(ADA, 2)
    assert heard == [2]


def test_a_listeners_bug_harms_no_other_listener() -> None:
    """It is logged, and those behind it hear the hint all the same."""
    hints, heard = LocalHints(), list[int]()

    def broken(_key: AgentKey, _version: int) -> None:
        raise RuntimeError("a bug")

    hints.listen(broken)
    hints.listen(lambda _key, version: heard.append(version))
    with capture_logs() as lines:
        hints.publish(ADA, 1)
    assert heard == [1]
    assert [line["event"] for line in lines] == ["fanout.listener_failed"]
    assert str(lines[0]["exc_info"]) == "a bug"


async def test_no_listener_is_called_after_the_close() -> None:
    """Publishing goes on being harmless."""
    hints, heard = LocalHints(), list[int]()
    hints.listen(lambda _key, version: heard.append(version))
    hints.publish(ADA, 1)
    await hints.close()
    hints.publish(ADA, 2)
    assert heard == [1]


def test_one_listener_may_listen_twice() -> None:
    """A listener is not told apart by what it is."""
    hints, heard = LocalHints(), list[int]()
    listener: Listener = lambda _key, version: heard.append(version)  # noqa: E731 - two of one
    hints.listen(listener)
    hints.listen(listener)
    hints.publish(ADA, 1)
    assert heard == [1, 1]
