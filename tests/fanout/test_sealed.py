"""Frames between replicas: what was sealed comes out as it was, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.fanout.sealed import MOST_BYTES, NotSealed, Seal, shared_secret

SECRET = shared_secret("postgresql://db/softphone", "epoch_1")
NONCES = b"n" * 32


def seal(secret: bytes = SECRET, direction: bytes = b"dialer", nonces: bytes = NONCES) -> Seal:
    """One side's."""
    return Seal(secret, direction, nonces)


def greeted() -> tuple[Seal, Seal]:
    """A sender and a receiver that have the first, empty frame behind them."""
    sender, receiver = seal(), seal()
    assert list(receiver.bodies(sender.frame(b""))) == [b""]
    return sender, receiver


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(0, 400), max_size=8))
def test_frames_survive_any_segmentation(bodies: list[bytes], cuts: list[int]) -> None:
    """In order, each once."""
    sender, receiver = greeted()
    wire = b"".join(map(sender.frame, bodies))
    heard: list[bytes] = []
    for size in cuts:
        piece, wire = wire[:size], wire[size:]
        heard += receiver.bodies(piece)
    assert [*heard, *receiver.bodies(wire)] == bodies


@pytest.mark.parametrize(
    "other",
    [
        seal(secret=shared_secret("postgresql://db/other", "epoch_1")),
        seal(secret=shared_secret("postgresql://db/softphone", "epoch_2")),
        seal(direction=b"called"),
        seal(nonces=b"m" * 32),
    ],
    ids=["another database", "another epoch", "said back", "another connection"],
)
def test_a_frame_sealed_with_another_key_is_refused(other: Seal) -> None:
    """By its mark, though it says nothing yet."""
    with pytest.raises(NotSealed, match="mark is wrong"):
        list(seal().bodies(other.frame(b"")))


def test_a_frame_is_taken_once() -> None:
    """A repeated one has the mark of its own place, not of the next."""
    sender, receiver = greeted()
    frame = sender.frame(b"decide")
    assert list(receiver.bodies(frame)) == [b"decide"]
    with pytest.raises(NotSealed, match="mark is wrong"):
        list(receiver.bodies(frame))


def test_a_changed_frame_is_refused() -> None:
    """One bit is enough."""
    sender, receiver = greeted()
    frame = bytearray(sender.frame(b"decide"))
    frame[-1] ^= 1
    with pytest.raises(NotSealed, match="mark is wrong"):
        list(receiver.bodies(bytes(frame)))


def test_a_frame_that_is_too_long_is_refused_by_its_length() -> None:
    """Nothing of it need be here; from a stranger, who has not greeted, one byte is too much."""
    _, receiver = greeted()
    with pytest.raises(NotSealed, match="too long"):
        list(receiver.bodies((MOST_BYTES + 1).to_bytes(4, "big") + bytes(16)))
    with pytest.raises(NotSealed, match="too long"):
        list(seal().bodies(seal().frame(b"x")[:20]))


def test_the_longest_frame_is_taken() -> None:
    """As long as may be."""
    sender, receiver = greeted()
    assert [len(body) for body in receiver.bodies(sender.frame(bytes(MOST_BYTES)))] == [MOST_BYTES]
