"""What may wait for a page has an end."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from adapter.runtime.tasks import Tasks
from adapter.web.sockets.outbox import WAITING_BYTES, Outbox


class Socket:
    """Says goodbye when asked; or refuses to."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.closed: list[int] = []
        self._stuck = stuck

    async def close(self, *, code: int, message: bytes) -> bool:
        """Say goodbye, or hang."""
        self.closed.append(code)
        if self._stuck:
            await asyncio.Event().wait()
        return True


class Transport:
    """A connection whose other side reads when told to; remembers that it was cut."""

    def __init__(self, *, closing: bool = False) -> None:
        self.waiting: list[bytes] = []
        self.cut = False
        self._closing = closing

    def write(self, frame: bytes) -> None:
        """Take a frame."""
        self.waiting.append(frame)

    def read(self) -> list[bytes]:
        """The other side reads all that waits."""
        read, self.waiting = self.waiting, []
        return read

    def get_write_buffer_size(self) -> int:
        """How much waits."""
        return sum(map(len, self.waiting))

    def is_closing(self) -> bool:
        """Whether it is on its way out."""
        return self._closing

    def abort(self) -> None:
        """Cut it."""
        self.cut = True


def outbox(socket: Socket, transport: Transport | None, tasks: Tasks | None = None) -> Outbox:
    """One that waits for nobody's goodbye."""
    return Outbox(socket, transport, tasks or Tasks(), close_seconds=0.01)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, WAITING_BYTES - 100])
async def test_a_browser_reads_every_length_of_frame(size: int) -> None:
    """Over a real connection, between aiohttp's own pings and goodbye."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        tasks = Tasks()
        box = Outbox(socket, request.transport, tasks)
        await socket.ping(b"before")
        for text in ("first", "x" * size, "last"):
            box.send(text)
        box.close(4001, "bye")
        await socket.receive()
        await box.closed()
        return socket

    application = web.Application()
    application.router.add_get("/", serve)
    async with TestClient(TestServer(application)) as client, client.ws_connect("/") as page:
        got = [await page.receive() for _ in range(4)]
    assert [frame.type for frame in got] == [WSMsgType.TEXT] * 3 + [WSMsgType.CLOSE]
    assert [frame.data for frame in got] == ["first", "x" * size, "last", 4001]


async def test_frames_go_out_in_order_and_make_room() -> None:
    """What was read no longer counts: a page that reads may have any amount in all."""
    transport, read = Transport(), []
    box = outbox(socket := Socket(), transport)
    for number in range(40):
        box.send(f"{number:02}" + "x" * (WAITING_BYTES // 8))
        assert not box.is_idle
        read += transport.read()
        assert box.is_idle
    assert [frame[10:12] for frame in read] == [b"%02d" % number for number in range(40)]
    assert socket.closed == []


async def test_a_view_costs_no_task() -> None:
    """Sixty calls a day for ten thousand pages would be as many tasks as views."""
    box = outbox(Socket(), transport := Transport())
    before = asyncio.all_tasks()
    box.send("x")
    assert asyncio.all_tasks() == before
    assert transport.waiting == [b"\x81\x01x"]


@pytest.mark.parametrize("transport", [None, Transport(closing=True)])
async def test_a_closed_page_costs_nothing(transport: Transport | None) -> None:
    """Its socket's own end tells the rest."""
    box = outbox(socket := Socket(), transport)
    box.send("x")
    assert box.is_idle
    assert socket.closed == []


async def test_a_page_that_does_not_read_loses_its_socket_once() -> None:
    """4008; whoever sends afterwards changes nothing, and the owner hears of it at once."""
    socket, transport, gone = Socket(), Transport(), []
    box = outbox(socket, transport)
    box.on_closing = lambda: gone.append(True)
    for _ in range(12):
        box.send("x" * (WAITING_BYTES // 8))
    await box.closed()
    assert (socket.closed, gone, len(transport.waiting)) == ([4008], [True], 7)


async def test_bytes_count_as_they_are_sent() -> None:
    """Letters of several bytes fill the box sooner than their number says."""
    box = outbox(socket := Socket(), Transport())
    box.send("\N{GRINNING FACE}" * (WAITING_BYTES // 4 - 3))
    assert socket.closed == []
    box.send("x")
    await box.closed()
    assert socket.closed == [4008]


async def test_a_page_that_ignores_the_close_frame_is_cut_off() -> None:
    """Or its buffers would stay for as long as it likes."""
    box = outbox(Socket(stuck=True), transport := Transport())
    box.close(4001, "bye")
    await box.closed()
    assert transport.cut


async def test_a_page_that_closes_properly_gets_its_last_frames() -> None:
    """Its last frames arrive."""
    box = outbox(Socket(), transport := Transport())
    box.close(4001, "bye")
    await box.closed()
    assert not transport.cut


async def test_a_lone_surrogate_does_not_lose_the_view() -> None:
    """It goes out as a question mark."""
    box = outbox(Socket(), transport := Transport())
    box.send("a\ud800b")
    assert transport.waiting == [b"\x81\x03a?b"]


async def test_closing_many_sockets_reaches_the_last_one() -> None:
    """What is done when a socket ends may fail: it is closed all the same, and so are others."""
    tasks, sockets = Tasks(), [Socket(), Socket()]
    for socket in sockets:
        made = outbox(socket, Transport(), tasks)
        made.on_closing = lambda: 1 / 0  # type: ignore[assignment]
        made.close(4003, "signed out")
    await tasks.drain(20)
    assert [socket.closed for socket in sockets] == [[4003], [4003]]
