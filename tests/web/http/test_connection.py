"""One connection's guard: what is counted before it is read."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapter.web.http.connection import FLOOD, FRAMES_PER_MINUTE, Connection, FrameCounter, State

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PING = b"\x89\x80\x00\x00\x00\x00"


class Reader(asyncio.Protocol):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.heard = b""
        self.told: list[str] = []

    def data_received(self, data: bytes) -> None:
        """A piece."""
        self.heard += data

    def eof_received(self) -> bool | None:
        """No more."""
        self.told.append("eof")
        return True

    def pause_writing(self) -> None:
        """Slower."""
        self.told.append("pause")

    def resume_writing(self) -> None:
        """Faster."""
        self.told.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        self.told.append("lost")


class Transport(asyncio.Transport):
    """Keeps what is written, and how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.ended: list[str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """A piece goes out."""
        self.written += bytes(data)

    def close(self) -> None:
        """After what was written."""
        self.ended.append("closed")

    def abort(self) -> None:
        """At once."""
        self.ended.append("cut")


class Keeper:
    """Lets everybody in; its clock is set by hand."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.gone: list[Connection] = []

    def now(self) -> float:
        """Seconds."""
        return self.time

    def admit(self, connection: Connection) -> asyncio.Protocol | None:
        """Whoever it is."""
        return Reader()

    def forget(self, connection: Connection) -> None:
        """Gone."""
        self.gone.append(connection)


def opened() -> tuple[Connection, Reader, Transport, Keeper]:
    """A connection, whoever reads it, its transport and its keeper."""
    keeper, transport = Keeper(), Transport()
    connection = Connection(keeper)
    connection.connection_made(transport)
    assert isinstance(connection.reader, Reader)
    return connection, connection.reader, transport, keeper


def test_transport_events_are_passed_on() -> None:
    """Bytes, ends and brakes."""
    connection, reader, _, keeper = opened()
    connection.data_received(b"GE")
    connection.data_received(b"T /")
    assert connection.eof_received()
    connection.pause_writing()
    connection.resume_writing()
    connection.connection_lost(None)
    assert reader.heard == b"GET /"
    assert reader.told == ["eof", "pause", "resume", "lost"]
    assert keeper.gone == [connection]


@pytest.mark.parametrize("cut", range(1, len(HEAD)))
def test_bytes_after_a_request_head_are_counted_in_any_segmentation(cut: int) -> None:
    """A head alone leaves nothing behind it."""
    connection, *_ = opened()
    connection.data_received(HEAD[:cut])
    connection.data_received(HEAD[cut:] + b"12345")
    assert connection.beyond == 5
    connection.data_received(b"6")
    assert connection.beyond == 6


def test_a_request_may_have_a_body_and_a_successor() -> None:
    """Kept and quiet, or with the next one's beginning here already."""
    connection, *_ = opened()
    states: list[tuple[State, int]] = []
    connection.data_received(HEAD + b"body")
    connection.busy()
    connection.idle(4)
    states.append((connection.state, connection.beyond))
    connection.data_received(HEAD[:5])
    states.append((connection.state, connection.beyond))
    connection.data_received(HEAD[5:])
    connection.busy()
    connection.data_received(b"POST")
    connection.idle(0)
    states.append((connection.state, connection.beyond))
    assert states == [(State.IDLE, 4), (State.WAITING, 0), (State.WAITING, 4)]


def test_frames_before_the_handshake_open_no_socket() -> None:
    """Nobody would have counted them."""
    early, *_ = opened()
    early.data_received(HEAD + PING)
    assert not early.becomes_socket()
    connection, *_ = opened()
    connection.data_received(HEAD)
    assert connection.becomes_socket()


async def test_a_flood_of_frames_ends_the_socket_before_they_are_read() -> None:
    """With a goodbye that names the flood, and the plug if it is not taken."""
    connection, reader, transport, keeper = opened()
    connection.data_received(HEAD)
    connection.becomes_socket()
    connection.data_received(PING * FRAMES_PER_MINUTE)
    assert reader.heard == HEAD + PING * FRAMES_PER_MINUTE
    keeper.time += 0.6
    connection.data_received(PING * 2)
    assert transport.ended == []
    with capture_logs() as lines:
        connection.data_received(PING)
    assert transport.ended == ["closed"]
    assert transport.written == b"\x88\x02" + FLOOD.to_bytes(2, "big")
    assert [line["event"] for line in lines] == ["socket.flood"]
    assert reader.heard == HEAD + PING * (FRAMES_PER_MINUTE + 2)


PING = b"\x89\x80\x00\x00\x00\x00"
MOST = 1_000_000


def frame(size: int, *, masked: bool = True) -> bytes:
    """A whole text frame with so many bytes of payload."""
    mask = 0x80 if masked else 0
    if size < 126:
        head = bytes((0x81, mask | size))
    elif size < 65_536:
        head = bytes((0x81, mask | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x81, mask | 127)) + size.to_bytes(8, "big")
    return head + (b"\x01\x02\x03\x04" if masked else b"") + b"x" * size


def test_every_kind_of_frame_counts() -> None:
    """Pings, texts of all three lengths, unmasked ones that a server must not get."""
    counter = FrameCounter()
    assert counter.count(PING * 3, MOST) == 3
    assert counter.count(frame(5) + frame(300) + frame(70_000) + frame(0, masked=False), MOST) == 4


def test_counting_stops_at_the_limit() -> None:
    """A megabyte of pings costs no more than the first few of them."""
    assert FrameCounter().count(PING * 100_000, 10) == 11
    assert FrameCounter().count(PING, 0) == 1


@given(
    st.lists(st.sampled_from([0, 1, 125, 126, 300, 66_000]), max_size=6),
    st.lists(st.integers(1, 500), max_size=20),
    st.booleans(),
)
def test_each_frame_counts_once_in_any_segmentation(
    sizes: list[int], cuts: list[int], masked: bool
) -> None:
    """Headers and payloads may end anywhere in a piece."""
    stream = b"".join(frame(size, masked=masked) for size in sizes)
    counter, counted = FrameCounter(), 0
    for cut in cuts:
        counted += counter.count(stream[:cut], MOST)
        stream = stream[cut:]
    assert counted + counter.count(stream, MOST) == len(sizes)
