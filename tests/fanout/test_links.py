"""Links between replicas over real sockets: who asks hears exactly once, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import pytest

from adapter.fanout import links
from adapter.fanout.links import LONGEST_BYTES, MOST_WAITING, Answered, Link
from adapter.fanout.sealed import shared_secret

SECRET = shared_secret("postgresql://db/softphone", "epoch_1")
PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine closes no link; tests of a slow peer shorten these again."""
    monkeypatch.setattr(links, "ANSWER_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(links, "GREETING_SECONDS", PATIENCE_SECONDS)


@dataclass
class Side:
    """One replica's side: how it answers, and what it heard."""

    answers: Callable[[bytes, Answered], None] = lambda body, answer: answer(b"re " + body)
    link: Link | None = None
    noted_: list[bytes] = field(default_factory=list)
    was_opened: asyncio.Event = field(default_factory=asyncio.Event)
    was_noted: asyncio.Event = field(default_factory=asyncio.Event)
    was_closed: asyncio.Event = field(default_factory=asyncio.Event)
    closes: int = 0

    def opened(self, link: Link) -> None:
        """Keep it."""
        self.link = link
        self.was_opened.set()

    def asked(self, body: bytes, answer: Answered) -> None:
        """Answer as told."""
        self.answers(body, answer)

    def noted(self, link: Link, body: bytes) -> None:
        """Note it."""
        self.noted_.append(body)
        self.was_noted.set()

    def closed(self, link: Link) -> None:
        """Count it."""
        self.closes += 1
        self.was_closed.set()


@asynccontextmanager
async def linked(
    dialer: Side, called: Side, secret: bytes = SECRET, *, opens: bool = True
) -> AsyncIterator[Link]:
    """The dialer's link to the other; `opens` waits until both sides have proved themselves."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Link(called, SECRET), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport, link = await loop.create_connection(
        lambda: Link(dialer, secret, f"127.0.0.1:{port}"), "127.0.0.1", port
    )
    try:
        if opens:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await dialer.was_opened.wait()
                await called.was_opened.wait()
        yield link
    finally:
        transport.abort()
        server.close()


async def ask(link: Link, body: bytes) -> bytes:
    """The answer to a question that can be asked."""
    answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    assert link.ask(body, answer.set_result)
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await answer


async def test_each_request_gets_its_own_answer_in_any_order() -> None:
    """The first is answered last; many of one round go together."""
    held: list[tuple[bytes, Answered]] = []

    def answers(body: bytes, answer: Answered) -> None:
        held.append((body, answer))
        if len(held) == 100:
            for said, reply in reversed(held):
                reply(said.upper())

    async with linked(Side(), Side(answers)) as link:
        asked = [f"q{number}".encode() for number in range(100)]
        heard = await asyncio.gather(*(ask(link, body) for body in asked))
    assert list(heard) == [body.upper() for body in asked]


async def test_many_long_requests_go_in_several_frames() -> None:
    """Together they would be longer than a frame may be."""
    async with linked(Side(), Side(lambda body, answer: answer(body[-1:]))) as link:
        bodies = [bytes(LONGEST_BYTES - 1) + bytes([number]) for number in range(8)]
        heard = await asyncio.gather(*(ask(link, body) for body in bodies))
    assert list(heard) == [bytes([number]) for number in range(8)]


async def test_notes_reach_the_other_side() -> None:
    """Both ways."""
    dialer, called = Side(), Side()
    async with linked(dialer, called) as link, asyncio.timeout(PATIENCE_SECONDS):
        assert called.link is not None
        called.link.note(b"my lines")
        link.note(b"hello")
        await dialer.was_noted.wait()
        await called.was_noted.wait()
    assert (dialer.noted_, called.noted_) == ([b"my lines"], [b"hello"])


async def test_pending_requests_get_no_answer_when_the_peer_dies() -> None:
    """Once, and what comes afterwards is not asked at all."""
    asked = asyncio.Event()
    called = Side(lambda _body, _answer: asked.set())
    dialer = Side()
    async with linked(dialer, called) as link:
        answer = asyncio.create_task(ask(link, b"decide"))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asked.wait()
            assert called.link is not None
            called.link.close()
            assert await answer == b""
            await dialer.was_closed.wait()
        assert not link.ask(b"decide", lambda _: pytest.fail("it was not asked"))
    assert (dialer.closes, called.closes) == (1, 1)


async def test_a_link_that_is_too_slow_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question is answered with nothing, and so are those behind it."""
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0.05)
    late: list[Answered] = []
    dialer = Side()
    async with linked(dialer, Side(lambda _body, answer: late.append(answer))) as link:
        heard = await asyncio.gather(ask(link, b"first"), ask(link, b"second"))
        assert list(heard) == [b"", b""]
        assert link.was_slow
        assert dialer.closes == 1
        for answer in late:
            answer(b"too late")  # Nobody is there any more, and nobody is hurt.


