"""Who has flooded a socket comes back late."""

from __future__ import annotations

import asyncio

import pytest

from adapter.web.floods import FLOODS_PER_MINUTE, Floods
from tests.web.conftest import SetClock


async def test_whoever_floods_again_and_again_waits_and_others_do_not() -> None:
    """Nobody is refused: an office shares an address."""
    floods = Floods(SetClock(), late_seconds=3600)
    for _ in range(FLOODS_PER_MINUTE):
        await floods.hold_back("a")
        floods.note("a")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await floods.hold_back("a")
    await floods.hold_back("b")
