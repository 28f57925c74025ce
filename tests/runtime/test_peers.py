"""Replicas find each other by what they announce, and leave alone who is of no use."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from adapter.core.model import AgentKey
from adapter.fanout import links
from adapter.fanout.links import Answered, Link
from adapter.fanout.local import LocalHints
from adapter.fanout.port import Topic, Value
from adapter.fanout.sealed import shared_secret
from adapter.runtime import peers as peers_module
from adapter.runtime.forwarding import Forwarding
from adapter.runtime.peers import SHUN_MS, Announcement, CannotLink, Peers
from adapter.runtime.tasks import Tasks
from tests.runtime.conftest import HandClock

SECRET = shared_secret("postgresql://db/softphone", "epoch_1")
PATIENCE_SECONDS = 30
NAME = AgentKey("", "another")


class Announcing(LocalHints):
    """Keeps what was announced."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[bytes] = []

    def publish(
        self,
        key: AgentKey,
        version: int = 0,
        value: Value | None = None,
        topic: Topic = Topic.VERSION,
    ) -> None:
        """Keep it."""
        assert topic is Topic.REPLICA
        assert value is not None
        self.said.append(value())


@dataclass
class Replica:
    """One replica's peers, and what it heard of others."""

    secret: bytes = SECRET
    shape: str = "same"
    clock: HandClock = field(default_factory=HandClock)
    hints: Announcing = field(default_factory=Announcing)
    tasks: Tasks = field(default_factory=Tasks)
    linked_: list[Link] = field(default_factory=list)
    noted_: list[bytes] = field(default_factory=list)
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        own = Announcement(self.address, self.shape)
        answers: Forwarding = self  # type: ignore[assignment]  # in its place
        self.peers = Peers(
            answers, own, self.secret, hints=self.hints, clock=self.clock, tasks=self.tasks
        )

    def asked(self, body: bytes, answer: Answered) -> None:
        """Say who answers."""
        answer(f"{self.address} {body.decode()}".encode())

    def notes(self) -> Iterator[bytes]:
        """Two notes."""
        yield from (b"one", b"two")

    def linked(self, link: Link) -> None:
        """One more."""
        self.linked_.append(link)

    def noted(self, link: Link, body: bytes) -> None:
        """One more."""
        self.noted_.append(body)

    def unlinked(self, link: Link) -> None:
        """One less, if it was there."""
        if link in self.linked_:
            self.linked_.remove(link)

    async def hears(self, other: Replica) -> None:
        """The other's announcement, and what comes of it until nothing is under way."""
        self.peers.receive(NAME, 0, await announcement(other))
        await self.tasks.drain(PATIENCE_SECONDS)


