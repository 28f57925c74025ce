"""Deliveries go straight to their endpoint, and all else to aiohttp, on one connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from adapter.app import listening
from adapter.runtime.clock import SystemClock
from adapter.runtime.writable import Writable
from adapter.storage.port import Done, Store
from adapter.web.http import fastpath
from adapter.web.http.fastpath import WebhookFastPaths
from adapter.web.http.middleware import HEADERS, failure
from adapter.web.http.status import Status
from adapter.web.server import FAST_PATHS

PATH = "/webhooks/dialstack"


@dataclass
class Endpoint:
    """Takes deliveries when told to; refuses those that say so."""

    heard: list[tuple[str | None, str | None, str | None, bytes]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    taking: set[asyncio.Task[None]] = field(default_factory=set)
    came: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def begin(
        self,
        peer: str | None,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        done: Done[web.Response | None],
    ) -> None:
        """What the real one would say of it, when the gate is open."""
        assert path == PATH
        if body == b"broken at once":
            raise RuntimeError("a bug")
        asked = outcome_of_task(self._take(peer, headers, body), done)
        self.taking.add(asked)
        asked.add_done_callback(self.taking.discard)

    async def _take(
        self, peer: str | None, headers: Mapping[str, str], body: bytes
    ) -> web.Response | None:
        proofs = (headers.get("x-forwarded-for"), headers.get("x-dialstack-signature"))
        self.heard.append((peer, *proofs, body))
        self.came.release()
        await self.gate.wait()
        if body == b"broken":
            raise RuntimeError("a bug")
        if body == b"go away":
            return failure(429, "too-many", "Wait.", Connection="close")
        return failure(401, "bad-signature", "No.") if body == b"forged" else None

    async def by_aiohttp(self, request: web.Request) -> web.Response:
        """The same endpoint at the end of aiohttp's way."""
        self.heard.append(("aiohttp", None, None, await request.read()))
        return web.Response(headers={"By": "aiohttp"})


def outcome_of_task(
    work: Coroutine[None, None, web.Response | None], done: Done[web.Response | None]
) -> asyncio.Task[None]:
    """Tell its outcome by a call."""

    async def run() -> None:
        try:
            done(await work)
        except RuntimeError as error:
            done(error)

    return asyncio.ensure_future(run())


@dataclass
class Route:
    """A server with fast_paths, and one connection to it."""

    endpoint: Endpoint
    fast_paths: WebhookFastPaths
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    leaving: Status

    def send(self, *bodies: bytes, path: str = PATH) -> None:
        """Whole deliveries in one piece."""
        self.writer.write(b"".join(delivery(body, path) for body in bodies))

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, body."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)).decode()
        first, *lines = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        body = await self.reader.readexactly(int(headers["Content-Length"]))
        return int(first.split()[1]), headers, body

    async def is_over(self) -> bool:
        """Whether the server has hung up, with nothing more to say."""
        return await asyncio.wait_for(self.reader.read(), 10) == b""


async def until(is_so: Callable[[], bool]) -> None:
    """Let the server go on until it is so."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - a look at what the server does
            await asyncio.sleep(0)


def delivery(body: bytes, path: str = PATH) -> bytes:
    """A whole request."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    signed = "X-DialStack-Signature: t=1\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"
    return head.encode() + signed.encode() + body


@asynccontextmanager
async def a_way(*, with_lanes: bool = True) -> AsyncIterator[Route]:
    """A server that listens on loopback, connected to."""
    endpoint = Endpoint()
    leaving = Status(cast("Store", None), cast("Writable", None))
    endpoint.gate.set()
    fast_paths = WebhookFastPaths(
        {PATH.encode(): endpoint.begin} if with_lanes else {},
        clock=SystemClock(),
        status=leaving,
    )
    server = web.Application()
    server[FAST_PATHS] = fast_paths
    server.router.add_post(PATH, endpoint.by_aiohttp)
    server.router.add_get("/readyz", endpoint.by_aiohttp)
    async with listening(server, "127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield Route(endpoint, fast_paths, reader, writer, leaving)
        writer.close()


@pytest.fixture
async def way() -> AsyncIterator[Route]:
    """With fast_paths."""
    async with a_way() as made:
        yield made


async def test_a_connection_with_deliveries_stays_on_the_fast_path(way: Route) -> None:
    """One after the other, each answered before the next one comes."""
    for number in range(3):
        way.send(b"%d" % number)
        status, headers, body = await way.answer()
        assert (status, body) == (200, b"")
        assert headers.items() >= HEADERS.items()
        assert headers["Date"].endswith("GMT")
    assert way.endpoint.heard == [
        ("127.0.0.1", "192.0.2.1", "t=1", b"%d" % number) for number in range(3)
    ]
    assert len(way.fast_paths.open) == 1


@pytest.mark.parametrize("path", ["/webhooks/dialstack/", "/webhooks/dialstack?x", "/other"])
async def test_another_path_goes_to_aiohttp(way: Route, path: str) -> None:
    """Even one that looks alike; and its own answer is what comes."""
    way.send(b"x", path=path)
    status, headers, _ = await way.answer()
    assert (status, "By" in headers) == ((200, True) if "?" in path else (404, False))
    assert not way.fast_paths.open


async def test_the_first_other_request_moves_the_connection_to_aiohttp(way: Route) -> None:
    """It is answered, and so is the delivery after it, by aiohttp."""
    way.send(b"1")
    assert "By" not in (await way.answer())[1]
    way.writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await way.answer())[1]["By"] == "aiohttp"
    way.send(b"2")
    assert (await way.answer())[1]["By"] == "aiohttp"
    assert [body for *_, body in way.endpoint.heard] == [b"1", b"", b"2"]


