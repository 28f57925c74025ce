"""Where time and ids come from."""

from __future__ import annotations

import re
import time

import pytest

from adapter.runtime.clock import Clock, SystemClock

CLOCK: Clock = SystemClock()


def test_now_is_unix_milliseconds() -> None:
    """Between two looks at the machine's own clock."""
    before = time.time_ns() // 1_000_000
    now = CLOCK.now()
    assert before <= now <= time.time_ns() // 1_000_000
    assert isinstance(now, int)


@pytest.mark.parametrize("prefix", ["call", "pop", "session"])
def test_an_id_says_what_it_names(prefix: str) -> None:
    """A TypeID: the prefix, then 26 letters and digits; fits into CallObject."""
    assert re.fullmatch(rf"{prefix}_[0-9a-z]{{26}}", CLOCK.fresh_id(prefix))


def test_ids_are_never_the_same_twice() -> None:
    """Nor do they need a moment between them."""
    assert len({CLOCK.fresh_id("call") for _ in range(10_000)}) == 10_000


def test_a_nonce_cannot_be_guessed() -> None:
    """128 bits, in letters that a URL takes, never the same twice."""
    nonces = {CLOCK.nonce() for _ in range(1_000)}
    assert len(nonces) == 1_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", nonce) for nonce in nonces)