async def test_a_link_checked_early_is_kept() -> None:
    """The time of each question counts from that question, not from the first."""
    held: list[Answered] = []
    asked = asyncio.Event()

    def hold(_body: bytes, answer: Answered) -> None:
        held.append(answer)
        asked.set()

    dialer = Side()
    async with linked(dialer, Side(hold)) as link, asyncio.timeout(PATIENCE_SECONDS):
        link._look_if_slow()  # Nothing waits.
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        assert link.ask(b"second", answer.set_result)
        link._look_if_slow()  # It is not due.
        await asked.wait()
        held.pop()(b"yes")
        assert await answer == b"yes"
        assert dialer.closes == 0


async def test_a_peer_without_the_secret_is_refused() -> None:
    """Neither side opens, and nothing is answered."""
    dialer, called = Side(), Side(lambda _body, _answer: pytest.fail("a stranger was heard"))
    stranger = shared_secret("postgresql://db/other", "epoch_1")
    async with linked(dialer, called, stranger, opens=False) as link:
        assert not link.ask(b"decide", lambda _: pytest.fail("it was not asked"))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await dialer.was_closed.wait()
            await called.was_closed.wait()
    assert dialer.link is None
    assert called.link is None


async def test_a_silent_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a greeting ends by itself."""
    monkeypatch.setattr(links, "GREETING_SECONDS", 0.05)
    called = Side()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Link(called, SECRET), "127.0.0.1", 0)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            await called.was_closed.wait()
            writer.close()
    finally:
        server.close()
    assert called.link is None


async def test_garbage_in_a_valid_frame_ends_the_link() -> None:
    """As it does when its owner cannot read what was asked."""

    def cannot_read(_body: bytes, _answer: Answered) -> None:
        raise msgspec.ValidationError("not a delivery")

    async with linked(Side(), Side(cannot_read)) as link:
        assert await ask(link, b"?") == b""
    dialer, called = Side(), Side()
    async with linked(dialer, called) as link, asyncio.timeout(PATIENCE_SECONDS):
        assert link._seals is not None
        link._transport.write(link._seals[0].frame(b"\xc1"))
        await called.was_closed.wait()


async def test_requests_beyond_the_limit_are_not_sent() -> None:
    """Too long a question, and one more than may wait."""
    never = Side(lambda _body, _answer: None)
    async with linked(Side(), never) as link:
        assert not link.ask(bytes(LONGEST_BYTES + 1), lambda _: None)
        heard: list[bytes] = []
        assert all(link.ask(b"?", heard.append) for _ in range(MOST_WAITING))
        assert not link.ask(b"?", heard.append)
        link.close()
        await asyncio.sleep(0)
        assert heard == [b""] * MOST_WAITING


async def test_a_failing_callback_leaves_no_other_request_waiting() -> None:
    """The link is gone, and the first of three cannot go on without an answer."""
    failures: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: failures.append(told))

    def fails(_: bytes) -> None:
        raise ZeroDivisionError

    async with linked(Side(), Side(lambda _body, _answer: None)) as link:
        heard: list[bytes] = []
        assert all(link.ask(b"?", answered) for answered in (fails, heard.append, heard.append))
        link.close()
        await asyncio.sleep(0)
    assert heard == [b"", b""]
    assert len(failures) == 1


async def test_a_peer_that_does_not_read_gets_no_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits in the buffer has an end."""
    monkeypatch.setattr(links, "MOST_UNREAD_BYTES", -1)
    async with linked(Side(), Side()) as link:
        assert not link.ask(b"?", lambda _: None)


async def test_a_link_that_is_closed_before_it_is_made_stays_closed() -> None:
    """Its replica leaves in that very moment."""
    dialer, called = Side(), Side()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Link(called, SECRET), "127.0.0.1", 0)

    def closed_at_once() -> Link:
        link = Link(dialer, SECRET, "127.0.0.1:1")
        link.close()
        return link

    try:
        host, port = server.sockets[0].getsockname()[:2]
        transport, link = await loop.create_connection(closed_at_once, host, port)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await called.was_closed.wait()
        assert transport.is_closing()
        assert link.is_gone
    finally:
        server.close()
    assert (dialer.closes, dialer.link, called.link) == (1, None, None)


async def test_a_failing_request_does_not_affect_other_answers() -> None:
    """It is answered with nothing, the others of the same frame are answered, the link stays."""

    def answers(body: bytes, answer: Answered) -> None:
        if body == b"poison":
            raise ZeroDivisionError
        answer(b"re " + body)

    dialer = Side()
    async with linked(dialer, Side(answers)) as link:
        heard = await asyncio.gather(*(ask(link, body) for body in (b"a", b"poison", b"b")))
        assert list(heard) == [b"re a", b"", b"re b"]
        assert await ask(link, b"c") == b"re c"
    assert dialer.noted_ == []


async def test_a_failing_recipient_does_not_block_other_answers() -> None:
    """Nor a note that fails: the link stays."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    dialer, called = Side(), Side()
    called.noted = fail  # type: ignore[method-assign, assignment]
    async with linked(dialer, called) as link:
        link.note(b"poison")
        assert link.ask(b"a", fail)
        assert await ask(link, b"b") == b"re b"
        assert link.is_open
        assert not link.is_gone