async def test_a_delivery_in_two_segments_goes_to_aiohttp(way: Route) -> None:
    """Who sends half of one is waited for there, as patiently as always."""
    way.send(b"1")
    await way.answer()
    whole = delivery(b"half and half")
    way.writer.write(whole[:-4])
    await until(lambda: not way.fast_paths.open)
    way.writer.write(whole[-4:])
    assert (await way.answer())[1]["By"] == "aiohttp"
    assert way.endpoint.heard[-1][-1] == b"half and half"


async def test_two_simultaneous_deliveries_are_both_answered(way: Route) -> None:
    """By aiohttp, in order."""
    way.send(b"1", b"2")
    assert [(await way.answer())[0] for _ in range(2)] == [200, 200]
    assert [body for *_, body in way.endpoint.heard] == [b"1", b"2"]


async def test_pipelined_requests_wait_for_the_answer(way: Route) -> None:
    """Deliveries of one connection are taken one after the other, however they are sent."""
    way.endpoint.gate.clear()
    way.send(b"1")
    await way.endpoint.came.acquire()
    way.send(b"forged")
    await way.writer.drain()
    one = next(iter(way.fast_paths.open))
    await until(lambda: bool(one._ahead))
    assert len(way.endpoint.heard) == 1
    way.endpoint.gate.set()
    assert [(await way.answer())[0] for _ in range(2)] == [200, 401]
    way.send(b"3")
    assert (await way.answer())[0] == 200


async def test_a_refusal_says_why(way: Route) -> None:
    """As aiohttp would have written it; the connection goes on."""
    way.send(b"forged")
    status, headers, body = await way.answer()
    assert (status, headers["Content-Type"]) == (401, "application/json; charset=utf-8")
    assert b'"bad-signature"' in body
    assert headers.items() >= HEADERS.items()
    way.send(b"1")
    assert (await way.answer())[0] == 200


async def test_a_connection_marked_for_closing_is_closed(way: Route) -> None:
    """After the answer that says so."""
    way.send(b"go away")
    status, headers, _ = await way.answer()
    assert (status, headers["Connection"]) == (429, "close")
    assert await way.is_over()


@pytest.mark.parametrize("body", [b"broken", b"broken at once"])
async def test_a_bug_is_answered_and_logged(way: Route, body: bytes) -> None:
    """500, and the next delivery is taken."""
    with capture_logs() as logs:
        way.send(body)
        assert (await way.answer())[0] == 500
    assert [line["event"] for line in logs] == ["request.failed"]
    way.send(b"1")
    assert (await way.answer())[0] == 200


async def test_a_replica_that_leaves_keeps_no_connection(way: Route) -> None:
    """The next delivery goes to another one."""
    way.leaving.draining = True
    way.send(b"1")
    assert (await way.answer())[1]["Connection"] == "close"
    assert await way.is_over()


async def test_nothing_is_accepted_after_the_last_answer(way: Route) -> None:
    """What was sent ahead of it is sent again, elsewhere."""
    way.leaving.draining = True
    way.endpoint.gate.clear()
    way.send(b"1")
    await way.endpoint.came.acquire()
    one = next(iter(way.fast_paths.open))
    way.send(b"2")
    await until(lambda: bool(one._ahead))
    way.endpoint.gate.set()
    assert (await way.answer())[1]["Connection"] == "close"
    assert await way.is_over()
    assert [body for *_, body in way.endpoint.heard] == [b"1"]


async def test_closing_waits_for_the_answer_under_way(way: Route) -> None:
    """A delivery that is being taken is answered, then its connection ends."""
    way.endpoint.gate.clear()
    way.send(b"1")
    await way.endpoint.came.acquire()
    closing = asyncio.ensure_future(way.fast_paths.close(10))
    way.endpoint.gate.set()
    assert (await way.answer())[0] == 200
    assert await way.is_over()
    await closing


async def test_closing_times_out(way: Route) -> None:
    """A store that hangs has its time; then the connection ends without an answer."""
    way.endpoint.gate.clear()
    way.send(b"1")
    await way.endpoint.came.acquire()
    await way.fast_paths.close(0.01)
    assert await way.is_over()


async def test_a_delivery_is_taken_even_if_its_sender_leaves(way: Route) -> None:
    """It was heard; there is only nobody to tell."""
    way.endpoint.gate.clear()
    way.send(b"1")
    await way.endpoint.came.acquire()
    one = next(iter(way.fast_paths.open))
    taking = one.taking
    assert taking is not None
    way.writer.close()
    await until(lambda: not way.fast_paths.open)
    way.endpoint.gate.set()
    await taking
    assert taking.exception() is None


async def test_a_quiet_connection_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never says a word does, too."""
    monkeypatch.setattr(fastpath, "IDLE_SECONDS", 0.02)
    async with a_way() as way:
        assert await way.is_over()


async def test_a_client_that_reads_no_answer_is_disconnected(
    way: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else answers would gather here for ever."""
    monkeypatch.setattr(fastpath, "UNREAD_BYTES", -1)
    way.send(b"1")
    assert (await way.answer())[0] == 200
    assert await way.is_over()


@pytest.mark.parametrize("lacks", ["a parser", "endpoints"])
async def test_without_the_fast_path_aiohttp_serves_every_connection(
    monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    """The parser is an extra; and a server without a provider has no deliveries."""
    monkeypatch.setattr(fastpath, "HAS_PARSER", lacks != "a parser")
    async with a_way(with_lanes=lacks != "endpoints") as way:
        way.send(b"1")
        assert (await way.answer())[1]["By"] == "aiohttp"
        assert not way.fast_paths.open