async def announcement(replica: Replica) -> bytes:
    """What it announces."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not replica.hints.said:  # noqa: ASYNC110 - a task announces it
            await asyncio.sleep(0)
    return replica.hints.said[-1]


async def until(fits: object) -> None:
    """Wait for something that is seen, not told."""
    assert callable(fits)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not fits():  # noqa: ASYNC110 - it comes over a socket
            await asyncio.sleep(0.005)


@asynccontextmanager
async def started(*replicas: Replica) -> AsyncIterator[None]:
    """All of them listen, and are closed at the end."""
    try:
        for one in replicas:
            await one.peers.start()
        yield
    finally:
        for one in replicas:
            await one.peers.close()
            await one.tasks.close()


async def test_an_announced_peer_is_connected_once_and_can_be_asked() -> None:
    """It tells its notes first; told again, it is not dialed again."""
    first, second = Replica(), Replica()
    async with started(first, second):
        await first.hears(second)
        await until(lambda: first.noted_ == [b"one", b"two"])
        await first.hears(second)
        (link,) = first.linked_
        answers: list[bytes] = []
        assert link.ask(b"hello", answers.append)
        await until(lambda: answers == [f"{second.address} hello".encode()])
        second.peers.tell(b"three")
        await until(lambda: first.noted_ == [b"one", b"two", b"three"])
        first.peers.tell(b"nobody has dialed this one")
    assert second.linked_ == []
    assert first.linked_ == []  # It was closed.


async def test_another_release_is_not_connected() -> None:
    """What one says, the other might read wrongly."""
    first, second = Replica(), Replica(shape="other")
    async with started(first, second):
        await first.hears(second)
        assert (first.linked_, first.peers._known) == ([], set())


async def test_an_old_address_costs_one_failed_attempt() -> None:
    """Nobody listens there any more; told again later, it is tried again."""
    first, gone = Replica(), Replica()
    async with started(gone):
        stale = await announcement(gone)
    async with started(first):
        with capture_logs() as lines:
            for _ in range(3):
                first.peers.receive(NAME, 0, stale)
                await first.tasks.drain(0)
                await until(lambda: gone.address not in first.peers._known)
            tries = [line for line in lines if line["event"] == "replica.not_reached"]
            assert len(tries) == 1
            first.clock.at += SHUN_MS
            first.peers.receive(NAME, 0, stale)
            await until(lambda: gone.address not in first.peers._known)
        tries = [line for line in lines if line["event"] == "replica.not_reached"]
        assert len(tries) == 2


async def test_a_peer_without_the_secret_is_left_alone() -> None:
    """One try, and both say why in a line of the log."""
    first, stranger = Replica(), Replica(secret=shared_secret("postgresql://other", "epoch_1"))
    async with started(first, stranger):
        with capture_logs() as lines:
            await first.hears(stranger)
            await until(lambda: stranger.address not in first.peers._known)
            await first.hears(stranger)
        assert first.linked_ == []
        refused = [line for line in lines if line["event"] == "replica.refused"]
        assert refused
        assert all("mark is wrong" in line["reason"] for line in refused)


async def test_a_returning_replica_is_connected_again() -> None:
    """Its process was replaced: the next announcement is enough."""
    first, second = Replica(), Replica()
    async with started(first, second):
        await first.hears(second)
        await until(lambda: first.linked_)
        await second.peers.close()
        await until(lambda: not first.linked_)
        await second.peers.start()
        await first.hears(second)
        await until(lambda: first.linked_)


async def test_a_slow_peer_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries are decided where they come in meanwhile."""
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0.05)
    first, second = Replica(), Replica()
    monkeypatch.setattr(second, "asked", lambda _body, _answer: None)
    async with started(first, second):
        await first.hears(second)
        await until(lambda: first.linked_)
        answers: list[bytes] = []
        assert first.linked_[0].ask(b"?", answers.append)
        await until(lambda: answers == [b""])
        await first.hears(second)
        assert first.peers._known == set()
        first.clock.at += SHUN_MS
        await first.hears(second)
        await until(lambda: first.linked_)


@pytest.mark.parametrize("rubbish", [b"", b"{}", b"[]", b'{"address":1,"shape":"same"}'])
async def test_an_announcement_that_cannot_be_read_is_dropped(rubbish: bytes) -> None:
    """A later release may say something else."""
    first = Replica()
    first.peers.receive(NAME, 0, rubbish)
    assert first.peers._known == set()


async def test_an_announced_invalid_address_is_dropped() -> None:
    """It has no port."""
    first = Replica()
    first.peers.receive(NAME, 0, b'{"address":"nowhere","shape":"same"}')
    await first.tasks.drain(PATIENCE_SECONDS)
    assert first.peers._known == set()


async def test_one_connection_too_many_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one address too many is not dialed."""
    monkeypatch.setattr(peers_module, "MOST_LINKS", 1)
    first, second, third = Replica(), Replica(), Replica()
    async with started(first, second, third):
        await second.hears(first)
        await until(lambda: second.linked_)
        await third.hears(first)
        await until(lambda: first.address not in third.peers._known)
        assert third.linked_ == []
        await second.hears(third)
        assert [link.address for link in second.linked_] == [first.address]


async def test_an_address_in_use_is_reported() -> None:
    """Another program listens there."""
    first = Replica()
    host, port = first.address.split(":")
    with socket.socket() as taken:
        taken.bind((host, int(port)))
        taken.listen()
        with pytest.raises(CannotLink, match=first.address):
            await first.peers.start()
    await first.peers.close()
