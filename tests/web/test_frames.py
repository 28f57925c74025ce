"""Frames of a WebSocket, counted from their bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.web.frames import FrameCounter

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
