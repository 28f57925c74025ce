"""What may wait for a page, and what a page may say, both have an end."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapter.runtime.tasks import Tasks
from adapter.web.outbox import BURST, FRAMES_PER_MINUTE, QUEUE_BYTES, QUEUE_FRAMES, Bucket, Outbox


class Socket:
    """Takes frames one by one when told to; may refuse to say goodbye."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.sent: list[bytes] = []
        self.closed: list[int] = []
        self.gate = asyncio.Event()
        self.arrived = asyncio.Semaphore(0)
        self._stuck = stuck

    async def send_frame(self, frame: bytes, _kind: Any) -> None:
        """Take one frame."""
        await self.gate.wait()
        self.sent.append(frame)
        self.arrived.release()

    async def close(self, *, code: int, message: bytes) -> bool:
        """Say goodbye, or hang."""
        self.closed.append(code)
        if self._stuck:
            await asyncio.Event().wait()
        return True


class Transport:
    """Remembers that it was cut."""

    cut = False

    def abort(self) -> None:
        """Cut it."""
        self.cut = True


def outbox(
    socket: Socket, transport: Transport | None = None, tasks: Tasks | None = None
) -> Outbox:
    """One that waits for nobody's goodbye."""
    return Outbox(socket, transport, tasks or Tasks(), close_seconds=0.01)  # type: ignore[arg-type]


async def test_frames_go_out_in_order_and_make_room() -> None:
    """What was sent no longer counts: a page that reads may have any amount in all."""
    socket, tasks = Socket(), Tasks()
    box = outbox(socket, tasks=tasks)
    socket.gate.set()
    for number in range(40):
        box.send(f"{number}" + "x" * (QUEUE_BYTES // 8))
        await socket.arrived.acquire()
    assert [frame[:2].strip(b"x") for frame in socket.sent] == [b"%d" % n for n in range(40)]
    assert socket.closed == []
    await tasks.close()


async def test_a_page_of_whom_nothing_waits_has_no_task() -> None:
    """Ten thousand idle pages cost ten thousand sockets, and not their writers."""
    socket, tasks = Socket(), Tasks()
    box = outbox(socket, tasks=tasks)
    socket.gate.set()
    before = asyncio.all_tasks()
    box.send("x")
    assert len(asyncio.all_tasks() - before) == 1
    await socket.arrived.acquire()
    await tasks.drain(1)
    assert asyncio.all_tasks() == before
    assert socket.sent == [b"x"]


async def test_what_waits_for_a_page_that_hangs_is_dropped_with_it() -> None:
    """Its writer is stuck in the first frame; closing ends that, too."""
    socket, tasks = Socket(), Tasks()
    box = outbox(socket, tasks=tasks)
    for text in "ab":
        box.send(text)
    box.close(4001, "bye")
    await box.closed()
    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, timeout=5)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert socket.sent == []


async def test_too_many_frames_end_the_socket_once() -> None:
    """4008; whoever sends afterwards changes nothing, and the owner hears of it at once."""
    socket, gone = Socket(), []
    box = outbox(socket)
    box.on_closing = lambda: gone.append(True)
    for _ in range(QUEUE_FRAMES + 5):
        box.send("x")
    await box.closed()
    assert (socket.closed, gone) == ([4008], [True])


async def test_bytes_count_as_they_are_sent() -> None:
    """Letters of several bytes fill the box sooner than their number says."""
    socket = Socket()
    box = outbox(socket)
    box.send("\N{GRINNING FACE}" * (QUEUE_BYTES // 4))
    assert socket.closed == []
    box.send("x")
    await box.closed()
    assert socket.closed == [4008]


async def test_who_does_not_even_take_the_goodbye_is_cut_off() -> None:
    """Or its buffers would stay for as long as it likes."""
    transport = Transport()
    box = outbox(Socket(stuck=True), transport)
    box.close(4001, "bye")
    await box.closed()
    assert transport.cut


async def test_a_polite_page_is_not_cut_off() -> None:
    """Its last frames arrive."""
    transport = Transport()
    box = outbox(Socket(), transport)
    box.close(4001, "bye")
    await box.closed()
    assert not transport.cut


async def test_a_lone_surrogate_costs_nobody_the_view() -> None:
    """It goes out as a question mark."""
    socket, tasks = Socket(), Tasks()
    socket.gate.set()
    box = outbox(socket, tasks=tasks)
    box.send("a\ud800b")
    await socket.arrived.acquire()
    assert socket.sent == [b"a?b"]
    await tasks.close()


@given(st.lists(st.integers(-10_000, 10_000), max_size=400))
def test_no_more_than_a_burst_and_the_rate_ever_pass(steps: list[int]) -> None:
    """Whatever the clock does, back-steps included."""
    bucket, now, passed, elapsed = Bucket(), 1_000_000, 0, 0
    for step in steps:
        now += step
        elapsed += max(0, step)
        passed += bucket.take(now)
    assert passed <= BURST + elapsed * FRAMES_PER_MINUTE / 60_000 + 1


def test_a_steady_page_is_never_stopped() -> None:
    """One frame a second, for an hour."""
    bucket = Bucket()
    assert all(bucket.take(1_000_000 + 1000 * second) for second in range(3600))
